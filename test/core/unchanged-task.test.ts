/** What a task costs that finds everything as it should be: counted, since times say little on a busy machine. */
import { createHook } from "node:async_hooks";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { play } from "../../src/core/plays/play.ts";
import { FakeSwitches, runOn, turn } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "unchanged-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How many promises a second run makes that awaits so many tasks: Node.js 20 calls code of its own for each of them. */
async function promisesOf(count: number): Promise<number> {
  const names = Array.from({ length: count }, (_, index) => `s${index}`);
  const natural = async () => {
    for (const name of names) await turn({ name, to: "off" });
  };
  const switches = () => ({ a: new FakeSwitches(Object.fromEntries(names.map((name) => [name, "off"]))) });
  const readHistory = join(folder, `${count}.json`);
  const run = () => runOn(switches(), [play("test", { hosts: "all" }, { natural })], { readHistory });
  await run();
  let made = 0;
  const hook = createHook({ init: (_, type) => void (type === "PROMISE" && made++) }).enable();
  const again = await run().finally(() => hook.disable());
  expect(again.statuses.filter((status) => !status.endsWith(": ok"))).toEqual([]);
  return made;
}

describe("an unchanged task", () => {
  it("makes few promises: what is known is not waited for", async () => {
    // it makes 14. A machine that holds the process up makes early values stale, and tasks that read them again make
    // more: so the least of a few counts is taken
    let each = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 5 && each >= 18; attempt++)
      each = Math.min(each, ((await promisesOf(250)) - (await promisesOf(50))) / 200);
    expect(each).toBeLessThan(18);
  });
});
