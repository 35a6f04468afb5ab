import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { secret } from "../../src/base/secret.ts";
import { inventory } from "../../src/inventory/index.ts";
import { jumpHosts } from "../../src/inventory/jump-hosts.ts";
import { Bastions } from "../../src/transport/bastions.ts";
import { connector, type TransportName } from "../../src/transport/connect.ts";
import { parseJump } from "../../src/transport/jump.ts";
import { Session } from "../../src/transport/session.ts";
import type { ConnectionSettings } from "../../src/transport/settings.ts";
import { keys, sshServer, type TestServer } from "./ssh-server.ts";

describe("ProxyJump", () => {
  it.each([
    ["bastion", [{ address: "bastion", port: undefined, user: undefined }]],
    ["joe@bastion:2222", [{ address: "bastion", port: 2222, user: "joe" }]],
    ["joe@[2001:db8::1]:22", [{ address: "2001:db8::1", port: 22, user: "joe" }]],
    ["2001:db8::1", [{ address: "2001:db8::1", port: undefined, user: undefined }]],
    ["ssh://joe@b:1", [{ address: "b", port: 1, user: "joe" }]],
    [
      "a, b",
      [
        { address: "a", port: undefined, user: undefined },
        { address: "b", port: undefined, user: undefined },
      ],
    ],
    ["none", []],
  ])("%s", (text, hops) => {
    expect(parseJump(text)).toEqual(hops);
  });
});

describe("jump hosts in an inventory", () => {
  const hosts = inventory({
    settings: { jump: "gate" },
    hosts: {
      gate: { address: "192.0.2.1", user: "keeper" },
      inner: { address: "10.0.0.1" },
      web: { jump: ["inner"], identityFile: "/key" },
      odd: { jump: "joe@elsewhere:2222,gate", identityFile: "/key" },
      open: { jump: "none" },
      round: { jump: "about" },
      about: { jump: "round" },
    },
  });
  const settingsOf = ({
    name,
    address,
    port,
    user,
  }: { name: string } & Omit<ConnectionSettings, "jump">) => ({
    name,
    address,
    port,
    user,
  });
  const way = (name: string) => {
    const host = hosts.host(name);
    const own = { ...settingsOf(host), identityFile: host.settings.identityFile };
    return jumpHosts(host, own, (other) => hosts.hosts.get(other), settingsOf);
  };

  it("are hosts of the inventory with their own settings and their own jump hosts", () => {
    expect(way("web")?.map(({ name, user }) => [name, user])).toEqual([
      ["gate", "keeper"],
      ["inner", undefined],
    ]);
  });
  it("are not on the way to themselves", () => expect(way("gate")).toEqual([]));
  it("may be strangers, reached with the host's key", () => {
    expect(way("odd")).toMatchObject([
      { name: "elsewhere", user: "joe", port: 2222, identityFile: "/key" },
      { name: "gate", user: "keeper" },
    ]);
  });
  it("are taken away by none", () => expect(way("open")).toEqual([]));
  it("that lead in a circle are an error", () => {
    expect(() => way("round")).toThrow("the jump hosts lead in a circle: round → about → round");
  });
});

