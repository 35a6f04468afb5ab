/** `run playbook [NAME|FILE]` */
import type { Command } from "commander";
import { exitCode } from "../../core/errors.ts";
import { selectPlays } from "../../core/select-plays.ts";
import { styleFor } from "../../report/index.ts";
import { stepAsker } from "../ask-step.ts";
import { readExtraVars } from "../extra-vars.ts";
import { findInventory } from "../inventories.ts";
import { runsFolder } from "../journal.ts";
import { resolveLastFailed } from "../last-failed.ts";
import { collect, inventoryOption, positive, type ReportFlags, reportOptions } from "../options.ts";
import { playbookLists, wantsList } from "../playbook-lists.ts";
import { listPlaybooks, loadPlaybook, playbooksFolder, summaryOf } from "../playbooks.ts";
import { runAndReport } from "../run.ts";
import { type SelectionFlags, selectionOf, selectionOptions } from "../selection-options.ts";

interface Flags extends ReportFlags, SelectionFlags {
  readonly inventory?: string;
  readonly limit?: string;
  readonly check?: boolean;
  readonly verify?: boolean;
  readonly extraVars?: readonly string[];
  readonly forks?: number;
}

export function configure(command: Command, exitWith: (code: number) => void): void {
  command
    .description(
      "Runs a playbook: brings the hosts of an inventory to the state that it describes.\nWithout a name, lists the playbooks.",
    )
    .argument("[playbook]", "a playbook's name in the folder playbooks, or a file");
  inventoryOption(command)
    .option(
      "-l, --limit <pattern>",
      "only these hosts: web1, or web:!web2, or @file, or @last-failed: those that failed in this playbook's last run",
    )
    .option("-c, --check", "changes nothing: says what a run would change, and what it can't know")
    .option(
      "-e, --extra-vars <name=value>",
      "sets a variable for all hosts; also @file (YAML or JSON); may be given several times",
      collect,
    )
    .option("-f, --forks <number>", "how many hosts are worked on at a time (default: 20)", positive)
    .option("--verify", "after each change, reads back what it set and fails if the host does not show it");
  selectionOptions(command);
  reportOptions(command).addHelpText(
    "after",
    `
Examples:
  npx run playbook site -i inventory/lab.ts --check --diff
  npx run playbook site -i inventory/lab.ts --limit web -e version=1.4.2
  npx run playbook site --limit @last-failed --start-at nginx
  npx run playbook site --tags config --list-steps

Exit codes: 0 fine, 1 error, 2 a host failed, 4 a host was unreachable, 5 bad usage, 99 interrupted`,
  );
  command.action(async (name: string | undefined, flags: Flags) => {
    if (name === undefined) list();
    else exitWith(await run(name, flags));
  });
}

async function run(wanted: string, flags: Flags): Promise<number> {
  const { name, playbook } = await loadPlaybook(wanted);
  const inventory = await findInventory(flags.inventory);
  const where = { folder: runsFolder(), playbook: name, inventory: inventory.shown };
  const limit = flags.limit === undefined ? undefined : resolveLastFailed(flags.limit, where);
  const selection = selectionOf(flags);
  if (wantsList(flags)) {
    const plays = selectPlays({ playbook, inventory: inventory.inventory, limit, selection });
    process.stdout.write(`${playbookLists(plays, flags, styleFor(process.stdout)).join("\n")}\n`);
    return exitCode.fine;
  }
  const extraVars = await readExtraVars(flags.extraVars ?? []);
  const asker = flags.step ? stepAsker() : undefined;
  try {
    return await runAndReport({
      name,
      playbook,
      inventory,
      limit,
      selection,
      confirmStep: asker?.ask,
      extraVars,
      // rows that redraw themselves would run over the questions
      report: asker ? { ...flags, reporter: flags.reporter ?? ["plain"] } : flags,
      check: flags.check ?? false,
      verify: flags.verify ?? false,
      ...(flags.forks === undefined ? {} : { forks: flags.forks }),
    });
  } finally {
    asker?.close();
  }
}

function list(): void {
  const style = styleFor(process.stdout);
  const found = listPlaybooks();
  if (found.length === 0) process.stdout.write(`There are no playbooks in ${playbooksFolder()}.\n`);
  const width = Math.max(0, ...found.map(({ name }) => name.length));
  for (const { name, file } of found)
    process.stdout.write(`${style("bold", name.padEnd(width))}  ${summaryOf(file)}\n`);
}
