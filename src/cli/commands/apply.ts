/** `run apply PLAN` */
import { resolve } from "node:path";
import type { Command } from "commander";
import { ShowrunnerError } from "../../base/errors.ts";
import { pasted } from "../../base/script.ts";
import { awaitPipe } from "../../base/user-file.ts";
import { requireSameCode } from "../../core/plans/plan-code.ts";
import { readPlan } from "../../core/plans/plan-file.ts";
import { PlanGuard } from "../../core/plans/plan-guard.ts";
import type { PlanFile, PlanRequest } from "../../core/plans/plan-schema.ts";
import { sourceAt } from "../../inventory/sources.ts";
import { say } from "../../report/index.ts";
import { keyMarks } from "../../secrets/mark.ts";
import { readExtraVars } from "../extra-vars.ts";
import { findInventory, type LoadedInventory } from "../inventories.ts";
import { type LeaseFlags, leaseOf, leaseOptions } from "../lease-options.ts";
import { type ReportFlags, reportOptions } from "../options.ts";
import { type PasswordFlags, passwordOptions } from "../passwords.ts";
import { otherCommit, requireNoOthers } from "../plan-code.ts";
import { planCounts, planOrigin } from "../plan-text.ts";
import { restoredVars } from "../plan-vars.ts";
import { extraVarsOption, forksOption } from "../playbook-options.ts";
import { loadPlaybook } from "../playbooks.ts";
import { projectRoot } from "../project.ts";
import { runAndReport } from "../run.ts";
import { type TrustedKey, trustedKeys } from "../signing/trusted-keys.ts";
import { requireSigned } from "../signing/verify.ts";
import { dpkgVersion } from "../version.ts";

interface Flags extends ReportFlags, LeaseFlags, PasswordFlags {
  readonly extraVars?: readonly string[];
  readonly forks?: number;
  readonly verify?: boolean;
  readonly refuseUnknown?: boolean;
  readonly trust?: string;
}

export function configure(command: Command, exitWith: (code: number) => void): void {
  command
    .description(
      "Makes the changes that a plan lists, and no others; where the plan says unknown, what the task then finds to do.\nA host is refused if any fact that the plan was made from has changed there.",
    )
    .argument("<plan>", "a file that `npx run plan PLAYBOOK -o FILE` wrote");
  passwordOptions(forksOption(extraVarsOption(command)))
    .option(
      "--refuse-unknown",
      "changes that the plan could not predict are refused: where one is due, the host fails",
    )
    .option(
      "--trust <key>",
      "refuses a plan that none of these keys has signed: a public key's file, one of several, or a folder of such",
    )
    .option("--verify", "after each change, reads back the facts that it set, and fails if the host differs");
  reportOptions(leaseOptions(command)).addHelpText(
    "after",
    `
Only the values of secrets are given again with -e: the plan does not hold them.

Examples:
  npx run apply plan.json
  npx run apply plan.json -e @secrets.yml
  npx run apply plan.json --trust approvers.pub

Exit codes: 0 fine, 1 error, 2 a host failed or was refused, 4 a host was unreachable, 5 bad usage, 99 interrupted`,
  );
  command.action(async (file: string, flags: Flags) => exitWith(await apply(file, flags)));
}

async function apply(file: string, flags: Flags): Promise<number> {
  await awaitPipe(file);
  const plan = readPlan(file, dpkgVersion());
  // nothing that the plan names is loaded before it is known whose it is, and that it is what it was made from
  if (flags.trust !== undefined) await awaitPipe(flags.trust);
  const signer =
    flags.trust === undefined ? undefined : await requireSigned(plan, file, trustedKeys(flags.trust));
  requireSameCode(plan, file, { root: projectRoot(), filesIn: (folder) => sourceAt(folder).files });
  const { request, salt } = plan;
  keyMarks(salt); // before the playbook makes any
  const extraVars = restoredVars(request.vars, await readExtraVars(flags.extraVars ?? []), { salt, file });
  const ofProject = (path: string) => resolve(projectRoot(), path);
  const { playbook, file: playbookFile } = await loadPlaybook(ofProject(request.playbookFile));
  const inventory = await findInventory(request.inventoryFiles.map(ofProject), flags);
  requireNoOthers(plan, file);
  requireHosts(Object.keys(plan.hosts), inventory, file);
  const { playbook: name, tags, skipTags, startAt } = request;
  if (!flags.reporter?.includes("jsonl")) say(process.stdout, ...(await introduction(plan, file, signer)));
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
    hooks: new PlanGuard(plan, {
      again: planCommand(request),
      refuseUnknown: flags.refuseUnknown ?? false,
    }),
    ...(flags.forks === undefined ? {} : { forks: flags.forks }),
  });
}

async function introduction(plan: PlanFile, file: string, signer: TrustedKey | undefined): Promise<string[]> {
  const moved = await otherCommit(plan.code);
  return [
    `Applying ${file}: ${planOrigin(plan)}`,
    ...(signer ? [`Signed by ${signer.label}, ${signer.fingerprint}`] : []),
    ...(moved === undefined ? [] : [`Code: ${moved}`]),
    `Plan: ${planCounts(plan)}`,
  ];
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
function planCommand({ playbook, inventories, limit, tags, skipTags, startAt, vars }: PlanRequest): string {
  const option = (name: string, value: string | undefined) =>
    value === undefined ? [] : [name, pasted(value)];
  return [
    "npx run plan",
    pasted(playbook),
    ...inventories.flatMap((inventory) => option("-i", inventory)),
    ...option("-l", limit),
    ...option("--tags", tags?.join(",")),
    ...option("--skip-tags", skipTags?.join(",")),
    ...option("--start-at", startAt),
    ...vars.flatMap(({ name, text }) => (text === undefined ? [] : option("-e", `${name}=${text}`))),
    // a secret, or what was in a file
    ...(vars.some(({ text }) => text === undefined) ? ["-e", "@FILE"] : []),
  ].join(" ");
}
