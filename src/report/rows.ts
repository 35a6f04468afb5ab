/** The rows of a running playbook, one a host: what each is doing now. Pure: events in, lines out. */
import type { TimedEvent } from "../core/events/events.ts";
import { cleanLine, cropped } from "./clean.ts";
import type { Style } from "./style.ts";
import { taskText } from "./task-text.ts";
import { count, duration } from "./words.ts";

interface RunningTask {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  output: string;
}

interface HostRow {
  readonly host: string;
  state: "waiting" | "working" | "failed" | "unreachable" | "done";
  step: string;
  /** What went wrong. */
  problem: string;
  /** A batch runs several at once; the one begun last is shown. */
  readonly tasks: Map<number, RunningTask>;
}

interface Frame {
  readonly columns: number;
  /** The height of the terminal: there are never more lines than that. */
  readonly rows: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The spinner's present shape. */
  readonly spinner: string;
}

/** Lines kept free above the rows, so that what changes is seen before it scrolls away. */
const aboveTheRows = 4;

export class HostRows {
  readonly #style: Style;
  readonly #rows = new Map<string, HostRow>();
  #began = 0;
  #play = "";
  #steps: readonly string[] = [];
  #step = "";

  constructor(style: Style) {
    this.#style = style;
  }

  /** Takes in an event. */
  tell(event: TimedEvent): void {
    switch (event.type) {
      case "run:start":
        this.#began = event.time;
        for (const host of event.hosts) this.#row(host);
        break;
      case "play:start":
        this.#play = event.play;
        this.#steps = event.steps;
        for (const row of this.#rows.values())
          if (row.state === "waiting" || row.state === "done")
            row.state = event.hosts.includes(row.host) ? "waiting" : "done";
        break;
      case "step:start":
        this.#step = event.step;
        break;
      case "host:step":
        Object.assign(this.#row(event.host), { state: "working", step: event.step });
        break;
      case "host:step:end":
        Object.assign(this.#row(event.host), { state: this.#isLast(event.step) ? "done" : "waiting" });
        break;
      case "task:start":
        this.#row(event.host).tasks.set(event.task.id, {
          text: taskText(event.task),
          since: event.time,
          output: "",
        });
        break;
      case "task:output": {
        const task = this.#row(event.host).tasks.get(event.task);
        const line = cleanLine(event.text).trim();
        if (task && line !== "") task.output = line;
        break;
      }
      case "task:retry": {
        const task = this.#row(event.host).tasks.get(event.task);
        if (task) task.output = `try ${event.attempt} of ${event.attempts}: ${event.reason}`;
        break;
      }
      case "task:end":
        this.#row(event.host).tasks.delete(event.task.id);
        break;
      case "host:failed":
      case "host:unreachable":
        Object.assign(this.#row(event.host), {
          state: event.type === "host:failed" ? "failed" : "unreachable",
          problem: event.error.message,
        });
        break;
    }
  }

  /** The lines to draw: never more than the terminal has. */
  draw(frame: Frame): string[] {
    const all = [...this.#rows.values()];
    const room = Math.max(1, frame.rows - 1 - aboveTheRows);
    const status = this.#status(all, frame);
    if (all.length <= room) return [...all.map((row) => this.#line(row, frame)), status];
    const active = all.filter((row) => row.state === "working" || row.tasks.size > 0);
    const shown = active.slice(0, Math.max(0, room - 1));
    return [...shown.map((row) => this.#line(row, frame)), this.#rest(all, shown, frame), status].slice(
      -frame.rows,
    );
  }

  #row(host: string): HostRow {
    const known = this.#rows.get(host);
    if (known) return known;
    const row: HostRow = { host, state: "waiting", step: "", problem: "", tasks: new Map() };
    this.#rows.set(host, row);
    return row;
  }

  #isLast(step: string): boolean {
    return step === "handlers" || this.#steps.at(-1) === step;
  }

  #line(row: HostRow, { columns, now, spinner }: Frame): string {
    const name = row.host.padEnd(
      Math.min(24, Math.max(...[...this.#rows.keys()].map((host) => host.length))),
    );
    const room = columns - name.length - 5;
    const task = [...row.tasks.values()].at(-1);
    if (row.state === "failed" || row.state === "unreachable")
      return `${this.#style("red", "✖")} ${name}  ${this.#style("red", cropped(`${row.state}: ${row.problem}`, room))}`;
    if (row.state !== "working" && !task) {
      const text = row.state === "done" ? "done" : row.step === "" ? "" : `${row.step} done, waits`;
      const icon = row.state === "done" ? this.#style("green", "✔") : this.#style("dim", "·");
      return `${icon} ${name}  ${this.#style("dim", cropped(text, room))}`.trimEnd();
    }
    return `${this.#style("cyan", spinner)} ${name}  ${this.#working(row, task, room, now)}`;
  }

  #working({ step }: HostRow, task: RunningTask | undefined, room: number, now: number): string {
    if (!task) return cropped(step, room);
    const seconds = (now - task.since) / 1000;
    const time = seconds < 1 ? "" : `  ${duration(Math.floor(seconds)).replace(".0", "")}`;
    // what a long command says last takes up to half of the row
    const output = seconds < 1 ? "" : task.output;
    const text = cropped(
      `${step} › ${task.text}`,
      room - time.length - Math.min(output.length + 2, room / 2),
    );
    const left = room - text.length - time.length - 2;
    return `${text}${time}${output === "" || left < 8 ? "" : `  ${this.#style("dim", cropped(output, left))}`}`;
  }

  /** One line for the hosts that have no row of their own. */
  #rest(all: readonly HostRow[], shown: readonly HostRow[], { columns }: Frame): string {
    const others = all.filter((row) => !shown.includes(row));
    const inState = (state: HostRow["state"]) => others.filter((row) => row.state === state).length;
    const parts = (["working", "waiting", "done", "failed", "unreachable"] as const)
      .map((state) => ({ state, number: inState(state) }))
      .filter(({ number }) => number > 0)
      .map(({ state, number }) => `${number} ${state}`);
    return this.#style(
      "dim",
      cropped(`  and ${count(others.length, "host")}: ${parts.join(", ")}`, columns - 1),
    );
  }

  #status(all: readonly HostRow[], { columns, now }: Frame): string {
    const place = this.#steps.indexOf(this.#step);
    const step = place < 0 ? this.#step : `${this.#step} (step ${place + 1} of ${this.#steps.length})`;
    const working = all.filter(({ state, tasks }) => state === "working" || tasks.size > 0).length;
    const time = duration(Math.floor((now - this.#began) / 1000)).replace(".0", "");
    const text = [this.#play, step, `${working} of ${count(all.length, "host")} at work`, time];
    return this.#style("dim", cropped(`  ${text.filter((part) => part !== "").join(" · ")}`, columns - 1));
  }
}
