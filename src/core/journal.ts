/** The journal: a run's events in a file, for afterwards. Written as they come, so that it survives whatever happens. */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Subscriber } from "./events.ts";

export interface Journal {
  /** Undefined before the first event: a run that never began leaves no journal. */
  readonly file: string | undefined;
  readonly subscribe: Subscriber;
  close(): void;
}

/**
 * The journal of a run: one event a line, as JSON, opened with the first one. Only its owner may read it.
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
  return {
    get file() {
      return opened?.file;
    },
    subscribe(event) {
      opened ??= create(folder, `${stamp(time)}-${name.replace(/[^\w.-]+/g, "_")}`);
      writeSync(opened.descriptor, `${JSON.stringify(event)}\n`);
    },
    close() {
      if (opened) closeSync(opened.descriptor);
      opened = undefined;
    },
  };
}

interface Opened {
  readonly file: string;
  readonly descriptor: number;
}

/** Two runs may begin in the same second: the later one counts up. */
function create(folder: string, name: string): Opened {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let number = 1; ; number++) {
    const file = join(folder, number === 1 ? `${name}.jsonl` : `${name}-${number}.jsonl`);
    try {
      return { file, descriptor: openSync(file, "wx", 0o600) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}

/** `2026-01-31T12-05-09`, in UTC: sorts by time, and is a file's name on every system. */
function stamp(time: Date): string {
  return time.toISOString().slice(0, 19).replaceAll(":", "-");
}
