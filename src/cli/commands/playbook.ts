/** `run playbook [NAME|FILE]` */
import type { Command } from "commander";
import { styleFor } from "../../report/index.ts";
import { readExtraVars } from "../extra-vars.ts";
import { findInventory } from "../inventories.ts";
import { collect, inventoryOption, positive, type ReportFlags, reportOptions } from "../options.ts";
import { listPlaybooks, loadPlaybook, playbooksFolder, summaryOf } from "../playbooks.ts";
import { runAndReport } from "../run.ts";

interface Flags extends ReportFlags {
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
    .option("-l, --limit <pattern>", "only these hosts: web1, or web:!web2, or @file")
    .option("-c, --check", "changes nothing: says what a run would change, and what it can't know")
    .option(
      "-e, --extra-vars <name=value>",
      "sets a variable for all hosts; also @file (YAML or JSON); may be given several times",
      collect,
    )
    .option("-f, --forks <number>", "how many hosts are worked on at a time (default: 20)", positive)
    .option("--verify", "after each change, reads back what it set and fails if the host does not show it");
  reportOptions(command).addHelpText(
    "after",
    `
Examples:
  npx run playbook site -i inventory/lab.ts --check --diff
  npx run playbook site -i inventory/lab.ts --limit web -e version=1.4.2

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
  const extraVars = await readExtraVars(flags.extraVars ?? []);
  return runAndReport({
    name,
    playbook,
    inventory,
    extraVars,
    report: flags,
    check: flags.check ?? false,
    verify: flags.verify ?? false,
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    ...(flags.forks === undefined ? {} : { forks: flags.forks }),
  });
}

function list(): void {
  const style = styleFor(process.stdout);
  const found = listPlaybooks();
  if (found.length === 0) process.stdout.write(`There are no playbooks in ${playbooksFolder()}.\n`);
  const width = Math.max(0, ...found.map(({ name }) => name.length));
  for (const { name, file } of found)
    process.stdout.write(`${style("bold", name.padEnd(width))}  ${summaryOf(file)}\n`);
}
