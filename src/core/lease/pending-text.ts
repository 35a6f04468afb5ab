/** Messages about handlers that stay pending. */
import { pasted, quote } from "../../base/script.ts";
import type { PendingHandler } from "./pending-handler.ts";

/** How long runs report handlers of a playbook that the project no longer has. Milliseconds. */
const toldFor = 7 * 24 * 3_600_000;

/** Pending handlers for a message. */
export function listPending(pendingHandlers: readonly PendingHandler[]): string {
  const when = (since: number) => new Date(since).toISOString().slice(0, 16).replace("T", " ");
  return pendingHandlers
    .map(({ label, playbook, since }) => `${label} (${playbook}, ${when(since)} UTC)`)
    .join(", ");
}

/**
 * What to do about a host's pending handlers.
 *
 * @param inventories what the run was given as `-i`, since the command is to be copied as it is
 */
export function howToForget(host: string, count: number, inventories: readonly string[]): string {
  const word = /^[\w.-]+$/.test(host) ? host : quote(host);
  const options = inventories.map((one) => ` -i ${pasted(one)}`).join("");
  return `\`npx run handlers --forget ${word}${options}\` removes ${count === 1 ? "it" : "them"}`;
}

export interface Left {
  readonly host: string;
  /** The handlers that this run was not going to run. */
  readonly pendingHandlers: readonly PendingHandler[];
  /** What the run was given as `-i`. */
  readonly inventories: readonly string[];
  /** Whether this playbook's code no longer has the handler. */
  isGone(pending: PendingHandler): boolean;
  /** Whether the project has such a playbook. */
  hasPlaybook(name: string): boolean;
}

/** The message at the end of a run about handlers that it leaves pending. */
export function leftTexts({
  host,
  pendingHandlers,
  inventories,
  isGone,
  hasPlaybook,
}: Left): readonly string[] {
  const gone = pendingHandlers.filter(isGone);
  const deserted = pendingHandlers.filter(
    (pending) => !gone.includes(pending) && !hasPlaybook(pending.playbook),
  );
  const due = pendingHandlers.filter((pending) => !gone.includes(pending) && !deserted.includes(pending));
  const fresh = deserted.filter(({ since }) => Date.now() - since < toldFor);
  const text = (of: readonly PendingHandler[], say: (what: string, forget: string) => string) =>
    of.length === 0 ? [] : [say(listPending(of), howToForget(host, 2, inventories))];
  return [
    ...text(
      due,
      (what) => `an earlier run left pending handlers, which its playbook runs next time: ${what}`,
    ),
    ...text(
      gone,
      (what, forget) =>
        `an earlier run left pending handlers that the playbook does not have any more: ${what}; not run; ${forget}`,
    ),
    ...text(
      fresh,
      (what, forget) =>
        `earlier runs left pending handlers of playbooks that this project does not have: ${what}; ${forget}`,
    ),
  ];
}
