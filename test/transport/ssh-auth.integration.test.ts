import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { secret } from "../../src/base/secret.ts";
import { connector, type TransportName } from "../../src/transport/connect.ts";
import { Session } from "../../src/transport/session.ts";
import type { ConnectionSettings } from "../../src/transport/settings.ts";
import { keys, sshServer, type TestServer } from "./ssh-server.ts";

const transports = ["ssh", "openssh"] as const;
const made = keys();
const encrypted = made.make("encrypted", "open sesame");
const other = made.make("other");
let server: TestServer;

beforeAll(async () => {
  vi.stubEnv("SSH_AUTH_SOCK", "");
  server = await sshServer({
    hostKey: made.make("host"),
    accepts: encrypted,
    password: "pass word",
    knownHosts: join(made.folder, "known_hosts"),
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.stubEnv("SSH_AUTH_SOCK", "");
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  made.remove();
});

function publicKey(file: string): string {
  return readFileSync(`${file}.pub`, "utf8").split(" ")[1] ?? "";
}

async function greet(
  settings: ConnectionSettings,
  transport: TransportName = "ssh",
): Promise<string | undefined> {
  const session = new Session(connector(transport, settings));
  try {
    const [output] = await session.run(undefined, ["echo hello"]);
    return output?.stdout.toString();
  } finally {
    await session.close();
  }
}

describe("an encrypted key", () => {
  it.each([
    ["as text", "open sesame"],
    ["as a secret", secret("open sesame")],
  ])("is opened with a passphrase %s", async (_, passphrase) => {
    expect(await greet(server.settings({ passphrase }))).toBe("hello\n");
  });

  describe.each(transports)("by %s", (transport) => {
    it("without a passphrase says that it needs one", async () => {
      await expect(greet(server.settings(), transport)).rejects.toMatchObject({
        code: "host.auth",
        message: `the key file ${encrypted} is encrypted, and no passphrase was given`,
        hint: expect.stringContaining("ssh-add"),
      });
    });

    it("with a wrong passphrase says so, and not the passphrase", async () => {
      const passphrase = "open barley";
      await expect(greet(server.settings({ passphrase }), transport)).rejects.toMatchObject({
        code: "host.auth",
        message: `the passphrase does not open the key file ${encrypted}`,
      });
    });

    it("that is open, and refused, is not called shut", async () => {
      const identityFile = made.make(`stranger-${transport}`, "open sesame");
      const settings = server.settings({ identityFile, passphrase: "open sesame" });
      await expect(greet(settings, transport)).rejects.toMatchObject({
        message: `127.0.0.1:${server.port} accepted no key or password for the user somebody`,
      });
    });
  });

  describe("in an agent that holds others, too", () => {
    const socket = join(made.folder, "agent");
    const home = join(made.folder, "home");
    const configure = (...files: string[]) =>
      writeFileSync(
        join(home, ".ssh", "config"),
        `IdentitiesOnly yes\n${files.map((file) => `IdentityFile ${file}\n`).join("")}`,
      );
    let agent: ChildProcess;
    beforeAll(async () => {
      agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
      while (!existsSync(socket)) await sleep(10);
      const plain = made.make("plain");
      execFileSync("cp", [encrypted, plain]);
      execFileSync("ssh-keygen", ["-q", "-p", "-P", "open sesame", "-N", "", "-f", plain]);
      execFileSync("ssh-add", ["-q", other, made.make("another"), plain], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: "ignore",
      });
      mkdirSync(join(home, ".ssh"), { recursive: true });
    });
    beforeEach(() => {
      vi.stubEnv("SSH_AUTH_SOCK", socket);
      vi.stubEnv("HOME", home);
      rmSync(join(home, ".ssh", "config"), { force: true });
      server.offered.length = 0;
    });
    afterAll(() => agent.kill());

    it("needs no passphrase, and is offered alone where it is named", async () => {
      expect(await greet(server.settings())).toBe("hello\n");
      expect(new Set(server.offered)).toEqual(new Set([publicKey(encrypted)]));
    });

    it("that the host refuses is not called shut by openssh, whichever agent holds it", async () => {
      const identityFile = join(made.folder, "refused");
      execFileSync("cp", [encrypted, identityFile]);
      const elsewhere = await sshServer({
        hostKey: made.make("elsewhere"),
        accepts: other,
        knownHosts: join(made.folder, "known_hosts"),
      });
      try {
        await expect(greet(elsewhere.settings({ identityFile }), "openssh")).rejects.toMatchObject({
          message: expect.stringContaining("accepted no key or password"),
        });
        writeFileSync(join(home, ".ssh", "config"), `IdentityAgent ${socket}\n`);
        vi.stubEnv("SSH_AUTH_SOCK", "");
        await expect(greet(elsewhere.settings({ identityFile }), "openssh")).rejects.toMatchObject({
          message: expect.stringContaining("accepted no key or password"),
        });
      } finally {
        await elsewhere.close();
      }
    });

    it("is told from the others by the file of its public part alone, too", async () => {
      expect(await greet(server.settings({ identityFile: `${encrypted}.pub` }))).toBe("hello\n");
      expect(new Set(server.offered)).toEqual(new Set([publicKey(encrypted)]));
    });

    it("is found among all of them where no key is named", async () => {
      expect(await greet(server.settings({ identityFile: undefined }))).toBe("hello\n");
    });

    it("is asked for under IdentitiesOnly, and no other", async () => {
      configure(encrypted);
      expect(await greet(server.settings({ identityFile: undefined }))).toBe("hello\n");
      expect(new Set(server.offered)).toEqual(new Set([publicKey(encrypted)]));
    });

    it("is found by its public part where its private one is not there", async () => {
      const absent = join(made.folder, "absent");
      execFileSync("cp", [`${encrypted}.pub`, `${absent}.pub`]);
      configure(absent);
      expect(await greet(server.settings({ identityFile: undefined }))).toBe("hello\n");
      expect(new Set(server.offered)).toEqual(new Set([publicKey(encrypted)]));
    });

    it("that is none of them does not keep a password from being tried", async () => {
      const identityFile = made.make("locked", "open sesame");
      expect(await greet(server.settings({ identityFile, password: "pass word" }))).toBe("hello\n");
      expect(server.offered).toEqual([]);
    });

    it.each(transports)("that is none of them is an error that says so, by %s", async (transport) => {
      const identityFile = made.make(`unheld-${transport}`, "open sesame");
      await expect(greet(server.settings({ identityFile }), transport)).rejects.toMatchObject({
        code: "host.auth",
        message: expect.stringMatching(
          /is encrypted, and no passphrase was given; the agent does not hold it$/,
        ),
        hint: expect.stringContaining("ssh-add"),
      });
    });
  });
});

it("an agent that is gone is passed over", async () => {
  const home = join(made.folder, "homely");
  mkdirSync(join(home, ".ssh"), { recursive: true });
  writeFileSync(join(home, ".ssh", "config"), `IdentityFile ${encrypted}\n`);
  vi.stubEnv("HOME", home);
  vi.stubEnv("SSH_AUTH_SOCK", join(made.folder, "gone"));
  const unnamed = server.settings({ identityFile: undefined, passphrase: "open sesame" });
  expect(await greet(unnamed)).toBe("hello\n");
  await expect(greet(server.settings())).rejects.toMatchObject({
    message: expect.stringMatching(/is encrypted, and no passphrase was given$/),
  });
});

it("a passphrase does not get in the way of a key that is not encrypted", async () => {
  await expect(greet(server.settings({ identityFile: other, passphrase: "x" }))).rejects.toMatchObject({
    code: "host.auth",
    message: expect.stringContaining("accepted no key or password for the user somebody"),
  });
});

it("a default key that can't be read is passed over, a named one told", async () => {
  const home = join(made.folder, "unreadable");
  const identityFile = join(home, ".ssh", "id_ed25519");
  mkdirSync(identityFile, { recursive: true });
  execFileSync("cp", [encrypted, join(home, ".ssh", "id_rsa")]);
  vi.stubEnv("HOME", home);
  const changed = { identityFile: undefined, passphrase: "open sesame" };
  expect(await greet(server.settings(changed))).toBe("hello\n");
  await expect(greet(server.settings({ ...changed, identityFile }))).rejects.toMatchObject({
    code: "host.auth",
    message: expect.stringContaining(`the key file ${identityFile} can't be used: it is a directory`),
  });
});

it.each(transports)("a directory as knownHosts is no known host, by %s", async (transport) => {
  const settings = server.settings({ knownHosts: made.folder, passphrase: "open sesame" });
  await expect(greet(settings, transport)).rejects.toMatchObject({
    code: "host.key",
    message: expect.stringContaining(`the known hosts in ${made.folder} can't be read: it is a directory`),
    hint: expect.stringContaining("knownHosts"),
  });
});

/** As for a key on a FIDO token, which is not needed to write one down, nor to open it. */
function tokenKey(file: string, passphrase: string): string {
  const text = (content: string | Buffer) => {
    const bytes = Buffer.from(content);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const zeros = Buffer.alloc(32);
  const open = [text("sk-ssh-ed25519@openssh.com"), text(zeros), text("ssh:")];
  const shut = [Buffer.alloc(8), ...open, Buffer.from([1]), text(zeros), text(""), text("")];
  const padding = (8 - (Buffer.concat(shut).length % 8)) % 8;
  const parts = [
    ...[Buffer.from("openssh-key-v1\0"), text("none"), text("none"), text(""), Buffer.from([0, 0, 0, 1])],
    text(Buffer.concat(open)),
    text(Buffer.concat([...shut, Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, padding)])),
  ];
  const label = "OPENSSH PRIVATE KEY-----";
  const base64 = Buffer.concat(parts).toString("base64").replace(/.{70}/g, "$&\n");
  writeFileSync(file, `-----BEGIN ${label}\n${base64}\n-----END ${label}\n`, { mode: 0o600 });
  execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", passphrase, "-f", file]);
  return file;
}

it.each([
  ["ssh", "can't be used: Unsupported OpenSSH private key type"],
  ["openssh", "accepted no key or password for the user somebody"],
] as const)("a key of a kind that ssh alone knows is not called shut by %s", async (transport, message) => {
  const identityFile = tokenKey(join(made.folder, `token-${transport}`), "open sesame");
  await expect(
    greet(server.settings({ identityFile, passphrase: "open sesame" }), transport),
  ).rejects.toMatchObject({ code: "host.auth", message: expect.stringContaining(message) });
});

it("a file that is no key is named", async () => {
  const identityFile = join(made.folder, "known_hosts");
  await expect(greet(server.settings({ identityFile }))).rejects.toMatchObject({
    code: "host.auth",
    message: expect.stringContaining(`the key file ${identityFile} can't be used`),
  });
});

describe("a password", () => {
  it.each([
    ["as text", "pass word"],
    ["as a secret", secret("pass word")],
  ])("lets us in %s, after a key that was not accepted", async (_, password) => {
    expect(await greet(server.settings({ identityFile: other, password }))).toBe("hello\n");
  });

  it("that is wrong is refused", async () => {
    await expect(greet(server.settings({ identityFile: other, password: "no" }))).rejects.toMatchObject({
      code: "host.auth",
    });
  });
});

it("a host that forwards no agent runs commands all the same, several at once", async () => {
  // one that answers is not needed: the server refuses, as sshd does with AllowAgentForwarding no
  vi.stubEnv("SSH_AUTH_SOCK", join(made.folder, "agent"));
  const connection = await connector(
    "ssh",
    server.settings({ passphrase: "open sesame", forwardAgent: true }),
  )();
  try {
    const ended = [1, 2, 3].map(async (status) => {
      const process = await connection.spawn(`exit ${status}`);
      for (const stream of [process.stdout, process.stderr]) stream.resume();
      return process.closed;
    });
    expect(await Promise.all(ended)).toMatchObject([{ status: 1 }, { status: 2 }, { status: 3 }]);
  } finally {
    await connection.close();
    vi.stubEnv("SSH_AUTH_SOCK", "");
  }
});

it.each(transports)(
  "forwarding an agent where none runs is an error with a hint, by %s",
  async (transport) => {
    await expect(
      greet(server.settings({ passphrase: "open sesame", forwardAgent: true }), transport),
    ).rejects.toMatchObject({
      code: "host.auth",
      message: "forwardAgent is set, but no agent runs on this machine",
      hint: expect.stringContaining("ssh-add"),
    });
  },
);

it("openssh forwards the agent that ~/.ssh/config names, which need not be in the environment", async () => {
  const home = join(made.folder, "other-agent");
  mkdirSync(join(home, ".ssh"), { recursive: true });
  vi.stubEnv("HOME", home);
  const greeting = () => greet(server.settings({ passphrase: "open sesame", forwardAgent: true }), "openssh");
  const configure = (agent: string) =>
    writeFileSync(join(home, ".ssh", "config"), `IdentityAgent ${agent}\n`);
  configure("%d/agent");
  expect(await greeting()).toBe("hello\n");
  vi.stubEnv("SSH_AUTH_SOCK", join(home, "agent"));
  configure("none");
  await expect(greeting()).rejects.toMatchObject({ code: "host.auth" });
});
