/** Events as a run emits them, for tests of what is made of them. */
import type {
  RunEvent,
  ShownChange,
  ShownError,
  ShownTask,
  TimedEvent,
} from "../../src/core/events/events.ts";
import { emptyTotals } from "../../src/core/events/events.ts";

let last = 0;

export function at(event: RunEvent, time = 1_000): TimedEvent {
  return { ...event, time };
}

export function task(module: string, title: string, roles: readonly string[] = []): ShownTask {
  return { id: ++last, module, title, roles, location: undefined };
}

export function ended(
  host: string,
  shown: ShownTask,
  rest: Partial<Extract<RunEvent, { type: "task:end" }>> = {},
): RunEvent {
  return {
    type: "task:end",
    host,
    step: "nginx",
    task: shown,
    status: "ok",
    changes: [],
    seconds: 0.1,
    ...rest,
  };
}

export const broken: ShownError = {
  code: "change.failed",
  message: "content: ended with status 1",
  hint: "look at the file",
  location: { file: `${process.cwd()}/playbooks/site.ts`, line: 12 },
  details: ["nginx: [emerg] unknown directive", ""],
};

export const written: ShownChange = {
  what: "content",
  diff: { path: "/etc/motd", before: "old\nsame\n", after: "new\nsame\n" },
};

export function start(hosts: readonly string[], check = false): RunEvent[] {
  return [
    { type: "run:start", playbook: "site", inventory: "inventory/lab.ts", check, hosts },
    { type: "play:start", play: "web servers", hosts, steps: ["base", "nginx"] },
    { type: "step:start", play: "web servers", step: "nginx", hosts },
  ];
}

export function end(
  hosts: Readonly<Record<string, Partial<ReturnType<typeof emptyTotals>>>>,
  exitCode = 0,
): RunEvent {
  const totals = emptyTotals();
  const summaries = Object.fromEntries(
    Object.entries(hosts).map(([name, counted]) => [name, { ...emptyTotals(), roundTrips: 3, ...counted }]),
  );
  for (const summary of Object.values(summaries)) {
    totals.ok += summary.ok;
    totals.changed += summary.changed;
    totals.failed += summary.failed;
    totals.unreachable += summary.unreachable;
    totals.ignored += summary.ignored;
    totals.likely += summary.likely;
    totals.unknown += summary.unknown;
  }
  return { type: "run:end", totals, hosts: summaries, seconds: 12.3, exitCode };
}
