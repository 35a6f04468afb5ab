/** A pending handler (notified, and not run yet) as plain data, the way it is written down on the host. */
import { redact } from "../../base/secret.ts";
import type { Become } from "../../transport/transport.ts";
import { moduleNamed } from "../tasks/module.ts";
import type { Task } from "../tasks/task.ts";
import { type Handler, pendingId } from "./handler-identity.ts";
import { longestRecord } from "./record-limits.ts";
import { isTimestamp } from "./timestamp.ts";

export interface PendingHandler {
  /** The same for tasks that would do the same; tells nothing of secrets. */
  readonly id: string;
  /** How messages call the handler. */
  readonly label: string;
  readonly module: string;
  /**
   * The data that the handler is made from again. Undefined if it can't be written down: a secret, what noLog hides, a
   * function, a file of this machine.
   */
  readonly task:
    | { readonly params: unknown; readonly options: Readonly<Record<string, unknown>> }
    | undefined;
  /** As whom it runs; undefined for the user of the connection. */
  readonly become: string | undefined;
  /** The playbook and the play that notified it. */
  readonly playbook: string;
  readonly play: string;
  /** The label of the task that notified it first: the place in the playbook that says what became of the handler. */
  readonly by?: string | undefined;
  /** The id of the run; undefined if the record has none. */
  readonly run?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Where a handler was notified. */
export type Notification = Pick<PendingHandler, "playbook" | "play" | "by" | "run">;

/** A handler as it is written down. */
export function pendingHandlerOf(handler: Handler, notification: Notification): PendingHandler {
  const { module, params } = handler.task;
  const label = handlerLabel(handler);
  const become = handler.become?.user;
  const { notify, ...options } = handler.task.options;
  const isLocal = moduleNamed(module)?.readsLocalFiles === true;
  const kept =
    !isHidden(handler) && notify === undefined && !isLocal && survivesJson(params) && survivesJson(options);
  const whole = { params, options };
  const task = kept && JSON.stringify(whole).length <= longestRecord / 8 ? whole : undefined;
  return { id: pendingId(handler), label, module, task, become, ...notification, since: Date.now() };
}

/** What a handler is called on a host. */
export function handlerLabel(handler: Handler): string {
  return shownLabel(handler.task, isHidden(handler));
}

function isHidden({ task, hidden }: Handler): boolean {
  return hidden ?? task.options.noLog === true;
}

/**
 * What a task is called on a host.
 *
 * @param hidden whether its values are: see noLog
 */
export function shownLabel(task: Pick<Task<unknown>, "labelFor">, hidden: boolean): string {
  return redact(task.labelFor(hidden));
}

/** @returns undefined for a record that no run has written */
export function pendingHandlerFrom(line: string): PendingHandler | undefined {
  try {
    const pending: PendingHandler = JSON.parse(line);
    const texts = [pending?.id, pending?.label, pending?.module, pending?.playbook, pending?.play];
    return texts.every((text) => typeof text === "string") && isTimestamp(pending.since)
      ? pending
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a record can be trusted enough to make a task of it. A user can write anything into their folder of records.
 * Records of root and of the connection's user (who can become every other user) are trusted; records of any other user
 * are trusted only for handlers that run as that user.
 *
 * @param keeper the user in whose folder the record lies
 */
export function isBelieved(
  { become: wanted }: Pick<PendingHandler, "become">,
  keeper: Become | undefined,
): boolean {
  return keeper === undefined || keeper.user === "root" || wanted === keeper.user;
}

/**
 * The handler, made again; undefined where it can't be: this run has no such module, or it holds a secret, or reads
 * local files.
 */
export function handlerFrom({ module, task }: PendingHandler): Task<unknown> | undefined {
  if (task === undefined) return undefined;
  // the record itself says as whom it runs: isBelieved looks only there
  const { become, ...options } = task.options;
  const made = moduleNamed(module);
  // a compromised host must not be able to ask for files of this machine
  if (made?.readsLocalFiles) return undefined;
  try {
    return made?.fromData(task.params, options);
  } catch {
    return undefined; // another version of the module, which takes other parameters
  }
}

/** Whether a value survives JSON unaltered, and holds no secret: JSON would show the secret, or a mask. */
function survivesJson(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(survivesJson);
  if (typeof value === "string") return redact(value) === value;
  if (value === null || ["boolean", "undefined"].includes(typeof value)) return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).every(survivesJson);
}
