/** Which known_hosts files a host's key is checked against, from ~/.ssh/config and from an inventory. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { hostAccess } from "../../src/inventory/access.ts";
import { inventory } from "../../src/inventory/index.ts";
import { defineTransport } from "../../src/transport/custom.ts";
import { hostKeyCheck } from "../../src/transport/host-key.ts";
import { connectOptions } from "../../src/transport/openssh-options.ts";
import type { ConnectionSettings } from "../../src/transport/settings.ts";
import { completeForOpenSsh, resolveSettings } from "../../src/transport/user-config.ts";

const home = mkdtempSync(join(tmpdir(), "known hosts-"));
const own = join(home, ".ssh", "known_hosts");
const second = join(home, "second hosts");
beforeAll(() => {
  vi.stubEnv("HOME", home);
  mkdirSync(join(home, ".ssh"));
});
beforeEach(() => {
  for (const file of [own, second, join(home, ".ssh", "config")]) rmSync(file, { force: true });
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

function makeKey(name: string): { line: string; blob: Buffer } {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(home, name)]);
  const [type = "", base64 = ""] = readFileSync(join(home, `${name}.pub`), "utf8").split(" ");
  return { line: `${type} ${base64}`, blob: Buffer.from(base64, "base64") };
}
const mine = makeKey("mine");
const other = makeKey("other");

const configure = (text: string) => writeFileSync(join(home, ".ssh", "config"), `Host *\n ${text}\n`);
const settings = (changed: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
  name: "web1",
  address: "web1",
  user: undefined,
  ...changed,
});
const verify = async (key: Buffer, changed: Partial<ConnectionSettings> = {}) =>
  hostKeyCheck(await resolveSettings(settings(changed))).verify(key);

describe.each([
  ["/dev/null in ~/.ssh/config", "UserKnownHostsFile /dev/null", {}],
  ["none in ~/.ssh/config", "UserKnownHostsFile none", {}],
  ["/dev/null in the inventory", "User joe", { knownHosts: "/dev/null" }],
  ["none in the inventory", "User joe", { knownHosts: "none" }],
])("%s is no file of one's own", (_, text, changed) => {
  it("so a key is pinned in ~/.ssh/known_hosts, and must not change", async () => {
    configure(text);
    expect(await verify(mine.blob, changed)).toBe(true);
    expect(readFileSync(own, "utf8")).toBe(`web1 ${mine.line}\n`);
    expect(await verify(other.blob, changed)).toBe(false);
    expect(existsSync("none")).toBe(false);
  });

  it("for the system's ssh, too", async () => {
    configure(text);
    const options = connectOptions(await completeForOpenSsh(settings(changed)), undefined);
    const named = options.filter((option) => option.startsWith("UserKnownHostsFile="));
    // where ~/.ssh/config says nothing either, ssh's own default holds
    const system = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];
    const files = [own, ...system].map((file) => `"${file}"`).join(" ");
    expect(named).toEqual(text.startsWith("User ") ? [] : [`UserKnownHostsFile=${files}`]);
  });
});

it("a pipe is refused, and not passed over: no other key is trusted in its place", async () => {
  const pipe = join(home, "pipe");
  execFileSync("mkfifo", [pipe]);
  const refused = { code: "host.key", message: expect.stringContaining("it is a pipe") };
  configure("User joe");
  await expect(verify(mine.blob, { knownHosts: pipe })).rejects.toMatchObject(refused);
  await expect(completeForOpenSsh(settings({ knownHosts: pipe }))).rejects.toMatchObject(refused);
  configure(`UserKnownHostsFile "${pipe}"`);
  await expect(verify(mine.blob)).rejects.toMatchObject(refused);
  expect(existsSync(own)).toBe(false);
});

it("~/.ssh/known_hosts that leads to /dev/null keeps no key, so that none can be pinned", async () => {
  symlinkSync("/dev/null", own);
  const check = hostKeyCheck(await resolveSettings(settings()));
  expect(check.verify(mine.blob)).toBe(false);
  expect(check.refusal).toMatchObject({
    code: "host.key",
    message: expect.stringContaining("known_hosts keeps none"),
    hint: expect.stringContaining("insecure"),
  });
});

it("none in the inventory is no file of the project called that", async () => {
  let seen: string | undefined = "nothing yet";
  const transport = defineTransport({
    name: "seeing",
    connect: async ({ knownHosts }) => {
      seen = knownHosts;
      throw new Error("seen");
    },
  });
  const host = inventory({ hosts: { web1: { transport, knownHosts: "none" } } }).host("web1");
  await expect(hostAccess(host, home).connect()).rejects.toThrow("seen");
  expect(seen).toBeUndefined();
});

describe("several files", () => {
  it.each([
    ["a UserKnownHostsFile", () => `UserKnownHostsFile ${own} "${second}"`],
    ["a GlobalKnownHostsFile", () => `GlobalKnownHostsFile /dev/null "${second}"`],
  ])("all count: a key that changed is refused by the second, %s", async (_, text) => {
    writeFileSync(second, `web1 ${mine.line}\n`);
    configure(text());
    expect(await verify(mine.blob)).toBe(true);
    expect(await verify(other.blob)).toBe(false);
    expect(existsSync(own)).toBe(false);
  });

  it("a new key is pinned in the first, whose name may have a space", async () => {
    configure(`UserKnownHostsFile "${second}" ${own}`);
    expect(await verify(mine.blob)).toBe(true);
    expect(readFileSync(second, "utf8")).toBe(`web1 ${mine.line}\n`);
    expect(await verify(other.blob)).toBe(false);
    expect(existsSync(own)).toBe(false);
  });

  it("of ~/.ssh/config do not count where the inventory names one", async () => {
    writeFileSync(second, `web1 ${mine.line}\n`);
    configure(`UserKnownHostsFile "${second}"`);
    expect(await verify(other.blob, { knownHosts: own })).toBe(true);
  });
});
