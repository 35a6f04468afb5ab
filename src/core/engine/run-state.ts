/** What all hosts of one run share. */
import type { LimitFunction } from "p-limit";
import { cutLines, cutRedacted, longestLine } from "../../base/cut.ts";
import { messageOf } from "../../base/errors.ts";
import type { InventoryView } from "../../base/host.ts";
import { redact } from "../../redaction/redact.ts";
import type { Connect } from "../../transport/transport.ts";
import type { RunEvent, Subscriber } from "../events/events.ts";
import { JournalUnwritable } from "../events/journal.ts";
import { redactEvent } from "../events/redact-event.ts";
import type { WorldClock } from "../facts/facts.ts";
import type { RunLeases } from "../lease/host-leases.ts";
import type { RunWatch } from "../plays/run-watch.ts";
import type { HostRun } from "./host-run.ts";

export interface RunOptions {
  /** Plan only: nothing is changed on any host. */
  readonly check?: boolean;
  /** After each real change, read what it says it sets and fail if the host does not agree. */
  readonly verify?: boolean;
}

export interface RunState {
  /** The playbook's. */
  readonly name: string;
  readonly options: RunOptions;
  readonly inventory: InventoryView;
  /** What the user gave as `-i`. */
  readonly givenInventories: readonly string[];
  readonly world: WorldClock;
  /** A host of this run, whether the current play names it or not. */
  hostRun(name: string): HostRun;
  /** Whether the playbook has a play of this name, wanted or not. */
  hasPlay(name: string): boolean;
  readonly leases: RunLeases;
  emit(event: RunEvent): void;
  nextTaskId(): number;
  /** Who looks on, and may object. */
  readonly watch: RunWatch | undefined;
  /** Aborted when the run is interrupted. */
  readonly signal: AbortSignal | undefined;
  /** The queues of throttled tasks, by place. */
  readonly throttles: Map<string, LimitFunction>;
}

/** How the engine reaches hosts: given by whoever starts the run. */
export type ConnectHost = (name: string) => Connect;

/** Sends redacted, timed events to every subscriber. */
export function emitter(subscribers: readonly Subscriber[]): (event: RunEvent) => void {
  const tell = fanOut(subscribers);
  return (event) => tell({ ...redactEvent(bounded(event)), time: Date.now() });
}

/** Lines of what is said by the way. */
const mostLines = 1000;

/** What is said by the way: it may repeat what a host has said, of whatever size. */
function bounded(event: RunEvent): RunEvent {
  if (event.type !== "message" && event.type !== "warning") return event;
  return { ...event, text: cutLines(cutRedacted(event.text, longestLine), mostLines) };
}

/**
 * One subscriber of several. One that throws gets no more events, and the others a warning: a reporter that fails, or
 * a journal whose disk is full, must not take the run with it. It throws nothing itself.
 */
export function fanOut(subscribers: readonly Subscriber[]): Subscriber {
  const working = new Set(subscribers);
  const tell: Subscriber = (event) => {
    for (const subscriber of [...working]) {
      if (!working.has(subscriber)) continue; // it failed at the warning of another
      try {
        subscriber(event);
      } catch (error) {
        working.delete(subscriber);
        tell({ type: "warning", text: redact(failureText(error)), time: event.time });
      }
    }
  };
  return tell;
}

function failureText(error: unknown): string {
  if (error instanceof JournalUnwritable) return error.message;
  return `a subscriber to the run's events failed and gets no more of them: ${messageOf(error)}`;
}
