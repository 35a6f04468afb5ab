import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { secret } from "../../src/secrets/secret.ts";
import { connector } from "../../src/transport/connect.ts";
import { Session } from "../../src/transport/session.ts";
import type { ConnectionSettings } from "../../src/transport/settings.ts";
import { keys, sshServer, type TestServer } from "./ssh-server.ts";

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
afterEach(() => vi.stubEnv("SSH_AUTH_SOCK", ""));
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  made.remove();
});

async function greet(settings: ConnectionSettings): Promise<string | undefined> {
  const session = new Session(connector("ssh", settings));
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

  it("without a passphrase says that it needs one", async () => {
    await expect(greet(server.settings())).rejects.toMatchObject({
      code: "host.auth",
      message: expect.stringContaining("is encrypted, and no passphrase was given"),
      hint: expect.stringContaining("ssh-add"),
    });
  });

  it("with a wrong passphrase says so, and not the passphrase", async () => {
    const passphrase = "open barley";
    await expect(greet(server.settings({ passphrase }))).rejects.toMatchObject({
      code: "host.auth",
      message: `the passphrase does not open the key file ${encrypted}`,
    });
  });

  it("that the agent holds needs no passphrase", async () => {
    const socket = join(made.folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      while (!existsSync(socket)) await sleep(10);
      const plain = made.make("plain");
      execFileSync("cp", [encrypted, plain]);
      execFileSync("ssh-keygen", ["-q", "-p", "-P", "open sesame", "-N", "", "-f", plain]);
      execFileSync("ssh-add", ["-q", plain], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: "ignore",
      });
      vi.stubEnv("SSH_AUTH_SOCK", socket);
      expect(await greet(server.settings())).toBe("hello\n");
      expect(await greet(server.settings({ identityFile: undefined }))).toBe("hello\n");
    } finally {
      agent.kill();
    }
  });
});

it("a passphrase does not get in the way of a key that is not encrypted", async () => {
  await expect(greet(server.settings({ identityFile: other, passphrase: "x" }))).rejects.toMatchObject({
    code: "host.auth",
    message: expect.stringContaining("accepted no key or password for the user somebody"),
  });
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

it("forwarding an agent where none runs is an error with a hint", async () => {
  await expect(
    greet(server.settings({ passphrase: "open sesame", forwardAgent: true })),
  ).rejects.toMatchObject({
    code: "host.auth",
    message: "forwardAgent is set, but no agent runs on this machine",
    hint: expect.stringContaining("ssh-add"),
  });
});
