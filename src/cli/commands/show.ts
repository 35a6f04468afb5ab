/** `run show RUN|last` */

import type { Command } from "commander";
import { ShowrunnerError } from "../../base/errors.ts";
import { runsFolder } from "../../base/project.ts";
import { eventsOf, journalOf, type KeptRun, keptRuns } from "../../core/events/journals.ts";
import { say, sayText, styleFor } from "../../report/index.ts";
import { Narrator } from "../../report/narrator.ts";
import { Recap } from "../../report/recap.ts";
import { safeJson } from "../../text/controls.ts";
import { localTime } from "../text.ts";

interface Flags {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export function configure(command: Command): void {
  command
    .description(
      "Tells what a run did: what changed where, with diffs, how long it took, round trips a host, errors.",
    )
    .argument("<run>", "`last`, or a run's name or its beginning, as `npx run history` gives it")
    .option("--json", "prints the run's events, one a line")
    .option("-v, --verbose", "also shows tasks that were ok, and the output of commands")
    .addHelpText("after", "\nExamples:\n  npx run show last\n  npx run show 2026-01-31T12-05 --json")
    .action((wanted: string, flags: Flags) => {
      const run = named(wanted);
      if (flags.json) sayText(process.stdout, safeJson(journalOf(run).toString()));
      else say(process.stdout, ...told(run, flags.verbose ?? false));
    });
}

/** @throws ShowrunnerError `usage` where no run, or more than one, is meant */
function named(wanted: string): KeptRun {
  const runs = keptRuns(runsFolder());
  const [newest] = runs;
  if (!newest) throw new ShowrunnerError("usage", `no run is kept in ${runsFolder()}`);
  if (wanted === "last") return newest;
  const meant = runs.filter(({ id }) => id.startsWith(wanted.replace(/\.jsonl$/, "")));
  const [only, ...others] = meant;
  if (only && others.length === 0) return only;
  const exact = meant.find(({ id }) => id === wanted);
  if (exact) return exact;
  throw new ShowrunnerError(
    "usage",
    only
      ? `${meant.length} runs begin with "${wanted}": ${meant
          .slice(0, 5)
          .map(({ id }) => id)
          .join(", ")}${meant.length > 5 ? ", …" : ""}`
      : `there is no run "${wanted}"`,
    { hint: "`npx run history` lists the runs; `last` is the newest" },
  );
}

/** The run as the plain reporter told it, with diffs and round trips. */
function told(run: KeptRun, verbose: boolean): string[] {
  const style = styleFor(process.stdout);
  const narrator = new Narrator({ verbose, diff: true, style, lazyHeadings: true });
  const recap = new Recap({ verbose: true, diff: true, style });
  const events = eventsOf(run);
  const [first] = events;
  const last = events.at(-1);
  const lines = [style("dim", `${run.id}${first ? `, began ${localTime(first.time)}` : ""}`)];
  for (const event of events) lines.push(...narrator.tell(event), ...recap.tell(event));
  if (last?.type !== "run:end")
    lines.push(
      "",
      `${style("red", "This run did not end:")} it was killed, or is still running.${last ? ` Its last event came at ${localTime(last.time)}.` : ""}`,
    );
  return lines;
}
