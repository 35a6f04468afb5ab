/** The journals that are kept: which there are, what they say, and which are old enough to go. */
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import type { RunEvent, TimedEvent } from "./events.ts";

export type RunStart = Extract<RunEvent, { type: "run:start" }>;
type RunEnd = Extract<RunEvent, { type: "run:end" }>;

/** A run that is kept. */
export interface KeptRun {
  /** The journal's name without its ending: begins with the time of the run's begin, in UTC. */
  readonly id: string;
  readonly file: string;
}

/** A kept run in a few words. */
export interface RunOverview extends KeptRun {
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly start: RunStart | undefined;
  /** Undefined where the run did not end: it was killed, or is still running. */
  readonly end: RunEnd | undefined;
}

const day = 24 * 60 * 60 * 1000;

/** A journal goes when it is older than this (milliseconds), or when all together are larger than that (bytes). */
const oldest = 30 * day;
const largest = 100 * 1024 * 1024;
/** But never one of the newest. */
const newest = 10;

/** What a journal is called; nothing else in the folder is touched. */
const journalName = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d.*\.jsonl$/;

/**
 * The runs kept in a folder, the newest first.
 *
 * @returns none where there is no such folder
 * @throws ShowrunnerError `file.missing` where it can't be read
 */
export function keptRuns(folder: string): KeptRun[] {
  return namesIn(folder)
    .filter((name) => journalName.test(name))
    .sort()
    .reverse()
    .map((name) => ({ id: name.replace(/\.jsonl$/, ""), file: join(folder, name) }));
}

/**
 * What a run's journal says at its beginning and its end; the events between are not looked at.
 *
 * @throws ShowrunnerError `file.missing` where it can't be read
 */
export function overviewOf(run: KeptRun): RunOverview {
  const bytes = journalOf(run);
  const firstEnd = bytes.indexOf(10);
  const lastEnd = bytes.lastIndexOf(10);
  const lastBegin = lastEnd < 1 ? 0 : bytes.lastIndexOf(10, lastEnd - 1) + 1;
  const first = firstEnd < 0 ? undefined : parsed(bytes.toString("utf8", 0, firstEnd));
  const last = lastEnd < 0 ? undefined : parsed(bytes.toString("utf8", lastBegin, lastEnd));
  return {
    ...run,
    began: first?.time ?? statSync(run.file).mtimeMs,
    start: first?.type === "run:start" ? first : undefined,
    end: last?.type === "run:end" ? last : undefined,
  };
}

/**
 * All events of a run. A half-written last line of a killed run is left out.
 *
 * @throws ShowrunnerError `file.missing` where its journal can't be read
 */
export function eventsOf(run: KeptRun): TimedEvent[] {
  return journalOf(run)
    .toString()
    .split("\n")
    .flatMap((line) => parsed(line) ?? []);
}

/**
 * A run's journal as it is.
 *
 * @throws ShowrunnerError `file.missing` where it can't be read
 */
export function journalOf({ file }: KeptRun): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ShowrunnerError("file.missing", `the journal of a run can't be read: ${messageOf(error)}`, {
      hint: "only the user who made that run may read its journal; remove it to read the others",
    });
  }
}

/**
 * Removes the journals that are too old or too many: older than 30 days, or beyond 100 MB together; never one of the
 * newest 10.
 *
 * @param now milliseconds since 1970
 */
export function pruneRuns(folder: string, now = Date.now()): void {
  let total = 0;
  for (const [index, { file }] of keptRuns(folder).entries()) {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (!stats) continue; // another run has just done the same
    total += stats.size;
    if (index < newest) continue;
    if (total > largest || now - stats.mtimeMs > oldest) rmSync(file, { force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new ShowrunnerError("file.missing", `the runs that are kept can't be read: ${messageOf(error)}`, {
      hint: `${folder} must be a folder that you may read: remove it, and it is made again`,
    });
  }
}

function parsed(line: string): TimedEvent | undefined {
  if (line === "") return undefined;
  try {
    const event: TimedEvent = JSON.parse(line);
    return typeof event?.type === "string" && typeof event.time === "number" ? event : undefined;
  } catch {
    return undefined; // half a line
  }
}
