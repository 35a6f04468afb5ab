/**
 * Blanks the secrets in an event's values. Fields that programs act on (types, hosts, plays, steps, roles, modules,
 * statuses, ids, places in files) are names and not values: they stay as they are, even where a secret reads the same.
 */
import { redact } from "../../redaction/redact.ts";
import { redactValue } from "../../secrets/redact-value.ts";
import type { TextDiff } from "../facts/change.ts";
import type { RunEvent, ShownChange, ShownError, ShownTask, ShownUnknown } from "./events.ts";

/** The event as subscribers may have it. */
export function redactEvent(event: RunEvent): RunEvent {
  switch (event.type) {
    case "task:start":
      return withTask(event);
    case "task:output":
    case "message":
    case "warning":
      return { ...event, text: redact(event.text) };
    case "task:retry":
    case "run:stopped":
      return { ...event, reason: redact(event.reason) };
    case "task:end":
      return redactEnd(event);
    case "host:step:end":
      return event.unknown === undefined ? event : { ...event, unknown: redactUnknown(event.unknown) };
    case "host:failed":
    case "host:unreachable":
      return { ...event, error: redactError(event.error) };
    case "run:start":
    case "play:start":
    case "step:start":
    case "host:step":
    case "play:end":
    case "run:end":
      return event;
  }
}

/** A change with its values blanked, as plain data. */
interface RedactedChange extends ShownChange {
  diff?: TextDiff;
  stated?: string[];
}

export function redactChange({ what, before, after, diff, stated }: ShownChange): RedactedChange {
  return {
    what: redact(what),
    ...(before === undefined ? {} : { before: redactValue(before) }),
    ...(after === undefined ? {} : { after: redactValue(after) }),
    ...(diff === undefined
      ? {}
      : { diff: { path: redact(diff.path), before: redact(diff.before), after: redact(diff.after) } }),
    ...(stated === undefined ? {} : { stated: stated.map(redact) }),
  };
}

/** Most events hold no secret, and are as they were. */
function withTask<E extends Extract<RunEvent, { task: ShownTask }>>(event: E): E {
  const task = redactTask(event.task);
  return task === event.task ? event : { ...event, task };
}

function redactEnd(event: Extract<RunEvent, { type: "task:end" }>): RunEvent {
  const { reason, error } = event;
  if (event.changes.length === 0 && reason === undefined && error === undefined) return withTask(event);
  return {
    ...event,
    task: redactTask(event.task),
    changes: event.changes.map(redactChange),
    // for a failure this is one of two words that reporters act on
    ...(reason === undefined ? {} : { reason: error === undefined ? redact(reason) : reason }),
    ...(error === undefined ? {} : { error: redactError(error) }),
  };
}

function redactTask(task: ShownTask): ShownTask {
  const title = redact(task.title);
  return title === task.title ? task : { ...task, title };
}

function redactError(error: ShownError): ShownError {
  const { message, hint, details } = error;
  return {
    ...error,
    message: redact(message),
    hint: hint === undefined ? undefined : redact(hint),
    details: details.map(redact),
  };
}

function redactUnknown(unknown: ShownUnknown): ShownUnknown {
  const { message, task, hint } = unknown;
  return {
    ...unknown,
    message: redact(message),
    ...(task === undefined ? {} : { task: { ...task, label: redact(task.label) } }),
    ...(hint === undefined ? {} : { hint: redact(hint) }),
  };
}
