/** `run playbook [NAME|FILE]` */
import type { Command } from "commander";
import { exitCode } from "../../base/errors.ts";
import { selectPlays } from "../../core/plays/select-plays.ts";
import { say, styleFor } from "../../report/index.ts";
import { stepAsker } from "../ask-step.ts";
import { type LeaseFlags, leaseOf, leaseOptions } from "../lease-options.ts";
import { type ReportFlags, reportOptions } from "../options.ts";
import { listedSelection, playbookLists, wantsList } from "../playbook-lists.ts";
import { type PlaybookFlags, playbookOptions, requestedPlaybook } from "../playbook-options.ts";
import { listPlaybooks, playbooksFolder, summaryOf } from "../playbooks.ts";
import { runAndReport } from "../run.ts";
import { listOptions } from "../selection-options.ts";
import { table } from "../text.ts";

interface Flags extends ReportFlags, PlaybookFlags, LeaseFlags {
  readonly check?: boolean;
  readonly verify?: boolean;
}

export function configure(command: Command, exitWith: (code: number) => void): void {
  command
    .description(
      "Runs a playbook: brings the hosts of an inventory to the state that it describes.\nWithout a name, lists the playbooks.",
    )
    .argument("[playbook]", "a playbook's name in the folder playbooks, or a file");
  playbookOptions(command)
    .option("-c, --check", "changes nothing: says what a run would change, and what it can't know")
    .option("--verify", "after each change, reads back the facts that it set, and fails if the host differs");
  leaseOptions(command);
  listOptions(command);
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
  const requested = await requestedPlaybook(wanted, flags);
  if (wantsList(flags)) {
    const plays = selectPlays({
      ...requested,
      inventory: requested.inventory.inventory,
      selection: listedSelection(requested.selection),
    });
    say(process.stdout, ...playbookLists(plays, flags, styleFor(process.stdout)));
    return exitCode.fine;
  }
  const asker = flags.step ? stepAsker() : undefined;
  try {
    return await runAndReport({
      ...requested,
      confirmStep: asker?.ask,
      // rows that redraw themselves would run over the questions
      report: asker ? { ...flags, reporter: flags.reporter ?? ["plain"] } : flags,
      reporter: requested.ownReporter,
      check: flags.check ?? false,
      verify: flags.verify ?? false,
      ...leaseOf(flags),
      ...(flags.forks === undefined ? {} : { forks: flags.forks }),
    });
  } finally {
    asker?.close();
  }
}

function list(): void {
  const style = styleFor(process.stdout);
  const found = listPlaybooks();
  if (found.length === 0) say(process.stdout, `There are no playbooks in ${playbooksFolder()}.`);
  say(process.stdout, ...table(found.map(({ name, file }) => [style("bold", name), summaryOf(file)])));
}
