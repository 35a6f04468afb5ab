/** `run drift [NAME|FILE]` */
import type { Command } from "commander";
import { exitCode } from "../../base/errors.ts";
import { emptyTotals, type Totals } from "../../core/events/events.ts";
import { type ReportFlags, reportOptions } from "../options.ts";
import { type PlaybookFlags, playbookOptions, requestedPlaybook } from "../playbook-options.ts";
import { runAndReport } from "../run.ts";

interface Flags extends ReportFlags, PlaybookFlags {}

export function configure(command: Command, exitWith: (code: number) => void): void {
  command
    .description(
      "Says whether the hosts of an inventory are as a playbook describes them, and what differs. Changes nothing.\nMeant for a timer or CI: the exit code tells the answer.",
    )
    .argument("[playbook]", "a playbook's name in the folder playbooks, or a file (default: site)");
  playbookOptions(command);
  reportOptions(command).addHelpText(
    "after",
    `
Examples:
  npx run drift
  npx run drift site -i inventory/lab.ts --diff
  npx run drift site --limit web --reporter plain

Exit codes: 0 nothing differs, 3 something differs, 2 a host failed, 4 a host was unreachable, 1 error, 5 bad usage,
99 interrupted`,
  );
  command.action(async (name: string | undefined, flags: Flags) =>
    exitWith(await drift(name ?? "site", flags)),
  );
}

async function drift(wanted: string, flags: Flags): Promise<number> {
  let totals = emptyTotals();
  const code = await runAndReport({
    ...(await requestedPlaybook(wanted, flags)),
    report: flags,
    check: true,
    ...(flags.forks === undefined ? {} : { forks: flags.forks }),
    subscriber: (event) => {
      if (event.type === "run:end") totals = event.totals;
    },
  });
  return code === exitCode.fine && differs(totals) ? exitCode.differs : code;
}

/** What is likely or unknown follows from something that differs. */
function differs({ changed, likely, unknown }: Totals): boolean {
  return changed + likely + unknown > 0;
}
