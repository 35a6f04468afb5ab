import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connector, type TransportName } from "../../src/transport/connect.ts";
import { Session } from "../../src/transport/session.ts";
import type { ConnectionSettings } from "../../src/transport/settings.ts";
import { keys, sshServer, type TestServer } from "./ssh-server.ts";

async function hello(
  settings: ConnectionSettings,
  transport: TransportName = "openssh",
): Promise<string | undefined> {
  const session = new Session(connector(transport, settings));
  try {
    const [output] = await session.run(undefined, ["echo hello"]);
    return output?.stdout.toString();
  } finally {
    await session.close();
  }
}

describe("the system's ssh", () => {
  const made = keys();
  const home = join(made.folder, "home");
  const knownHosts = join(made.folder, "known_hosts");
  let gate: TestServer;
  let target: TestServer;

  beforeAll(async () => {
    const accepts = made.make("key");
    const server = (name: string) => sshServer({ hostKey: made.make(name), accepts, knownHosts });
    [gate, target] = await Promise.all([server("gate"), server("target")]);
    vi.stubEnv("HOME", home);
    mkdirSync(join(home, ".ssh"), { recursive: true });
    const shared = `Host *\n IdentityFile ${accepts}\n IdentitiesOnly yes\n UserKnownHostsFile ${knownHosts}\n User joe\n`;
    const at = ({ port }: TestServer) => ` HostName 127.0.0.1\n Port ${port}\n`;
    const hosts = `Host gate\n${at(gate)}Host web*\n${at(target)} ProxyJump gate\n`;
    writeFileSync(join(home, ".ssh", "config"), `${hosts}${shared}`);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([gate.close(), target.close()]);
    made.remove();
  });

  it("shares the connection to the ProxyJump of ~/.ssh/config, and goes through no host to itself", async () => {
    const settings = (name: string): ConnectionSettings => ({ name, address: name, user: undefined });
    const sessions = ["web1", "web2", "web3", "gate"].map(
      (name) => new Session(connector("openssh", settings(name))),
    );
    const answers = await Promise.all(sessions.map((session) => session.run(undefined, ["echo hello"])));
    expect(answers.map(([output]) => output?.stdout.toString())).toEqual(Array(4).fill("hello\n"));
    expect(target.connections).toBe(3);
    // one for the hosts behind it, one for itself
    expect(gate.connections).toBe(2);
    await Promise.all(sessions.map((session) => session.close()));
  });

  it("answers its own password's question, and none of the ssh that a ProxyCommand is", async () => {
    const asks = await Promise.all(
      ["pgate", "ptarget"].map((name) =>
        sshServer({ hostKey: made.make(name), password: name === "pgate" ? "gate" : "right", knownHosts }),
      ),
    );
    const [first, last] = asks;
    if (!first || !last) throw new Error("no servers");
    const direct = { name: "direct", address: "127.0.0.1", port: last.port, user: "joe", password: "right" };
    const behind = { ...direct, name: "behind", address: "behind" };
    const proxy = `ssh -F ${join(home, ".ssh", "config")} -p ${first.port} -W 127.0.0.1:${last.port} joe@127.0.0.1`;
    const before = readFileSync(join(home, ".ssh", "config"), "utf8");
    writeFileSync(
      join(home, ".ssh", "config"),
      `Host behind\n HostName 127.0.0.1\n ProxyCommand ${proxy}\nHost *\n UserKnownHostsFile ${knownHosts}\n StrictHostKeyChecking accept-new\n PubkeyAuthentication no\n`,
    );
    try {
      expect(await hello(direct)).toBe("hello\n");
      expect(first.passwords).toEqual([]);
      await expect(hello(behind)).rejects.toMatchObject({ code: expect.stringMatching(/^host\./) });
      expect(first.connections).toBe(1);
      expect(first.passwords).not.toContain("right");
    } finally {
      writeFileSync(join(home, ".ssh", "config"), before);
      await Promise.all(asks.map((server) => server.close()));
    }
  });

  it("says of an alias of ~/.ssh/config whom it stands for", async () => {
    const before = readFileSync(join(home, ".ssh", "config"), "utf8");
    const at = ` HostName 127.0.0.1\n Port ${target.port}\n User keeper\n UserKnownHostsFile ${knownHosts}\n`;
    writeFileSync(join(home, ".ssh", "config"), `Host alias\n${at} IdentityFile ${made.make("wrong")}\n`);
    await expect(hello({ name: "alias", address: "alias", user: undefined })).rejects.toMatchObject({
      code: "host.auth",
      message: `127.0.0.1:${target.port} accepted no key or password for the user keeper`,
      details: expect.arrayContaining([expect.stringContaining("Permission denied")]),
    });
    writeFileSync(join(home, ".ssh", "config"), before);
  });

  describe("says of a host key what the built-in client says:", () => {
    const pinned = join(made.folder, "pinned_hosts");
    const publicKey = (name: string) =>
      readFileSync(join(made.folder, `${name}.pub`), "utf8")
        .split(" ")
        .slice(0, 2)
        .join(" ");
    const name = () => `[127.0.0.1]:${target.port}`;
    it.each<[string, () => string, RegExp]>([
      [
        "that it is unknown",
        () => "",
        /showed the key ssh-ed25519 SHA256:\S+, and .*pinned_hosts has none for it/,
      ],
      [
        "that it has changed, and since which line",
        () => `# others\n${name()} ${publicKey("gate")}\n`,
        /showed the key ssh-ed25519 SHA256:\S+, but another one is pinned at .*pinned_hosts:2$/,
      ],
      ["that it is revoked", () => `@revoked ${name()} ${publicKey("target")}\n`, /showed a revoked key/],
    ])("%s", async (_, text, message) => {
      writeFileSync(pinned, text());
      const settings = target.settings({ knownHosts: pinned, hostKeys: "known", jump: [] });
      const said = async (transport: TransportName) => {
        const { code, message, hint } = await hello(settings, transport).catch((error) => error);
        return { code, message: message.replace(/ \(.*\)$/, ""), hint };
      };
      expect(await said("openssh")).toEqual(await said("ssh"));
      expect(await said("openssh")).toMatchObject({
        code: "host.key",
        message: expect.stringMatching(message),
      });
    });
  });

  describe("and an unknown host key", () => {
    const unknown = join(made.folder, "unknown_hosts");
    const configure = (text: string) => {
      rmSync(unknown, { force: true });
      const at = ` HostName 127.0.0.1\n Port ${target.port}\n User joe\n IdentityFile ${join(made.folder, "key")}\n`;
      writeFileSync(join(home, ".ssh", "config"), `Host new\n${at} UserKnownHostsFile ${unknown}\n${text}`);
    };
    const greet = (changed: Partial<ConnectionSettings> = {}) =>
      hello({ name: "new", address: "new", user: undefined, ...changed });

    it("refuses it under StrictHostKeyChecking yes, where the inventory says nothing", async () => {
      configure(" StrictHostKeyChecking yes\n");
      await expect(greet()).rejects.toMatchObject({
        code: "host.key",
        message: expect.stringContaining(`, and ${unknown} has none for it`),
      });
      expect(await greet({ hostKeys: "pin" })).toBe("hello\n");
    });

    it("refuses it where only a file knows it that the inventory does not name", async () => {
      configure(` GlobalKnownHostsFile ${knownHosts}\n`);
      expect(await greet({ hostKeys: "known" })).toBe("hello\n");
      await expect(greet({ hostKeys: "known", knownHosts: unknown })).rejects.toMatchObject({
        code: "host.key",
      });
    });

    it("pins it where neither says anything", async () => {
      configure("");
      expect(await greet()).toBe("hello\n");
      expect(readFileSync(unknown, "utf8")).toContain(`[127.0.0.1]:${target.port} ssh-ed25519 `);
    });
  });

  it("waits as long as ConnectTimeout says, where the inventory says nothing", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    writeFileSync(
      join(home, ".ssh", "config"),
      `Host mute\n HostName 127.0.0.1\n Port ${port}\n ConnectTimeout 1\n`,
    );
    const began = performance.now();
    const session = new Session(connector("openssh", { name: "mute", address: "mute", user: undefined }));
    await expect(session.run(undefined, ["true"])).rejects.toMatchObject({ code: "host.unreachable" });
    expect(performance.now() - began).toBeLessThan(10_000);
    silent.close();
  });
});
