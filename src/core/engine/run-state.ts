/** What all hosts of one run share. */
import type { LimitFunction } from "p-limit";
import type { InventoryView } from "../../base/host.ts";
import type { RunEvent } from "../events/events.ts";
import type { World } from "../facts/world.ts";
import type { RunLeases } from "../lease/host-leases.ts";

export interface RunOptions {
  /** Plan only: nothing is changed on any host. */
  readonly check?: boolean;
  /** After each real change, read back the facts that it says it sets, and fail if the host does not agree. */
  readonly verify?: boolean;
}

export interface RunState {
  /** The playbook's name. */
  readonly name: string;
  readonly options: RunOptions;
  readonly inventory: InventoryView;
  /** What the user gave as `-i`. */
  readonly givenInventories: readonly string[];
  readonly world: World;
  /** Whether the playbook has a play of this name, wanted or not. */
  hasPlay(name: string): boolean;
  readonly leases: RunLeases;
  emit(event: RunEvent): void;
  nextTaskId(): number;
  /** Aborted when the run is interrupted. */
  readonly signal: AbortSignal | undefined;
  /** The queues of throttled tasks, by the line of the task. */
  readonly throttles: Map<string, LimitFunction>;
}
