/** How events reach their subscribers: redacted, bounded, timed. */
import { cutLines, cutRedacted, longestLine } from "../../base/cut.ts";
import { messageOf } from "../../base/errors.ts";
import { redact } from "../../redaction/redact.ts";
import type { RunEvent, Subscriber } from "./events.ts";
import { JournalUnwritable } from "./journal.ts";
import { redactEvent } from "./redact-event.ts";

/** Sends redacted, timed events to every subscriber. */
export function emitter(subscribers: readonly Subscriber[]): (event: RunEvent) => void {
  const tell = fanOut(subscribers);
  return (event) => tell({ ...redactEvent(bounded(event)), time: Date.now() });
}

/** The most lines of a warning or note. */
const mostLines = 1000;

/** Text of a warning or note, shortened: it may quote a host's output of any size. */
function bounded(event: RunEvent): RunEvent {
  if (event.type !== "message" && event.type !== "warning") return event;
  return { ...event, text: cutLines(cutRedacted(event.text, longestLine), mostLines) };
}

/**
 * One subscriber of several. One that throws gets no more events, and the others a warning: a reporter that fails, or a
 * journal whose disk is full, must not take the run with it. This function never throws.
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
