/** Runs a playbook for a command: with its reporter, its journal, the warnings that are due, and Ctrl-C. */
import type { ShowrunnerError } from "../base/errors.ts";
import type { Subscriber, TimedEvent } from "../core/events/events.ts";
import { asFailure } from "../core/events/failure.ts";
import type { Journal } from "../core/events/journal.ts";
import type { ConfirmStep } from "../core/plays/confirm.ts";
import type { Playbook } from "../core/plays/play.ts";
import type { ReporterDefinition } from "../report/index.ts";
import { type PlaybookRun, runPlaybook } from "../run-playbook.ts";
import { interruptible } from "./interrupt.ts";
import type { LoadedInventory } from "./inventories.ts";
import { withJournal } from "./journal.ts";
import { boundGarbage } from "./many-hosts.ts";
import type { ReportFlags } from "./options.ts";
import { listPlaybooks } from "./playbooks.ts";
import { fromRoot } from "./project.ts";
import { readHistoryFile } from "./read-history.ts";
import { openReporters } from "./reporters.ts";

interface CommandRun
  extends Pick<
    PlaybookRun,
    | "limit"
    | "selection"
    | "confirmStep"
    | "extraVars"
    | "forks"
    | "check"
    | "verify"
    | "hooks"
    | "purpose"
    | "waitLease"
    | "takeOver"
  > {
  readonly name: string;
  readonly playbook: Playbook;
  /** The playbook's file, where it has one. */
  readonly file?: string;
  readonly inventory: LoadedInventory;
  readonly report: ReportFlags;
  /** The playbook's own, for where the user names none. */
  readonly reporter?: ReporterDefinition | undefined;
  /** Besides the reporter and the journal. */
  readonly subscriber?: Subscriber;
}

/**
 * Runs it, shows it, and keeps its events.
 *
 * @returns the exit code
 * @throws ShowrunnerError for a mistake that is found before any host is touched
 */
export function runAndReport(run: CommandRun): Promise<number> {
  return withJournal(run.name, (journal) => runWith(run, journal));
}

async function runWith(run: CommandRun, journal: Journal): Promise<number> {
  const { name, playbook, file, inventory, report, reporter, subscriber, confirmStep, ...options } = run;
  const { inventory: hosts, shown } = inventory;
  const warn = (text: string) => {
    const event: TimedEvent = { type: "warning", text, time: Date.now() };
    for (const reporter of reporters) reporter.subscribe(event);
    try {
      journal.subscribe(event);
    } catch {
      // that the journal can't be written is told once, by the run
    }
  };
  const reporters = await openReporters(report, process.stdout, warn, reporter);
  const { signal, end, stop } = interruptible((interrupted) =>
    warn(`${interrupted}: ending what runs; once more ends at once`),
  );
  try {
    const summary = await runPlaybook({
      ...options,
      confirmStep: confirmStep && orEnd(confirmStep, end),
      playbook,
      name,
      hasPlaybook: (other) => listPlaybooks().some(({ name }) => name === other),
      inventoryName: shown,
      givenInventories: inventory.given,
      files: { playbook: file && fromRoot(file), inventory: inventory.files.map(fromRoot).join(", ") },
      // a task that is run by itself is nothing that will be run again
      readHistory: file === undefined ? undefined : readHistoryFile(name, file, inventory.files),
      inventory: hosts,
      access: inventory.access,
      signal,
      subscribers: [
        ...reporters.map(({ subscribe }) => subscribe),
        journal.subscribe,
        boundGarbage,
        ...(subscriber ? [subscriber] : []),
      ],
    });
    return summary.exitCode;
  } finally {
    stop();
    for (const reporter of reporters) await reporter.close();
  }
}

/** A question that can't be answered ends the run in good order, with nothing more done. */
function orEnd(ask: ConfirmStep, end: (error: ShowrunnerError) => void): ConfirmStep {
  return async (question) => {
    try {
      return await ask(question);
    } catch (error) {
      end(asFailure(error));
      return "no";
    }
  };
}
