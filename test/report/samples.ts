/**
 * One event of every type with every field it can have, made of texts that a function gives: the compiler refuses a
 * list that misses one. Whoever adds a field or a type says here whether it is a name or a value.
 */
import type { ErrorCode } from "../../src/base/errors.ts";
import type {
  RunEvent,
  RunEventType,
  ShownChange,
  ShownError,
  ShownTask,
  ShownUnknown,
  TimedEvent,
} from "../../src/core/events/events.ts";
import { emptyTotals } from "../../src/core/events/events.ts";

/** No field is left out, at any depth. */
type Whole<T> = T extends readonly (infer Item)[]
  ? readonly Whole<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]-?: Whole<Exclude<T[Key], undefined>> }
    : T;

type Samples = { readonly [Type in RunEventType]: readonly Whole<Extract<RunEvent, { type: Type }>>[] };

export interface Texts {
  /** For what is needed to act on an event. */
  name(what: string): string;
  /** For all else. */
  value(what: string): string;
  /** For what a module calls before and after. */
  any(what: string): unknown;
}

export function samples({ name, value, any }: Texts): Samples {
  const host = name("host");
  const hosts = [host];
  const play = name("play");
  const step = name("step");
  const location = { file: name("file"), line: 3, column: 7 };
  const task: Whole<ShownTask> = {
    id: 1,
    module: name("module"),
    title: value("title"),
    roles: [name("role")],
    location,
  };
  const code: ErrorCode = "change.failed";
  const error: Whole<ShownError> = {
    code,
    message: value("message"),
    hint: value("hint"),
    location,
    details: [value("detail"), `${value("first line")}\n${value("second line")}`],
  };
  const unknown: Whole<ShownUnknown> = {
    message: value("unknown"),
    task: { label: value("label"), location },
    location,
    hint: value("unknown hint"),
  };
  const change: Whole<ShownChange> = {
    what: value("what"),
    before: any("before"),
    after: any("after"),
    diff: { path: value("path"), before: value("old content"), after: value("new content") },
    stated: [value("stated"), value("stated too")],
  };
  const undiffed = { what: value("what else"), before: any("before it"), after: any("after it") };
  const end = { type: "task:end", host, step, task, seconds: 3 } as const;
  const changes = [change];
  const totals = emptyTotals();
  return {
    "run:start": [
      {
        type: "run:start",
        playbook: name("playbook"),
        inventory: name("inventory"),
        check: false,
        purpose: "plan",
        files: { playbook: name("playbook file"), inventory: name("inventory file") },
        hosts,
      },
    ],
    "play:start": [{ type: "play:start", play, hosts, steps: [step] }],
    "step:start": [{ type: "step:start", play, step, hosts, batch: { number: 1, of: 2 } }],
    "host:step": [{ type: "host:step", host, play, step }],
    "host:step:end": [{ type: "host:step:end", host, play, step, unknown }],
    "task:start": [{ type: "task:start", host, step, task }],
    "task:output": [
      { type: "task:output", host, task: 1, stream: "stdout", text: value("output") },
      { type: "task:output", host, task: 1, stream: "stderr", text: value("complaint") },
    ],
    "task:retry": [{ type: "task:retry", host, task: 1, attempt: 1, attempts: 2, reason: value("retry") }],
    "task:end": [
      { ...end, status: "failed", changes, reason: "ignored", error },
      { ...end, status: "failed", changes, reason: "interrupted", error },
      { ...end, status: "failed", changes, reason: "", error },
      // the compiler wants an error, which none of these has
      ...(["ok", "changed", "likely", "unknown"] as const).map((status) => ({
        ...end,
        status,
        changes: [change, { ...change, ...undiffed }],
        reason: value(`reason of ${status}`),
        error,
      })),
    ],
    message: [{ type: "message", host, text: `${value("said")}\n${value("said below")}` }],
    warning: [{ type: "warning", text: `${value("warned")}\n${value("warned below")}`, host }],
    "host:failed": [{ type: "host:failed", host, step, error }],
    "host:unreachable": [
      { type: "host:unreachable", host, step, error: { ...error, message: value("unreachable") } },
    ],
    "play:end": [{ type: "play:end", play }],
    "run:stopped": [
      { type: "run:stopped", play, reason: value("stopped"), untouched: hosts, plays: [name("left play")] },
    ],
    "run:end": [
      { type: "run:end", totals, hosts: { [host]: { ...totals, roundTrips: 3 } }, seconds: 3, exitCode: 2 },
    ],
  };
}

/** All of them as a run might tell them, in a check and for real; those of tasks that did not fail without an error. */
export function sampleEvents(texts: Texts): TimedEvent[] {
  const all = Object.values(samples(texts)).flat() as readonly RunEvent[];
  return [false, true].flatMap((check) =>
    all.flatMap((event): TimedEvent[] => {
      const time = 1_000;
      if (event.type === "run:start") return [{ ...event, check, time }];
      if (event.type !== "task:end") return [{ ...event, time }];
      const { error, reason, ...rest } = event;
      if (event.status === "failed")
        return [{ ...rest, time, ...(error ? { error } : {}), ...(reason ? { reason } : {}) }];
      const undiffed = event.changes.map(({ diff: _, ...change }) => change);
      return [
        { ...rest, time, ...(reason ? { reason } : {}) },
        { ...rest, time, changes: undiffed },
      ];
    }),
  );
}
