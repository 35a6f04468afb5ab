/** The errors for changes that a plan does not allow. */

import { ShowrunnerError } from "../../base/errors.ts";
import { redact } from "../../base/secret.ts";
import { hiddenText } from "../engine/no-log.ts";
import type { TaskRun } from "../engine/task-run.ts";
import type { Change } from "../facts/change.ts";
import type { PlannedChange, PlannedTask } from "./plan-schema.ts";

type Said = Pick<PlannedChange, "what" | "before" | "after">;

/** How two changes differ that are described by the same text. */
const otherwise: Readonly<Record<Change["action"]["kind"], string>> = {
  script: "by another script",
  write: "with other content, or checked in another way",
  http: "by another request",
  reboot: "in another way",
};

/**
 * A change that the plan does not list.
 *
 * @param planned the tasks of the plan that this one may be, on this host
 * @param hosts the hosts for which the plan has such a task
 * @param again the command that makes a new plan
 */
export function notListed(
  { task, become, hidden }: TaskRun<unknown>,
  change: Change,
  { planned, hosts, again }: { planned: readonly PlannedTask[]; hosts: readonly string[]; again: string },
): ShowrunnerError {
  const isAnother = planned.some(({ as }) => as !== become?.user);
  const by = (user: string | undefined) => (isAnother ? `, as ${user ?? "the user that connects"}` : "");
  const due = `${changeText(hidden ? { what: hiddenText } : change)}${by(become?.user)}`;
  const had = planned.flatMap(({ status, changes, as }) =>
    changes.map((one) => {
      const text = `${changeText(one)}${by(as)}`;
      const certainty = status === "changed" ? "certain" : status;
      return `planned (${certainty}): ${text === due ? `${text}, but ${otherwise[change.action.kind]}` : text}`;
    }),
  );
  return new ShowrunnerError(
    "plan.diverged",
    `the plan lists no such change of ${task.labelFor(hidden)}: ${due}`,
    {
      location: task.location,
      details: had.length > 0 ? had : [`planned: nothing, by this task in this step${elsewhere(hosts)}`],
      hint: `the change was not made: the playbook has changed, or does something different at every run; ${again} makes a new plan`,
    },
  );
}

/** Says on which hosts the task was planned: `once` is done by another host where the planned one takes no part. */
function elsewhere(hosts: readonly string[]): string {
  return hosts.length === 0 ? "" : ` on this host, but on ${hosts.join(", ")}`;
}

/** A change of which the plan knew nothing, where such changes are refused. */
export function notPredicted(
  { task, hidden }: TaskRun<unknown>,
  change: Said,
  { again }: { again: string },
): ShowrunnerError {
  return new ShowrunnerError(
    "plan.diverged",
    `the plan could not predict this change of ${task.labelFor(hidden)}: ${changeText(hidden ? { what: hiddenText } : change)}`,
    {
      location: task.location,
      hint: `the change was not made, since --refuse-unknown was given; ${again} makes a plan that knows more by now`,
    },
  );
}

/** `mode 0600 → 0644` */
function changeText({ what, before, after }: Said): string {
  const [from, to] = [shortText(before), shortText(after)];
  return redact(from === undefined || to === undefined ? what : `${what} ${from} → ${to}`);
}

function shortText(value: unknown): string | undefined {
  if (value === undefined || value === null || typeof value === "object") return undefined;
  const text = redact(String(value));
  return text.length > 0 && text.length <= 60 && !text.includes("\n") ? text : undefined;
}
