/** `run apply PLAN` */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { ShowrunnerError } from "../../core/base/errors.ts";
import { quote } from "../../core/base/script.ts";
import { type PlanRequest, readPlan } from "../../core/plans/plan-file.ts";
import { PlanGuard } from "../../core/plans/plan-guard.ts";
import { keyMarks } from "../../secrets/mark.ts";
import { readExtraVars } from "../extra-vars.ts";
import { findInventory, type LoadedInventory } from "../inventories.ts";
import { type LeaseFlags, leaseOf, leaseOptions } from "../lease-options.ts";
import { type ReportFlags, reportOptions } from "../options.ts";
import { type PasswordFlags, passwordOptions } from "../passwords.ts";
import { planCounts, planOrigin } from "../plan-text.ts";
import { restoredVars } from "../plan-vars.ts";
import { extraVarsOption, forksOption } from "../playbook-options.ts";
import { loadPlaybook } from "../playbooks.ts";
import { projectRoot } from "../project.ts";
import { runAndReport } from "../run.ts";
import { packageVersion } from "../version.ts";

interface Flags extends ReportFlags, LeaseFlags, PasswordFlags {
  readonly extraVars?: readonly string[];
  readonly forks?: number;
  readonly verify?: boolean;
  readonly refuseUnknown?: boolean;
}

export function configure(command: Command, exitWith: (code: number) => void): void {
  command
    .description(
      "Makes the changes that a plan lists, and no others; where the plan says unknown, what the task then finds to do.\nA host on which anything has moved that the plan was made from is left alone.",
    )
    .argument("<plan>", "a file that `npx run plan PLAYBOOK -o FILE` wrote");
  passwordOptions(forksOption(extraVarsOption(command)))
    .option(
      "--refuse-unknown",
      "what the plan could not foresee is not done: where it is due, the host fails",
    )
    .option("--verify", "after each change, reads back what it set and fails if the host does not show it");
  reportOptions(leaseOptions(command)).addHelpText(
    "after",
    `
Only the values of secrets are given again with -e: the plan does not hold them.

Examples:
  npx run apply plan.json
  npx run apply plan.json -e @secrets.yml

Exit codes: 0 fine, 1 error, 2 a host failed or was refused, 4 a host was unreachable, 5 bad usage, 99 interrupted`,
  );
  command.action(async (file: string, flags: Flags) => exitWith(await apply(file, flags)));
}

async function apply(file: string, flags: Flags): Promise<number> {
  const plan = readPlan(file, packageVersion());
  const { request, salt } = plan;
  keyMarks(salt); // before the playbook makes any
  const extraVars = restoredVars(request.vars, await readExtraVars(flags.extraVars ?? []), { salt, file });
  const { playbook, file: playbookFile } = await loadPlaybook(
    existing(request.playbookFile, "playbook", file),
  );
  const inventory = await findInventory(existing(request.inventoryFile, "inventory", file), flags);
  requireHosts(Object.keys(plan.hosts), inventory, file);
  const { playbook: name, tags, skipTags, startAt } = request;
  if (!flags.reporter?.includes("jsonl"))
    process.stdout.write(`Applying ${file}: ${planOrigin(plan)}\nPlan: ${planCounts(plan)}\n`);
  return runAndReport({
    name,
    playbook,
    file: playbookFile,
    inventory,
    // hosts that the inventory has got since are none of the plan's
    limit: request.hosts.length > 0 ? request.hosts.join(",") : undefined,
    selection: { tags, skipTags, startAt },
    extraVars,
    report: flags,
    verify: flags.verify ?? false,
    purpose: "apply",
    ...leaseOf(flags),
    watch: new PlanGuard(plan, {
      again: planCommand(request),
      refuseUnknown: flags.refuseUnknown ?? false,
    }),
    ...(flags.forks === undefined ? {} : { forks: flags.forks }),
  });
}

/** @throws ShowrunnerError `file.missing` */
function existing(path: string, what: string, plan: string): string {
  const file = resolve(projectRoot(), path);
  if (existsSync(file)) return file;
  throw new ShowrunnerError("file.missing", `the ${what} that ${plan} was made from is not there: ${file}`, {
    hint: "apply a plan in the project that it was made in, or make a new one",
  });
}

/** @throws ShowrunnerError `inventory.pattern` */
function requireHosts(hosts: readonly string[], { inventory, shown }: LoadedInventory, plan: string): void {
  const gone = hosts.filter((name) => !isThere(name));
  if (gone.length === 0) return;
  throw new ShowrunnerError("inventory.pattern", `${shown} no longer has ${gone.join(", ")}`, {
    hint: `${plan} was made for ${gone.length === 1 ? "this host" : "these hosts"}, too: make a new plan`,
  });

  function isThere(name: string): boolean {
    try {
      inventory.host(name);
      return true;
    } catch {
      return false;
    }
  }
}

/** The command that made the plan. */
function planCommand({ playbook, inventory, limit, tags, skipTags, startAt, vars }: PlanRequest): string {
  const option = (name: string, value: string | undefined) =>
    value === undefined ? [] : [name, quote(value)];
  return [
    "npx run plan",
    quote(playbook),
    ...option("-i", inventory),
    ...option("-l", limit),
    ...option("--tags", tags?.join(",")),
    ...option("--skip-tags", skipTags?.join(",")),
    ...option("--start-at", startAt),
    ...vars.flatMap(({ name, text }) => (text === undefined ? [] : option("-e", `${name}=${text}`))),
    // a secret, or what was in a file
    ...(vars.some(({ text }) => text === undefined) ? ["-e", "@FILE"] : []),
  ].join(" ");
}
