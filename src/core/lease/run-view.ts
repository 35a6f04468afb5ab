/** What the leases and the pending handlers of a host need to know of the run. */
import type { Become } from "../../transport/transport.ts";

export interface RunView {
  readonly playbook: string;
  /** Random: no other run has it. */
  readonly id: string;
  /** Whether the playbook has a play of this name, wanted in this run or not. */
  hasPlay(name: string): boolean;
  /** Whether the run only plans. */
  readonly check: boolean;
  /** Whether a task of this run has notified a handler with this id, which has not run yet. */
  isPending(id: string): boolean;
  becomeAs(user: string): Become;
  /** The same text, as one string for all hosts. */
  same(text: string): string;
  /** Says something to the user. */
  tell(text: string): void;
}
