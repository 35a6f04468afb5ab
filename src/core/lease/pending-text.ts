/** What is said to the user of handlers that are left owed. */
import { pasted, quote } from "../../base/script.ts";
import type { Debt } from "./pending-handler.ts";

/** How long a run tells of what a playbook left that its project does not have any more. Milliseconds. */
const toldFor = 7 * 24 * 3_600_000;

/** Debts for a message. */
export function listed(debts: readonly Debt[]): string {
  const when = (since: number) => new Date(since).toISOString().slice(0, 16).replace("T", " ");
  return debts.map(({ label, playbook, since }) => `${label} (${playbook}, ${when(since)} UTC)`).join(", ");
}

/**
 * The way out, for a host's debts.
 *
 * @param inventories what the run was given as `-i`, since the command is to be copied as it is
 */
export function forgets(host: string, debts: number, inventories: readonly string[]): string {
  const word = /^[\w.-]+$/.test(host) ? host : quote(host);
  const options = inventories.map((one) => ` -i ${pasted(one)}`).join("");
  return `\`npx run handlers --forget ${word}${options}\` removes ${debts === 1 ? "it" : "them"}`;
}

export interface Left {
  readonly host: string;
  /** What this run was not to run. */
  readonly debts: readonly Debt[];
  /** What the run was given as `-i`. */
  readonly inventories: readonly string[];
  /** Whether the code of this playbook does not have it any more. */
  isGone(debt: Debt): boolean;
  /** Whether the project has such a playbook. */
  hasPlaybook(name: string): boolean;
}

/** What to say at the end of a run of what it leaves as it found it. */
export function leftTexts({ host, debts, inventories, isGone, hasPlaybook }: Left): readonly string[] {
  const gone = debts.filter(isGone);
  const deserted = debts.filter((debt) => !gone.includes(debt) && !hasPlaybook(debt.playbook));
  const due = debts.filter((debt) => !gone.includes(debt) && !deserted.includes(debt));
  const fresh = deserted.filter(({ since }) => Date.now() - since < toldFor);
  const text = (of: readonly Debt[], say: (what: string, forget: string) => string) =>
    of.length === 0 ? [] : [say(listed(of), forgets(host, 2, inventories))];
  return [
    ...text(due, (what) => `an earlier run left handlers, which its playbook runs next time: ${what}`),
    ...text(
      gone,
      (what, forget) =>
        `an earlier run left handlers, which the playbook does not have any more: ${what}; not run; ${forget}`,
    ),
    ...text(
      fresh,
      (what, forget) =>
        `earlier runs left handlers of playbooks that this project does not have: ${what}; ${forget}`,
    ),
  ];
}
