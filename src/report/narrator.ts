/** Turns events into the lines that stay on the screen: all but the recap. */

import { stripVTControlCharacters } from "node:util";
import { isLoss } from "../base/failure-class.ts";
import { listed } from "../base/listed.ts";
import type { RunEvent, ShownError, ShownTask, ShownUnknown, TaskStatus } from "../core/events/events.ts";
import { cleanLine, cropped } from "./clean.ts";
import { inColumns } from "./columns.ts";
import { diffLines } from "./diff.ts";
import type { ReportOptions } from "./reporter.ts";
import { SameMistakes } from "./same-mistakes.ts";
import {
  besideTask,
  besideTitle,
  changesText,
  detailLines,
  errorTexts,
  statedText,
  taskText,
  unknownLines,
} from "./task-text.ts";
import { colours, count, duration, statusWidth, statusWord } from "./words.ts";

interface NarratorOptions extends ReportOptions {
  /** True: a play or a step is only named once there is something to say below it. */
  readonly lazyHeadings: boolean;
  /** Columns that a line of a task which did not fail is cut to; by default it may be as long as it is. */
  readonly width?: (() => number) | undefined;
}

/** Tasks quicker than this have no time beside them, in seconds. */
const worthTiming = 1;

/** A table with more columns than that is none that anybody reads, and takes its time. */
const mostColumns = 50;

export class Narrator {
  readonly #options: NarratorOptions;
  #check = false;
  #hostWidth = 0;
  /** Headings that wait for something below them. */
  #play: string | undefined;
  #step: string | undefined;
  /** The step that was named last. */
  #named = "";
  /** ` (batch 2 of 3)`, of the play's batch that is at work. */
  #batch = "";
  readonly #tasks = new Map<number, ShownTask>();
  /** By host: the failure said last, which a failure of its step usually repeats. */
  readonly #lastError = new Map<string, ShownError>();
  readonly #mistakes = new SameMistakes();

  constructor(options: NarratorOptions) {
    this.#options = options;
  }

