/** The end of a run: a row a host, what went wrong, and one line for all. */
import type { Location } from "../base/errors.ts";
import type { HostSummary, RunEvent, ShownError, ShownTask } from "../core/events/events.ts";
import type { ReportOptions } from "./reporter.ts";
import { besideTask, errorLines, taskText } from "./task-text.ts";
import { type Counted, colours, count, duration } from "./words.ts";

interface Failure {
  readonly hosts: string[];
  readonly word: "failed" | "unreachable";
  /** The step, and the task if it was one. */
  readonly where: string;
  readonly error: ShownError;
  /** The task's own line, where the error is at another one: in a template, say. */
  readonly task: Location | undefined;
}

export class Recap {
  readonly #options: ReportOptions;
  readonly #failures = new Map<string, Failure>();
  /** By host: the task that failed last, and with what. */
  readonly #lastTask = new Map<string, { readonly task: ShownTask; readonly error: ShownError }>();
  #check = false;

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  /** Remembers what the recap will say; at the run's end, gives its lines. */
  tell(event: RunEvent): string[] {
    if (event.type === "run:start") this.#check = event.check;
    if (event.type === "task:end" && event.error)
      this.#lastTask.set(event.host, { task: event.task, error: event.error });
    if (event.type === "host:failed" || event.type === "host:unreachable") this.#remember(event);
    return event.type === "run:end" ? this.#lines(event) : [];
  }

  /** The same failure on many hosts is told once. */
  #remember({ type, host, step, error }: Extract<RunEvent, { type: "host:failed" | "host:unreachable" }>) {
    const last = this.#lastTask.get(host);
    const task =
      last?.error.message === error.message && last.error.code === error.code ? last.task : undefined;
    const where = task ? `${step} › ${taskText(task)}` : step;
    const key = JSON.stringify([where, error]);
    const known = this.#failures.get(key);
    if (known) known.hosts.push(host);
    else
      this.#failures.set(key, {
        hosts: [host],
        word: type === "host:failed" ? "failed" : "unreachable",
        where,
        error: task ? besideTask(error, task) : error,
        task: task?.location,
      });
  }

  #lines(end: Extract<RunEvent, { type: "run:end" }>): string[] {
    const { style } = this.#options;
    const failures = [...this.#failures.values()].flatMap(({ hosts, word, where, error, task }) => [
      `${style("red", `${hosts.join(", ")} ${word}:`)} ${where}`,
      ...error.message.split("\n").map((line) => `  ${style("bold", line)}`),
      ...errorLines(error, style, task).map((line) => `  ${line}`),
      "",
    ]);
    return ["", ...failures, ...this.#table(end.hosts), "", this.#sum(end)];
  }

  #table(hosts: Readonly<Record<string, HostSummary>>): string[] {
    const { style, verbose } = this.#options;
    const columns = this.#columns(hosts);
    const nameWidth = Math.max(4, ...Object.keys(hosts).map((name) => name.length));
    const heading = [
      "host".padEnd(nameWidth),
      ...columns.map((column) => this.#heading(column)),
      ...(verbose ? ["round trips"] : []),
    ].join("  ");
    const rows = Object.entries(hosts).map(([name, summary]) => {
      const cells = columns.map((column) => {
        const cell = String(summary[column]).padStart(this.#heading(column).length);
        return summary[column] > 0 ? style(colours[column], cell) : style("dim", cell);
      });
      const trips = verbose ? [String(summary.roundTrips).padStart("round trips".length)] : [];
      return [name.padEnd(nameWidth), ...cells, ...trips].join("  ");
    });
    return [style("bold", heading), ...rows];
  }

  /** Those that can occur, and of the rare ones those that did. */
  #columns(hosts: Readonly<Record<string, HostSummary>>): Counted[] {
    const occurs = (column: Counted) => Object.values(hosts).some((summary) => summary[column] > 0);
    const always: readonly Counted[] = this.#check
      ? ["ok", "changed", "likely", "unknown"]
      : ["ok", "changed", "failed", "unreachable"];
    const all: readonly Counted[] = [
      "ok",
      "changed",
      "likely",
      "unknown",
      "failed",
      "unreachable",
      "ignored",
    ];
    return all.filter((column) => always.includes(column) || occurs(column));
  }

  #heading(column: Counted): string {
    return this.#check && column === "changed" ? "would change" : column;
  }

  #sum({ totals, hosts, seconds, exitCode }: Extract<RunEvent, { type: "run:end" }>): string {
    const { style } = this.#options;
    const parts = this.#check
      ? [
          totals.changed === 0
            ? "nothing would change"
            : `${count(totals.changed, "task")} would change something`,
          totals.likely > 0 ? `${totals.likely} likely` : "",
          totals.unknown > 0 ? `${totals.unknown} unknown` : "",
        ]
      : [totals.changed === 0 ? "nothing changed" : `${count(totals.changed, "task")} changed something`];
    const bad = [
      totals.failed > 0 ? style("red", `${totals.failed} failed`) : "",
      totals.unreachable > 0 ? style("red", `${count(totals.unreachable, "host")} unreachable`) : "",
      totals.ignored > 0 ? `${totals.ignored} ignored` : "",
      exitCode === 99 ? style("red", "interrupted") : "",
      exitCode === 1 ? style("red", "ended by an error") : "",
    ];
    const all = [...parts, ...bad].filter(Boolean).join(", ");
    return `${count(Object.keys(hosts).length, "host")} in ${duration(seconds)}: ${all}`;
  }
}
