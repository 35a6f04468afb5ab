/** How the role app gets a version of a git repository. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, it, vi } from "vitest";
import { commitOf, gitArchive } from "../../roles/app/git-source.ts";
import { play } from "../../src/core/plays/play.ts";
import { FakeSwitches, runOn } from "../core/harness.ts";

const local = mkdtempSync(join(tmpdir(), "app-git-"));
afterAll(() => rmSync(local, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());
beforeEach(() => void vi.stubEnv("XDG_CACHE_HOME", mkdtempSync(join(local, "cache-"))));

const repository = join(local, "repository");
const git = (...args: readonly string[]) =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], {
    cwd: local,
    encoding: "utf8",
  }).trim();
git("init", "-q", "-b", "main", repository);
function commit(text: string): string {
  writeFileSync(join(repository, "text"), text);
  git("-C", repository, "add", "-A");
  git("-C", repository, "commit", "-q", "-m", text);
  return git("-C", repository, "rev-parse", "HEAD");
}
const older = commit("one");
const newer = commit("two");

/** Tells what work in a step of a run gave, or why it failed. */
async function inRun(work: () => Promise<string>): Promise<string> {
  let given = "";
  const step = async () => {
    given = await work();
  };
  const ran = await runOn({ a: new FakeSwitches() }, [play("p", { hosts: "all" }, { step })]);
  return ran.of("host:failed")[0]?.error.message ?? given;
}

it("fetches all branches where the server gives no commit by its number", async () => {
  vi.stubEnv("GIT_CONFIG_COUNT", "1");
  vi.stubEnv("GIT_CONFIG_KEY_0", "protocol.version");
  vi.stubEnv("GIT_CONFIG_VALUE_0", "0");
  const archive = await inRun(() => gitArchive(repository, older, older));
  expect(execFileSync("tar", ["-xOf", archive, "text"], { encoding: "utf8" })).toBe("one");
});

it("asks a server that gives no answer once", async () => {
  let asked = 0;
  const server = createServer((socket) => {
    asked++;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  expect(await inRun(() => gitArchive(`git://127.0.0.1:${port}/a`, older, older))).toContain("can't be read");
  expect(asked).toBe(1);
  server.close();
});

it("lets go what another run removes from the cache meanwhile", async () => {
  const first = await inRun(() => gitArchive(repository, newer, newer));
  const folder = join(first, "..");
  // its name is there, and it is not
  symlinkSync("nowhere", join(folder, "removed.tar"));
  expect(await inRun(() => gitArchive(repository, older, older))).toBe(join(folder, `${older}.tar`));
  expect(readdirSync(folder).toSorted()).toEqual([`${older}.tar`, `${newer}.tar`, "removed.tar"].toSorted());
});

it("uses the ssh that the user has chosen for git", async () => {
  const program = join(local, "own-ssh");
  const used = join(local, "used");
  writeFileSync(program, `#!/bin/sh\necho "$*" >>'${used}'; exit 1\n`, { mode: 0o755 });
  const ask = () => inRun(() => commitOf("ssh://git@nowhere.invalid/a", "main"));

  vi.stubEnv("GIT_SSH", program);
  expect(await ask()).toContain("can't be read");
  expect(existsSync(used)).toBe(true);
  rmSync(used);

  vi.stubEnv("GIT_SSH", undefined);
  vi.stubEnv("GIT_CONFIG_COUNT", "1");
  vi.stubEnv("GIT_CONFIG_KEY_0", "core.sshCommand");
  vi.stubEnv("GIT_CONFIG_VALUE_0", program);
  expect(await ask()).toContain("can't be read");
  expect(existsSync(used)).toBe(true);
});
