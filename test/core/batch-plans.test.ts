/** How often a batch plans its tasks, and how many round trips it takes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Type } from "../../src/base/schema.ts";
import { play } from "../../src/core/plays/play.ts";
import { batch } from "../../src/core/steps/batch.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import { FakeSwitches, runOn, switchFact } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "batch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let plans = 0;
const look = defineModule({
  name: "look",
  summary: "Looks at a switch.",
  params: { name: Type.String() },
  async *plan(host, p) {
    plans++;
    return await host.fact(switchFact, p.name);
  },
});

/** Runs a batch that looks at these switches. */
async function run(names: readonly string[], readHistory?: string) {
  plans = 0;
  const host = new FakeSwitches(Object.fromEntries(names.map((name) => [name, "off"])));
  const one = () => batch(names.map((name) => look({ name })));
  const options = readHistory === undefined ? {} : { readHistory: join(folder, readHistory) };
  const ran = await runOn({ a: host }, [play("test", { hosts: "all" }, { one })], options);
  expect(ran.exitCode).toBe(0);
  return { plans, roundTrips: ran.hosts["a"]?.roundTrips };
}

const names = Array.from({ length: 20 }, (_, index) => `s${index}`);

it("plans all tasks as soon as one of them has to wait: one round trip, without any history", async () => {
  expect(await run(names)).toEqual({ plans: 40, roundTrips: 1 });
});

it("plans each task once where an earlier run has read the same", async () => {
  await run(names, "same");
  expect(await run(names, "same")).toEqual({ plans: 20, roundTrips: 1 });
});

it("takes one more round trip where the batch is another one than in the earlier run", async () => {
  await run(names, "other");
  const others = [...names.slice(0, 5), ...names.map((name) => `${name}-new`)];
  expect(await run(others, "other")).toEqual({ plans: 25 + 20, roundTrips: 2 });
});