describe("connections through one jump host", () => {
  const fakes = () => {
    let opened = 0;
    let closed = 0;
    const bastions = new Bastions<{ ended: Promise<void>; close(): Promise<void> }>();
    const open = async () => {
      opened++;
      return { ended: new Promise<void>(() => undefined), close: async () => void closed++ };
    };
    const connect = async () => {
      let end: () => void = () => undefined;
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      return { ended, close: async () => end() };
    };
    return { bastions, open, connect, counts: () => ({ opened, closed }) };
  };

  it("share one connection to it, also for 200 hosts", async () => {
    const { bastions, open, connect, counts } = fakes();
    const made = await Promise.all(Array.from({ length: 200 }, () => bastions.through("b", open, connect)));
    expect(counts()).toEqual({ opened: 1, closed: 0 });
    await Promise.all(made.slice(1).map((one) => one.close()));
    expect(counts().closed).toBe(0);
    await made[0]?.close();
    await vi.waitFor(() => expect(counts().closed).toBe(1));
    await bastions.through("b", open, connect);
    expect(counts().opened).toBe(2);
  });

  it("are made beside any number of hosts that are silent", async () => {
    const { bastions, open, connect } = fakes();
    const silent = () => new Promise<Awaited<ReturnType<typeof connect>>>(() => undefined);
    for (let index = 0; index < 24; index++) void bastions.through("b", open, silent);
    await expect(bastions.through("b", open, connect)).resolves.toBeDefined();
  });

  it("try again after it could not be reached", async () => {
    const { bastions, open, connect, counts } = fakes();
    const fail = () => Promise.reject(new Error("down"));
    await expect(bastions.through("b", fail, connect)).rejects.toThrow("down");
    await bastions.through("b", open, connect);
    expect(counts().opened).toBe(1);
  });

  it("close it when the last one could not be made", async () => {
    const { bastions, open, counts } = fakes();
    await expect(bastions.through("b", open, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await vi.waitFor(() => expect(counts().closed).toBe(1));
  });
});

describe("a host behind jump hosts", () => {
  const made = keys();
  const knownHosts = join(made.folder, "known_hosts");
  const home = join(made.folder, "home");
  let outer: TestServer;
  let inner: TestServer;
  let target: TestServer;
  const sessions: Session[] = [];

  beforeAll(async () => {
    const accepts = made.make("key");
    const server = (name: string) => sshServer({ hostKey: made.make(name), accepts, knownHosts });
    [outer, inner, target] = await Promise.all([server("outer"), server("inner"), server("target")]);
    mkdirSync(join(home, ".ssh"), { recursive: true });
  });
  beforeEach(() => {
    vi.stubEnv("HOME", home);
    vi.stubEnv("SSH_AUTH_SOCK", "");
    writeFileSync(join(home, ".ssh", "config"), "");
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all(sessions.map((session) => session.close()));
    await Promise.all([outer, inner, target].map((server) => server.close()));
    made.remove();
  });

  async function greet(
    settings: ConnectionSettings,
    transport: TransportName = "ssh",
  ): Promise<string | undefined> {
    const session = new Session(connector(transport, settings));
    sessions.push(session);
    const [output] = await session.run(undefined, ["echo hello"]);
    return output?.stdout.toString();
  }
  const through = () => [outer.settings({ name: "outer" }), inner.settings({ name: "inner" })];

  it("is reached through all of them, and each one's key is pinned", async () => {
    expect(await greet(target.settings({ jump: through() }))).toBe("hello\n");
    expect(outer.forwarded).toEqual([inner.port]);
    expect(inner.forwarded).toEqual([target.port]);
    const pinned = readFileSync(knownHosts, "utf8");
    for (const { port } of [outer, inner, target]) expect(pinned).toContain(`[127.0.0.1]:${port} `);
  });

  it("shares the connection to the jump host with others", async () => {
    const before = outer.connections;
    const settings = target.settings({ jump: [outer.settings({ user: "sharing" })] });
    await Promise.all(Array.from({ length: 12 }, () => greet(settings)));
    expect(outer.connections - before).toBe(1);
  });

  describe.each<TransportName>(["ssh", "openssh"])("shares, by %s,", (transport) => {
    let asking: TestServer;
    beforeAll(async () => {
      asking = await sshServer({ hostKey: made.make(`asking-${transport}`), password: "right", knownHosts });
    });
    afterAll(() => asking.close());
    const behind = (password: ConnectionSettings["password"], changed: Partial<ConnectionSettings> = {}) =>
      target.settings({ jump: [asking.settings({ name: "asking", password, jump: [], ...changed })] });

    it("no connection that another's password has opened", async () => {
      expect(await greet(behind("right"), transport)).toBe("hello\n");
      await expect(greet(behind("wrong"), transport)).rejects.toMatchObject({
        code: "host.auth",
        message: expect.stringMatching(/^at the jump host asking: /),
      });
    });

    it("the one of the same password, wherever it comes from, and however long each host may take", async () => {
      await greet(behind("right"), transport);
      const before = asking.connections;
      await greet(behind(secret("right"), { connectTimeout: 59 }), transport);
      expect(asking.connections).toBe(before);
    });
  });

  it.each([
    [
      "nothing listens",
      () => ({ port: 1 }),
      "host.unreachable",
      /^at the jump host inner: from the jump host outer: /,
    ],
    [
      "the key is unknown",
      () => ({ hostKeys: "known" as const, knownHosts: join(home, "none") }),
      "host.key",
      /^at the jump host inner: /,
    ],
    [
      "no key is accepted",
      () => ({ identityFile: made.make(`wrong-${Date.now()}`) }),
      "host.auth",
      /^at the jump host inner: /,
    ],
  ])("says at which hop %s", async (_, changed, code, message) => {
    const [first = outer.settings()] = through();
    const jump = [first, inner.settings({ name: "inner", ...changed() })];
    await expect(greet(target.settings({ jump }))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it("says from where nothing listens", async () => {
    await expect(greet(target.settings({ port: 1, jump: through() }))).rejects.toMatchObject({
      code: "host.unreachable",
      message: expect.stringMatching(/^from the jump host inner: /),
    });
  });

  it("is lost when a jump host goes", async () => {
    const session = new Session(
      connector("ssh", target.settings({ jump: [outer.settings({ user: "going" })] })),
    );
    sessions.push(session);
    // cut once the command is known to run, however long connecting took
    const running = session.run(undefined, ["echo begun; sleep 5"], { onOutput: () => outer.cut() });
    await expect(running).rejects.toMatchObject({ code: "host.lost" });
  });

  describe("of ~/.ssh/config", () => {
    const config = (text: string) => writeFileSync(join(home, ".ssh", "config"), text);
    const plain = (changed: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
      name: "alias",
      address: "alias",
      user: undefined,
      ...changed,
    });
    const key = () => join(made.folder, "key");
    const shared = () =>
      `Host *\n IdentityFile ${key()}\n UserKnownHostsFile ${knownHosts}\n IdentitiesOnly yes\n User joe\n`;

    it("is reached as it says: HostName, Port, User, IdentityFile, ProxyJump, UserKnownHostsFile", async () => {
      config(
        `Host alias\n HostName 127.0.0.1\n Port ${target.port}\n ProxyJump hop\nHost hop\n HostName 127.0.0.1\n Port ${outer.port}\n${shared()}`,
      );
      const before = outer.forwarded.length;
      expect(await greet(plain())).toBe("hello\n");
      expect(outer.forwarded.slice(before)).toEqual([target.port]);
    });

    it("gives way to the inventory", async () => {
      config(`Host alias\n HostName 127.0.0.1\n Port 1\n ProxyJump nowhere.invalid\n${shared()}`);
      expect(await greet(plain({ port: target.port, jump: [] }))).toBe("hello\n");
    });

    it("StrictHostKeyChecking yes wants the key known; no checks nevertheless", async () => {
      const wrong = join(made.folder, "wrong_hosts");
      const pinned = readFileSync(`${made.folder}/key.pub`, "utf8");
      writeFileSync(wrong, `[127.0.0.1]:${target.port} ${pinned}`);
      const base = `Host alias\n HostName 127.0.0.1\n Port ${target.port}\n IdentityFile ${key()}\n`;
      config(`${base} StrictHostKeyChecking yes\n UserKnownHostsFile ${join(home, "none")}\n`);
      await expect(greet(plain())).rejects.toMatchObject({ code: "host.key" });
      config(`${base} StrictHostKeyChecking no\n UserKnownHostsFile ${wrong}\n`);
      await expect(greet(plain())).rejects.toMatchObject({ code: "host.key" });
    });

    it("HostKeyAlias says under which name the key is known", async () => {
      const file = join(home, "aliases");
      const pinned = readFileSync(`${made.folder}/key.pub`, "utf8");
      writeFileSync(file, `[127.0.0.1]:${target.port} ${pinned}`);
      config(
        `Host alias\n HostName 127.0.0.1\n Port ${target.port}\n IdentityFile ${key()}\n HostKeyAlias box\n UserKnownHostsFile ${file}\n`,
      );
      expect(await greet(plain())).toBe("hello\n");
      expect(readFileSync(file, "utf8")).toMatch(/^box ssh-/m);
      expect(await greet(plain())).toBe("hello\n");
    });

    it("goes through no jump host to itself", async () => {
      config(`Host hop\n HostName 127.0.0.1\n Port ${outer.port}\nHost *\n ProxyJump hop\n${shared()}`);
      expect(await greet(plain({ name: "hop", address: "hop" }))).toBe("hello\n");
    });

    it("goes through a jump host to another port of the same machine", async () => {
      config(
        `Host alias\n HostName 127.0.0.1\n Port ${target.port}\n ProxyJump 127.0.0.1:${outer.port}\n${shared()}`,
      );
      const before = outer.forwarded.length;
      expect(await greet(plain())).toBe("hello\n");
      expect(outer.forwarded.slice(before)).toEqual([target.port]);
    });

    it("that ssh does not understand is an error with ssh's words", async () => {
      config("Nonsense yes\n");
      await expect(greet(plain())).rejects.toMatchObject({
        code: "host.unreachable",
        details: expect.arrayContaining([expect.stringContaining("Bad configuration option: nonsense")]),
      });
    });

    it("with a ProxyCommand is an error with a way out", async () => {
      config("Host alias\n ProxyCommand nc %h %p\n");
      await expect(greet(plain())).rejects.toMatchObject({
        code: "host.unreachable",
        hint: expect.stringContaining("ProxyJump"),
      });
    });
  });
});