  /** The lines for an event; none for most. */
  tell(event: RunEvent): string[] {
    switch (event.type) {
      case "run:start":
        return this.#start(event);
      case "play:start":
        this.#play = `${this.#bold(`Play ${event.play}`)} ${this.#dim(`(${listed(event.hosts)})`)}`;
        this.#step = undefined;
        this.#batch = "";
        return this.#options.lazyHeadings ? [] : this.#headings();
      case "step:start": {
        const same = this.#same();
        this.#batch = event.batch ? ` (batch ${event.batch.number} of ${event.batch.of})` : "";
        this.#under(event.step, this.#batch, true);
        return this.#options.lazyHeadings ? same : [...same, ...this.#headings()];
      }
      case "host:step":
        if (event.step === "handlers") this.#under("handlers");
        return [];
      case "host:step:end":
        return event.unknown === undefined ? [] : this.#unknown(event, event.unknown);
      case "task:start":
        this.#tasks.set(event.task.id, event.task);
        return [];
      case "task:output":
        return this.#options.verbose
          ? this.#below(this.#row("", event.host, this.#dim(`│ ${cleanLine(event.text)}`)))
          : [];
      case "task:retry":
        // that it waits is worth a line, that it still waits is not
        if (event.attempt > 1 && !this.#options.verbose) return [];
        return this.#below(this.#row(this.#dim("retry"), event.host, this.#retryText(event)));
      case "task:end":
        return this.#taskEnd(event);
      case "message":
        return this.#below(...this.#message(event.host, event.text.split("\n")));
      case "warning":
        return this.#below(...this.#warning(event.text, event.host));
      case "play:end":
        return this.#same();
      case "run:stopped":
        return ["", ...this.#warning(stoppedText(event), undefined)];
      case "host:failed":
      case "host:unreachable":
        return this.#hostFailed(event);
      default:
        return [];
    }
  }

  #start({ playbook, inventory, check, hosts }: Extract<RunEvent, { type: "run:start" }>): string[] {
    this.#check = check;
    this.#hostWidth = Math.min(24, Math.max(0, ...hosts.map((host) => host.length)));
    const what = `Playbook ${playbook} on ${count(hosts.length, "host")} of ${inventory}`;
    return check ? [`${what} ${this.#dim("(check mode: nothing is changed)")}`] : [what];
  }

  #taskEnd({
    host,
    step,
    task,
    status,
    changes,
    seconds,
    reason,
    error,
  }: Extract<RunEvent, { type: "task:end" }>) {
    this.#tasks.delete(task.id);
    this.#under(step, step === "handlers" ? "" : this.#batch);
    const { verbose, diff, style } = this.#options;
    if (error) {
      if (reason === "interrupted") {
        const word = this.#options.style("red", "interrupted");
        return this.#below(this.#row(word, host, `${taskText(task)}: ${error.message}`));
      }
      this.#lastError.set(host, error);
      if (reason !== "ignored" && this.#mistakes.isKnown(host, `${step} ${taskText(task)}`, error)) return [];
      const ignored = reason === "ignored" ? this.#dim(" (ignored)") : "";
      const details = reason === "ignored" || verbose ? detailLines(error.details) : [];
      const [message, ...more] = errorTexts(besideTask(error, task), style);
      return this.#below(
        this.#line(
          isLoss(error.code) ? "unreachable" : "failed",
          host,
          `${taskText(task)}: ${message}${ignored}`,
        ),
        ...[...more, ...details].map((line) => this.#row("", host, line)),
      );
    }
    if (status === "ok" && !verbose) return [];
    const what = status === "unknown" ? "" : changesText(changes, { all: verbose });
    const stated = this.#check ? statedText(changes) : "";
    const more = status === "unknown" ? reason : undefined;
    const text = [taskText(task), [what, stated, more].filter(Boolean).join("; ")].filter(Boolean).join(": ");
    const time = seconds >= worthTiming ? ` ${this.#dim(`(${duration(seconds)})`)}` : "";
    const lines = [this.#line(status, host, this.#fitting(text, time) + time)];
    if (diff) lines.push(...diffLines(changes, style).map((line) => `      ${line}`));
    return this.#below(...lines);
  }

  /** Lines with tabs are a table's rows: it has the whole width, below the host's name. */
  #message(host: string, lines: readonly string[]): string[] {
    const cells = lines.map((line) => line.split("\t", mostColumns + 1));
    if (!cells.every(({ length }) => length > 1 && length <= mostColumns))
      return lines.map((line) => this.#row("", host, cleanLine(line)));
    const rows = cells.map((row) => row.map(cleanLine));
    const width = this.#options.width?.();
    const table = inColumns(rows, width === undefined ? undefined : width - 6);
    return [this.#row("", host, ""), ...table.map((line) => `      ${line}`)];
  }

  #retryText({ task, reason, attempt, attempts }: Extract<RunEvent, { type: "task:retry" }>): string {
    const shown = this.#tasks.get(task);
    const what = shown ? `${taskText(shown)}: ${besideTitle(reason, shown)}` : reason;
    return `${what} ${this.#dim(`(try ${attempt} of ${attempts})`)}`;
  }

  #unknown({ host, step }: Extract<RunEvent, { type: "host:step:end" }>, unknown: ShownUnknown): string[] {
    const { style } = this.#options;
    const [text = "", ...more] = unknownLines(unknown, style);
    return this.#below(
      this.#line("unknown", host, `the rest of step ${step}: ${text}`),
      ...more.map((line) => this.#row("", host, line)),
    );
  }

  #fitting(text: string, time: string): string {
    const { width } = this.#options;
    if (!width) return text;
    const taken = 4 + statusWidth(this.#check) + 2 + this.#hostWidth + 2 + visibleLength(time);
    return cropped(text, Math.max(20, width() - taken));
  }

  #hostFailed({
    type,
    host,
    step,
    error,
  }: Extract<RunEvent, { type: "host:failed" | "host:unreachable" }>): string[] {
    const said = this.#lastError.get(host);
    this.#lastError.delete(host);
    if (said && said.code === error.code && said.message === error.message) return [];
    if (this.#mistakes.isKnown(host, step, error)) return [];
    const status = type === "host:failed" ? "failed" : "unreachable";
    const [message, ...more] = errorTexts(error, this.#options.style);
    return this.#below(
      this.#line(status, host, `step ${step}: ${message}`),
      ...more.map((line) => this.#row("", host, line)),
    );
  }

  /** Whom else the mistakes concern that were told of one host. */
  #same(): string[] {
    return this.#mistakes
      .take()
      .flatMap(({ host, others }) => this.#below(this.#row("", host, `the same on ${listed(others)}`)));
  }

  #warning(text: string, host: string | undefined): string[] {
    const word = this.#options.style("yellow", "warning");
    return text.split("\n").map((line, index) => {
      const first = index === 0 ? word : " ".repeat("warning".length);
      return host === undefined ? `    ${first}  ${line}` : this.#row(first, host, line, "warning".length);
    });
  }

  #line(status: TaskStatus | "unreachable", host: string, text: string): string {
    const word = statusWord(status, this.#check);
    return this.#row(this.#options.style(colours[status], word), host, text, word.length);
  }

  /** @param width how wide the first word looks, where it has colours */
  #row(word: string, host: string, text: string, width = visibleLength(word)): string {
    const gap = " ".repeat(Math.max(0, statusWidth(this.#check) - width));
    return `    ${word}${gap}  ${host.padEnd(this.#hostWidth)}  ${text}`.trimEnd();
  }

  /** Names the step again where hosts do not wait for each other and one is still at another step. */
  #under(step: string, more = "", anew = false): void {
    if (step === this.#named && !anew) return;
    this.#named = step;
    this.#step = `  ${this.#bold(step)}${this.#dim(more)}`;
  }

  #below(...lines: string[]): string[] {
    return [...this.#headings(), ...lines];
  }

  #headings(): string[] {
    const lines = [...(this.#play === undefined ? [] : ["", this.#play]), this.#step ?? []].flat();
    this.#play = undefined;
    this.#step = undefined;
    return lines;
  }

  #bold(text: string): string {
    return this.#options.style("bold", text);
  }

  #dim(text: string): string {
    return this.#options.style("dim", text);
  }
}

function stoppedText({ reason, untouched, plays }: Extract<RunEvent, { type: "run:stopped" }>): string {
  const left = [
    ...(untouched.length > 0 ? [`not touched: ${listed(untouched)}`] : []),
    ...(plays.length > 0 ? [`not begun: ${plays.map((play) => `play "${play}"`).join(", ")}`] : []),
  ];
  return ["the run stops here: ".concat(reason), ...left].join("; ");
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
