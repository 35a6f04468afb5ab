/** How a change is taken back by the host itself, unless a new connection from the control machine confirms it. */
import type { Script } from "../../base/script.ts";

/**
 * A change that may shut the control machine out says how the host takes it back. The host saves the state and sets a
 * timer of its own, the change is made, and a new connection, with the same address, port, user and jump hosts, and as
 * the task's user, has to confirm it. If none does, the host restores the state by itself, also if the control machine
 * has died meanwhile or the host is rebooted. The task then fails. Only root can make such a change.
 *
 * Both scripts run as root in one folder that only root can enter.
 */
export interface Rollback {
  /** Names what is changed, among all that a host can take back: `nftables`. Letters, digits and dashes. */
  readonly name: string;
  /** Saves, in files of its working directory, the state that there is. If it fails, the change is not made. */
  readonly save: Script;
  /** Restores that state from these files. It may run more than once. */
  readonly restore: Script;
  /** Seconds until the rollback. The change may take half of that, and is taken back where it takes longer. Default: 30. */
  readonly within?: number | undefined;
}
