/** What our modules ask a host: no more often for facts that say what they rest on. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { batch } from "../../src/core/steps/batch.ts";
import { copy, file, group, lineinfile, user } from "../../src/modules/index.ts";
import { runLocal, temporaryDirectory } from "./files/local-run.ts";

const at = join(temporaryDirectory(), "d");

beforeEach(() => {
  rmSync(at, { recursive: true, force: true });
  mkdirSync(at);
  for (const name of ["same", "other", "mode", "lines", "block"]) writeFileSync(join(at, name), `${name}\n`);
  chmodSync(join(at, "mode"), 0o600);
});

const some = () => [
  copy({ dest: join(at, "same"), content: "same\n" }),
  copy({ dest: join(at, "other"), content: "new\n" }),
  user({ name: "root", home: "/root" }),
  file({ path: join(at, "mode"), mode: "0644" }),
  group({ name: "root", gid: 0 }),
  lineinfile({ path: join(at, "lines"), line: "one" }),
  user({ name: "daemon", groups: [], append: true }),
  lineinfile({ path: join(at, "block"), line: "two", insertbefore: "BOF" }),
  copy({ dest: join(at, "new"), content: "new\n" }),
  file({ path: join(at, "sub"), state: "directory" }),
  group({ name: "daemon" }),
  file({ path: join(at, "same"), mode: "0644" }),
];

it("tasks that are awaited one by one ask as often as a batch, once a run has shown what they read", async () => {
  const history = join(at, "..", "reads.json");
  const natural = async () => {
    for (const task of some()) await task;
  };
  const make = () => runLocal(async () => natural(), { history });
  await make();
  expect((await make()).error).toBeUndefined(); // reads what a run reads that changes nothing
  const again = await make();
  expect([again.statuses.length, again.changes.length]).toEqual([12, 0]);
  expect(again.roundTrips).toBeLessThanOrEqual(2);
});

it("a batch of changed and unchanged tasks is read at once, and pays for its changes alone", async () => {
  // one for all facts, one for the old text of what is replaced; each change is made and read back in one
  const first = await runLocal(() => batch(some()));
  expect(first.error).toBeUndefined();
  expect([first.changes.length, first.roundTrips]).toEqual([6, 8]);
  const again = await runLocal(() => batch(some()));
  expect([again.changes.length, again.roundTrips]).toEqual([0, 1]);
});
