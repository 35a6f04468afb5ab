/** `run plan PLAYBOOK [-o FILE]`, `run plan --show FILE` */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { exitCode, ShowrunnerError } from "../../base/errors.ts";
import { pasted } from "../../base/script.ts";
import { awaitPipe } from "../../base/user-file.ts";
import { newSalt, planFile, readPlan, removePlan, writePlan } from "../../core/plans/plan-file.ts";
import { PlanRecorder } from "../../core/plans/plan-record.ts";
import type { PlanRequest } from "../../core/plans/plan-schema.ts";
import { selectPlays } from "../../core/plays/select-plays.ts";
import { say, styleFor } from "../../report/index.ts";
import { keyMarks } from "../../secrets/mark.ts";
import { type ReportFlags, reportOptions } from "../options.ts";
import { planCode, requireInProject } from "../plan-code.ts";
import { planCounts, planFailures, planLines } from "../plan-text.ts";
import { plannedVars } from "../plan-vars.ts";
import {
  type PlaybookFlags,
  playbookOptions,
  type RequestedPlaybook,
  requestedPlaybook,
} from "../playbook-options.ts";
import { fromRoot } from "../project.ts";
import { runAndReport } from "../run.ts";
import { openSigner } from "../signing/sign.ts";
import { dpkgVersion } from "../version.ts";

interface Flags extends ReportFlags, PlaybookFlags {
  readonly output?: string;
  readonly show?: string;
  readonly sign?: string;
}

export function configure(command: Command, exitWith: (code: number) => void): void {
  command
    .description(
      "Says what a run would change, line by line, and what it can't know. Changes nothing.\nWith -o it keeps that as a plan, and `npx run apply` makes those changes and no others.",
    )
    .argument("[playbook]", "a playbook's name in the folder playbooks, or a file");
  playbookOptions(command)
    .option("-o, --output <file>", "keeps the plan in this file, which only you may read")
    .option("--show <file>", "shows a plan that was kept; reads no host")
    .option(
      "--sign <key>",
      "signs the plan that is kept, or shown: an ed25519 key in PEM, or a key of OpenSSH (its .pub where the agent has it)",
    );
  reportOptions(command).addHelpText(
    "after",
    `
Examples:
  npx run plan site -i inventory/lab.ts -o plan.json
  npx run plan --show plan.json
  npx run apply plan.json
  npx run plan --show plan.json --sign ~/.ssh/id_ed25519
  npx run apply plan.json --trust approvers.pub

Exit codes: 0 fine, 2 a host would fail, 4 a host was unreachable, 5 bad usage, 99 interrupted`,
  );
  command.action(async (name: string | undefined, flags: Flags) => {
    if (flags.show !== undefined) await show(flags.show, name, flags.sign);
    else if (name === undefined)
      throw new ShowrunnerError("usage", "expected a playbook", {
        hint: "`npx run playbook` lists the playbooks; `npx run plan --show FILE` shows a plan that was kept",
      });
    else exitWith(await make(name, flags));
  });
}

async function show(file: string, playbook: string | undefined, key: string | undefined): Promise<void> {
  if (playbook !== undefined)
    throw new ShowrunnerError("usage", "--show shows a plan that was kept, and takes no playbook");
  const sign = key === undefined ? undefined : await openSigner(key);
  await awaitPipe(file);
  const read = readPlan(file, dpkgVersion());
  const plan = sign ? await sign(read) : read;
  // what is read here is what was signed
  say(process.stdout, ...planLines(plan, styleFor(process.stdout)));
  if (!sign) return;
  writePlan(file, plan);
  say(process.stdout, `Signed with ${key}; written to ${file}`);
}

async function make(wanted: string, flags: Flags): Promise<number> {
  const { output } = flags;
  if (flags.sign !== undefined && output === undefined)
    throw new ShowrunnerError("usage", "--sign signs a plan that is kept", {
      hint: "name the plan's file with -o FILE, or sign a plan that was kept: npx run plan --show FILE --sign KEY",
    });
  if (output !== undefined && !existsSync(dirname(resolve(output))))
    throw new ShowrunnerError("usage", `-o ${output}: there is no folder ${dirname(output)}`);
  const salt = newSalt();
  keyMarks(salt); // before the playbook makes any
  const sign = flags.sign === undefined ? undefined : await openSigner(flags.sign);
  const requested = await requestedPlaybook(wanted, flags);
  const entries = [requested.file, ...requested.inventory.files];
  if (output !== undefined) requireInProject(entries, output);
  const request = requestOf(requested, salt);
  // whatever becomes of this one, the earlier one is out of date
  if (output !== undefined) removePlan(output);
  const recorder = new PlanRecorder(salt);
  const code = await runAndReport({
    ...requested,
    report: { ...flags, diff: true },
    check: true,
    purpose: "plan",
    hooks: recorder,
    ...(flags.forks === undefined ? {} : { forks: flags.forks }),
  });
  const sayBelow = (...lines: readonly string[]) => {
    if (!flags.reporter?.includes("jsonl")) say(process.stdout, "", ...lines);
  };
  if (code === exitCode.interrupted || code === exitCode.error) {
    if (output !== undefined) sayBelow(`No plan was written to ${output}: the run did not come to its end`);
    return code;
  }
  const asked = { request, code: await planCode(entries, salt) };
  const made = planFile(recorder.plan, asked, dpkgVersion());
  // one for no host at all would only look like one
  const isUseful = request.hosts.some((name) => made.hosts[name]?.failure === undefined);
  const plan = sign && isUseful ? await sign(made) : made;
  if (output !== undefined && isUseful) writePlan(output, plan);
  const failures = planFailures(plan, styleFor(process.stdout));
  sayBelow(
    ...failures,
    `Plan: ${planCounts(plan)}${output === undefined ? "" : next(output, isUseful, flags.sign)}`,
  );
  return code;
}

function next(output: string, isWritten: boolean, key: string | undefined): string {
  return isWritten
    ? `; written to ${output}${key === undefined ? "" : `, signed with ${key}`}; apply it with: npx run apply ${pasted(output)}`
    : `; no plan was written to ${output}: there is no host that could be planned for`;
}

function requestOf(requested: RequestedPlaybook, salt: string): PlanRequest {
  const { name, file, playbook, inventory, limit, selection, extraVars } = requested;
  const plays = selectPlays({ ...requested, inventory: inventory.inventory });
  const { tags, skipTags, startAt } = selection;
  return {
    playbook: name,
    playbookFile: fromRoot(file),
    inventories: [...inventory.names],
    inventoryFiles: inventory.files.map(fromRoot),
    hosts: [...new Set(plays.flatMap(({ hosts }) => hosts.map((host) => host.name)))],
    ...(limit === undefined ? {} : { limit }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
    ...(skipTags === undefined ? {} : { skipTags: [...skipTags] }),
    ...(startAt === undefined ? {} : { startAt }),
    vars: plannedVars(extraVars, playbook, salt),
  };
}
