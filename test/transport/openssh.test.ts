import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connector } from "../../src/transport/connect.ts";
import { Session } from "../../src/transport/session.ts";
import type { ConnectionSettings } from "../../src/transport/settings.ts";
import { keys, sshServer, type TestServer } from "./ssh-server.ts";

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
});
