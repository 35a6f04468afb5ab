/**
 * The journal: a run's events in a file. Events are written as they come, so that they survive a crash. An event that
 * reports no action may wait for the end of its turn of the event loop.
 */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import { jsonText } from "../../text/controls.ts";
import type { Subscriber, TimedEvent } from "./events.ts";
import { bounded, isOutput } from "./journal-bounds.ts";

export interface Journal {
  /** Undefined before the first event: a run that never began leaves no journal. */
  readonly file: string | undefined;
  /** @throws JournalUnwritable */
  readonly subscribe: Subscriber;
  close(): void;
}

/** The error itself says that the journal failed; the error of another subscriber could be about anything. */
export class JournalUnwritable extends ShowrunnerError {
  constructor(journal: string, cause: unknown) {
    const message = `the run's journal ${journal} can't be written, and keeps nothing from here on: ${messageOf(cause)}`;
    super("usage", message, { cause });
  }
}

/** The output of commands is kept up to this many bytes a run: a run with much output must not displace other runs. */
const outputLimit = 8 * 1024 * 1024;

/**
 * The journal of a run: one event a line, as JSON, opened with the first one. Only its owner may read it. Large diffs
 * and outputs are cut (see journal-bounds.ts).
 *
 * @param folder where journals are kept; made if it isn't there
 * @param name the playbook's name
 * @param time the run's begin
 *
 * @example
 * const journal = openJournal(".showrunner/runs", "site");
 * await runPlaybook({ ..., subscribers: [journal.subscribe] });
 * journal.close();
 */
export function openJournal(folder: string, name: string, time = new Date()): Journal {
  let opened: Opened | undefined;
  let output = 0;
  let waiting = "";
  let failed: JournalUnwritable | undefined;
  const flush = () => {
    if (failed) throw failed;
    if (waiting === "") return;
    const lines = waiting;
    waiting = "";
    try {
      opened ??= create(folder, name.replace(/[^\w.-]+/g, "_"), time);
      writeSync(opened.descriptor, lines);
    } catch (error) {
      failed = new JournalUnwritable(opened?.file ?? `in ${folder}`, error);
      throw failed;
    }
  };
  const flushLater = () => {
    try {
      flush();
    } catch {
      // reported with the next event: there always is one, the run's end
    }
  };
  const write = (event: TimedEvent) => {
    const line = `${jsonText(bounded(event))}\n`;
    if (waiting === "" && mayWait(event)) setImmediate(flushLater);
    waiting += line;
    if (!mayWait(event)) flush();
    return line.length;
  };
  return {
    get file() {
      return opened?.file;
    },
    subscribe(event) {
      if (isOutput(event) && output > outputLimit) return;
      const length = write(event);
      if (!isOutput(event)) return;
      output += length;
      if (output <= outputLimit) return;
      const text = "commands printed more than the journal keeps: from here on, their output is left out";
      write({ type: "warning", text, time: event.time });
    },
    close() {
      flushLater();
      if (opened) closeSync(opened.descriptor);
      opened = undefined;
    },
  };
}

/**
 * Whether an event may wait for the end of this turn, to be written with others: it reports no action. A batch in which
 * nothing differs has hundreds of such events in one turn.
 */
function mayWait(event: TimedEvent): boolean {
  if (event.type === "task:start") return true;
  return event.type === "task:end" && event.status === "ok" && event.changes.length === 0;
}

interface Opened {
  readonly file: string;
  readonly descriptor: number;
}

/** Two runs may begin in the same millisecond: the later one counts as a millisecond later. */
function create(folder: string, name: string, time: Date): Opened {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let at = time.getTime(); ; at++) {
    const file = join(folder, `${stamp(new Date(at))}-${name}.jsonl`);
    try {
      return { file, descriptor: openSync(file, "wx", 0o600) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}

/** `2026-01-31T12-05-09-123`, in UTC: sorts by time, and is a file's name on every system. */
function stamp(time: Date): string {
  return time.toISOString().slice(0, 23).replace(/[:.]/g, "-");
}
