import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { resolveSettings } from "../../src/transport/user-config.ts";

const home = mkdtempSync(join(tmpdir(), "tokens-"));
beforeAll(() => {
  vi.stubEnv("HOME", home);
  vi.stubEnv("KEYS", "/keys");
  mkdirSync(join(home, ".ssh"));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

it.each([
  ["%d/.ssh/%h", `${home}/.ssh/web.example.org`],
  ["~/.ssh/%n_%p", `${home}/.ssh/web_2222`],
  ["/k/%r@%h", "/k/joe@web.example.org"],
  ["/k/%u_%i", `/k/${userInfo().username}_${userInfo().uid}`],
  ["/k/%l", `/k/${hostname()}`],
  ["/k/%L", `/k/${hostname().split(".")[0]}`],
  ["/k/100%%h", "/k/100%h"],
  ["$" + "{KEYS}/id", "/keys/id"],
])("the IdentityFile %s of ~/.ssh/config is %s", async (written, path) => {
  const host = ` HostName %h.example.org\n Port 2222\n User joe\n IdentityFile ${written}\n`;
  writeFileSync(join(home, ".ssh", "config"), `Host web\n${host}`);
  const { keyFiles } = await resolveSettings({ name: "web", address: "web", user: undefined });
  expect(keyFiles).toEqual([path]);
});
