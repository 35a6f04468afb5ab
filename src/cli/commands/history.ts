/** `run history` */

import type { Command } from "commander";
import { runsFolder } from "../../base/project.ts";
import type { Totals } from "../../core/events/events.ts";
import { keptRuns, overviewOf, type RunOverview } from "../../core/events/journals.ts";
import { type Style, say, styleFor } from "../../report/index.ts";
import { duration } from "../../report/words.ts";
import { positive } from "../options.ts";
import { localTime, table } from "../text.ts";

interface Flags {
  readonly number: number;
}

export function configure(command: Command): void {
  command
    .description(
      "Lists the runs of this project, the newest first: of playbook, plan, apply, task, exec and demo.\nKept are the last 30 days, up to 100 MB, and always the newest 10.",
    )
    .option("-n, --number <number>", "how many runs", positive, 20)
    .addHelpText("after", "\n`npx run show RUN` tells what one of them did.")
    .action(({ number }: Flags) => {
      const runs = keptRuns(runsFolder());
      if (runs.length === 0) {
        say(process.stdout, `No run is kept in ${runsFolder()}.`);
        return;
      }
      const style = styleFor(process.stdout);
      const heading = ["run", "when", "playbook", "inventory", "mode", "result", "took", "exit"];
      const rows = runs.slice(0, number).map((run) => row(overviewOf(run), style));
      const lines = table([heading.map((word) => style("bold", word)), ...rows]);
      if (runs.length > number) lines.push(style("dim", `and ${runs.length - number} before`));
      say(process.stdout, ...lines);
    });
}

function row({ id, began, start, end }: RunOverview, style: Style): string[] {
  return [
    // the time is enough to name it
    id.slice(0, "2026-01-31T12-05-09-123".length),
    localTime(began),
    start?.playbook ?? "?",
    start?.inventory ?? "?",
    start?.purpose ?? (start?.check ? "check" : "run"),
    end ? counts(end.totals, start?.check ?? false) : "",
    end ? duration(end.seconds) : "",
    end ? style(end.exitCode === 0 ? "green" : "red", String(end.exitCode)) : style("red", "did not end"),
  ];
}

function counts(totals: Totals, check: boolean): string {
  const { ok, changed, likely, unknown, failed, unreachable, ignored } = totals;
  const some = (number: number, word: string) => (number > 0 ? [`${number} ${word}`] : []);
  return [
    `${ok} ok`,
    ...some(changed, check ? "would change" : "changed"),
    ...some(likely, "likely"),
    ...some(unknown, "unknown"),
    ...some(failed, "failed"),
    ...some(unreachable, "unreachable"),
    ...some(ignored, "ignored"),
  ].join(", ");
}
