/** What modules of users edit files with. */
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { defineModule, editFile, Param } from "../../../src/index.ts";
import { runTasks, temporaryDirectory } from "./local-run.ts";

const at = temporaryDirectory();

const shout = defineModule({
  name: "shout",
  summary: "Makes a file's letters capitals.",
  params: { path: Param.path(), state: Param.state(), create: Param.flag() },
  async *plan(host, p) {
    return yield* editFile(host, p, { edit: (text) => text.toUpperCase() || "NOTHING\n" });
  },
});

it("edits once what a link leads to, keeps the link, and leaves bytes that are no text", async () => {
  writeFileSync(join(at, "file"), Buffer.from("caf\xe9\n", "latin1"), { mode: 0o640 });
  symlinkSync("file", join(at, "link"));
  const task = () => shout({ path: join(at, "link") });
  const { statuses, changes } = await runTasks([task, task]);
  expect(statuses).toEqual(["changed", "ok"]);
  expect(changes.map(({ what, after }) => [what, after])).toEqual([
    ["content", expect.stringMatching(/^0640 /)],
  ]);
  expect(readFileSync(join(at, "link"), "latin1")).toBe("CAF\xc9\n");
});

it("makes a file where that is wanted, and else says what to do", async () => {
  const path = join(at, "new");
  expect((await runTasks([() => shout({ path, state: "absent" })])).statuses).toEqual(["ok"]);
  const { error } = await runTasks([() => shout({ path })]);
  expect([error?.message, error?.hint]).toEqual([
    `${path} does not exist on the host`,
    "create: true makes it",
  ]);
  expect((await runTasks([() => shout({ path, create: true })])).statuses).toEqual(["changed"]);
  expect(readFileSync(path, "utf8")).toBe("NOTHING\n");
});
