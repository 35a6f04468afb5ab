/** `git` against repositories of this machine: what becomes of what somebody has altered, and who holds which streams. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { git } from "../../../src/modules/index.ts";
import { gitShell } from "../../git-shell.ts";
import { runHere } from "../local.ts";

const directory = mkdtempSync(join(tmpdir(), "git-module-"));
let count = 0;
let home = "";
let repo = "";
let dest = "";

const shell = (script: string) => gitShell(home, script);

beforeEach(() => {
  home = join(directory, String(++count));
  mkdirSync(home);
  repo = join(home, "app.git");
  dest = join(home, "checkout");
  shell(`git init -q -b main work; cd work; echo one >file; git add file; git commit -qm one
echo two >file; git commit -qam two; cd ..; git clone -q --bare work app.git; git clone -q app.git checkout`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("takes nothing for its own that was altered after a fetch that failed", async () => {
  const missing = await runHere(() => git({ repo, dest, version: "4".repeat(40) }));
  expect(missing.error?.details?.join(" ")).toContain("4444");
  writeFileSync(join(dest, "file"), "mine");
  const run = await runHere(() => git({ repo, dest, version: "main" }));
  expect(run.error?.message).toContain("has files that were altered: file");
  expect(readFileSync(join(dest, "file"), "utf8")).toBe("mine");
});

it("goes on where a fetch was killed, and gives up no files for that", async () => {
  shell(`cd checkout; git reset -q --hard HEAD~1
: >.git/showrunner-fetching; : >.git/config.lock; : >.git/shallow.lock; : >.git/packed-refs.lock`);
  writeFileSync(join(dest, "file"), "mine");
  const refused = await runHere(() => git({ repo, dest }));
  expect(refused.error?.message).toContain("has files that were altered: file");
  shell("cd checkout; git checkout -q file");
  expect((await runHere(() => git({ repo, dest }))).told).toEqual(["git changed checkout"]);
  expect(readFileSync(join(dest, "file"), "utf8")).toBe("two\n");
  expect(existsSync(join(dest, ".git/showrunner-fetching"))).toBe(false);
});

it("lets no command of a checkout's own hold the session's streams", async () => {
  const streams = join(home, "streams");
  shell(`git -C work -c protocol.file.allow=always submodule add -q ${repo} part; git -C work commit -qm part
git -C work push -q ${repo} main
cd checkout; git pull -q; git -c protocol.file.allow=always submodule update -q --init
git config submodule.part.update '!ls -l /proc/self/fd >${streams}; own=$(readlink /proc/$$/fd/1 /proc/$$/fd/2); echo "$own" >${streams}.own; :'
echo mine >file`);
  const run = await runHere(() => git({ repo, dest, force: true }));
  expect(run.told).toEqual(["git changed checkout"]);
  const [out, err] = readFileSync(`${streams}.own`, "utf8").trim().split("\n");
  expect([out, err]).toEqual([expect.stringMatching(/\(deleted\)$/), expect.stringMatching(/\(deleted\)$/)]);
  expect(readFileSync(streams, "utf8")).not.toMatch(/ [89] -> /);
});

it("takes nothing for its own that was altered after a submodule could not be fetched", async () => {
  shell(`git -C work -c protocol.file.allow=always submodule add -q ${repo} part; git -C work commit -qm part
git -C work push -q ${repo} main`);
  // git fetches no submodule from a path
  const failed = await runHere(() => git({ repo, dest }));
  expect(failed.error?.details?.join(" ")).toContain("not allowed");
  writeFileSync(join(dest, "file"), "mine");
  const run = await runHere(() => git({ repo, dest }));
  expect(run.error?.message).toContain("has files that were altered: file");
});

it("keeps a file that stands in the way, of which git knows nothing yet", async () => {
  shell("rm -rf checkout; git init -q checkout");
  writeFileSync(join(dest, "file"), "mine");
  for (const _ of [1, 2]) {
    const run = await runHere(() => git({ repo, dest }));
    expect(run.error?.details?.join(" ")).toContain("would be overwritten");
    expect(readFileSync(join(dest, "file"), "utf8")).toBe("mine");
  }
});
