/** Plans and applies plays on fake hosts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { newSalt, planFile, readPlan, writePlan } from "../../src/core/plans/plan-file.ts";
import { PlanGuard } from "../../src/core/plans/plan-guard.ts";
import { PlanRecorder } from "../../src/core/plans/plan-record.ts";
import type { PlanFile } from "../../src/core/plans/plan-schema.ts";
import { type Play, play } from "../../src/core/plays/play.ts";
import type { RunRequest } from "../../src/core/plays/run-request.ts";
import { type FakeSwitches, type Ran, runOn } from "./harness.ts";

/** Where plans are kept while a test file runs. */
export const folder = mkdtempSync(join(tmpdir(), "showrunner-plan-"));
export const file = join(folder, "plan.json");
afterAll(() => rmSync(folder, { recursive: true }));

export interface Planned extends Ran {
  readonly plan: PlanFile;
}

/** Plans, writes the plan and reads it back. */
export async function planOn(
  hosts: Record<string, FakeSwitches>,
  plays: readonly Play[],
  more: Partial<RunRequest> = {},
): Promise<Planned> {
  const recorder = new PlanRecorder(newSalt());
  const ran = await runOn(hosts, plays, { ...more, check: true, hooks: recorder });
  const request = {
    playbook: "test",
    playbookFile: "playbooks/test.ts",
    inventories: ["inventory/fake.ts"],
    inventoryFiles: ["inventory/fake.ts"],
    hosts: Object.keys(hosts),
    vars: [],
  };
  writePlan(file, planFile(recorder.plan, { request, code: { files: {} } }, "1.2.3"));
  return { ...ran, plan: readPlan(file, "1.2.3") };
}

/** Applies a plan. */
export function applyOn(
  hosts: Record<string, FakeSwitches>,
  plays: readonly Play[],
  plan: PlanFile,
  more: Partial<RunRequest> = {},
): Promise<Ran> {
  return runOn(hosts, plays, { ...more, hooks: new PlanGuard(plan, { again: "npx run plan test" }) });
}

/** A play of one step, on all hosts unless said otherwise. */
export function one(
  step: () => PromiseLike<unknown>,
  options: Parameters<typeof play>[1] = { hosts: "all" },
): Play[] {
  return [play("p", options, { s: async () => void (await step()) })];
}

/** The hosts that failed, each with the error's code. */
export function codes(ran: Ran): string[] {
  return ran.of("host:failed").map(({ host, error }) => `${host} ${error.code}`);
}
