/** A plan as people read it. */
import type { RunEvent, ShownTask } from "../core/events/events.ts";
import type { PlanFile, PlannedTask } from "../core/plans/plan-schema.ts";
import type { Style } from "../report/index.ts";
import { Narrator } from "../report/narrator.ts";
import { count } from "../report/words.ts";
import { codeText } from "./plan-code.ts";
import { localTime } from "./text.ts";

/** `4 changes certain, 2 likely, 1 unknown on 3 hosts` */
export function planCounts({ tasks, unforeseen, request, hosts }: PlanFile): string {
  const changes = (...statuses: readonly PlannedTask["status"][]) =>
    tasks.filter(({ status }) => statuses.includes(status)).flatMap((task) => task.changes).length;
  const certain = changes("changed");
  const likely = changes("likely", "failed");
  const unknown = tasks.filter(({ status }) => status === "unknown").length + unforeseen.length;
  const parts = [
    certain > 0 ? `${count(certain, "change")} certain` : "",
    likely > 0 ? `${certain > 0 ? likely : count(likely, "change")} likely` : "",
    unknown > 0 ? `${unknown} unknown` : "",
  ].filter(Boolean);
  const where = new Set(
    [...tasks.filter(({ status }) => status !== "ok"), ...unforeseen].map(({ host }) => host),
  ).size;
  if (parts.length > 0) return `${parts.join(", ")} on ${count(where, "host")}`;
  const whole = request.hosts.filter((name) => hosts[name]?.failure === undefined);
  return `nothing to change on ${count(whole.length, "host")}`;
}

/** The hosts that could not be planned for, a line each. */
export function planFailures({ hosts }: PlanFile, style: Style): string[] {
  return Object.entries(hosts).flatMap(([name, { failure }]) =>
    failure === undefined
      ? []
      : `${style("red", `${name} could not be planned for:`)} ${failure}`.split("\n"),
  );
}

/** `playbook site on inventory/lab.ts, made 2026-01-31 12:05:09` */
export function planOrigin({ request, made }: PlanFile): string {
  return `playbook ${request.playbook} on ${request.inventories.join(", ")}, made ${localTime(Date.parse(made))}`;
}

/** Everything that a plan lists, as it was told when it was made. */
export function planLines(plan: PlanFile, style: Style): string[] {
  const narrator = new Narrator({ verbose: false, diff: true, style, lazyHeadings: true });
  const { playbook, inventories, hosts } = plan.request;
  // what it says of the run is said below; from this it knows that it tells a plan, and how wide names are
  narrator.tell({ type: "run:start", playbook, inventory: inventories.join(", "), check: true, hosts });
  return [
    `Plan of ${planOrigin(plan)}`,
    `Code: ${codeText(plan.code)}`,
    `Digest: ${plan.digests.digest}${plan.signature ? ", signed (`apply --trust KEY` says by whom)" : ", not signed"}`,
    ...eventsOf(plan).flatMap((event) => narrator.tell(event)),
    "",
    ...planFailures(plan, style),
    `Plan: ${planCounts(plan)}`,
  ];
}

/** The events of tasks, with the plays and steps that they stand in. */
function eventsOf({ request, tasks, unforeseen }: PlanFile): RunEvent[] {
  const events: RunEvent[] = [];
  let [lastPlay, lastStep] = ["", ""];
  const under = ({ play, step }: { readonly play: string; readonly step: string }) => {
    const involved = new Set([...tasks, ...unforeseen].flatMap((one) => (one.play === play ? one.host : [])));
    const hosts = request.hosts.filter((host) => involved.has(host));
    if (play !== lastPlay) events.push({ type: "play:start", play, hosts, steps: [] });
    if (play !== lastPlay || step !== lastStep) events.push({ type: "step:start", play, step, hosts });
    [lastPlay, lastStep] = [play, step];
  };
  for (let at = 0; at <= tasks.length; at++) {
    for (const rest of unforeseen.filter(({ after }) => after === at)) {
      under(rest);
      const { host, play, step, reason } = rest;
      events.push({ type: "host:step:end", host, play, step, unknown: { message: reason } });
    }
    const task = tasks[at];
    if (!task) continue;
    under(task);
    events.push(taskEnd(task, at));
  }
  return events;
}

function taskEnd({ host, step, status, changes, reason, ...task }: PlannedTask, id: number): RunEvent {
  const { module, title, roles } = task;
  const shown: ShownTask = { id, module, title, roles, location: undefined };
  return {
    type: "task:end",
    host,
    step,
    task: shown,
    // that it would have failed was told then; what it would have changed before is likely
    status: status === "failed" ? "likely" : status,
    changes,
    seconds: 0,
    ...(reason === undefined ? {} : { reason }),
  };
}
