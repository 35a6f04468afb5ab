/** Whose tenure of a host it is: what its debts and its lease need to know of the run. */
import type { Become } from "../../transport/transport.ts";

export interface Tenant {
  readonly playbook: string;
  /** Random: no other run has it. */
  readonly run: string;
  /** Whether the playbook has a play of this name, wanted in this run or not. */
  hasPlay(name: string): boolean;
  /** Whether the run only plans. */
  readonly check: boolean;
  /** Whether this run owes the host a handler with this id, and has not run it yet. */
  owes(id: string): boolean;
  becomeAs(user: string): Become;
  /** Says something to the user. */
  tell(text: string): void;
}
