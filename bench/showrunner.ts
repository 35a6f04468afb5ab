/** Showrunner's own turn: the built command as a user starts it, timed as a whole process. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ShowrunnerError } from "../src/base/errors.ts";
import type { HostSummary, TimedEvent } from "../src/core/events/events.ts";
import { lab, projectFolder } from "./lab.ts";
import { lastWords, measure } from "./measure.ts";
import { taskCount } from "./work.ts";

const journals = join(projectFolder, ".showrunner", "runs");
const inventory = "bench/inventory.ts";
const command = [
  process.execPath,
  "dist/src/cli/main.js",
  ...["playbook", "bench/playbook.ts", "-i", inventory, "--reporter", "plain"],
];

export interface OwnRun {
  readonly seconds: number;
  /** Tasks that changed something, on all hosts together. */
  readonly changed: number;
  /** The most that any host took. */
  readonly roundTrips: number;
}

/**
 * Runs the play.
 *
 * @throws ShowrunnerError if it failed, or left a task out
 */
export async function runShowrunner(signal: AbortSignal): Promise<OwnRun> {
  const before = new Set(await journalNames());
  const run = await measure(command, { cwd: projectFolder, signal });
  if (run.status !== 0)
    throw new ShowrunnerError("task.failed", `Showrunner ended with status ${run.status}`, {
      details: lastWords(run, 40),
    });
  for (const name of await journalNames()) {
    if (before.has(name)) continue;
    const hosts = await hostsOf(join(journals, name));
    if (hosts) return { seconds: run.seconds, ...sumOf(hosts) };
  }
  throw new ShowrunnerError("internal", "Showrunner's run left no journal");
}

/**
 * Times a run in which nothing differs.
 *
 * @throws ShowrunnerError if it changed anything
 */
export async function timeShowrunner(signal: AbortSignal): Promise<OwnRun> {
  const run = await runShowrunner(signal);
  if (run.changed === 0) return run;
  throw new ShowrunnerError("task.failed", `Showrunner changed ${run.changed} tasks where nothing differs`);
}

async function journalNames(): Promise<string[]> {
  return readdir(journals).catch(() => []);
}

/** What a journal says in its end, if it is the bench's; it is of no use any more then. */
async function hostsOf(file: string): Promise<HostSummary[] | undefined> {
  const events = (await readFile(file, "utf8")).trim().split("\n");
  const [start, end] = [events.at(0), events.at(-1)].map(eventOf);
  if (start?.type !== "run:start" || start.inventory !== inventory) return undefined; // somebody else's
  await rm(file);
  if (end?.type !== "run:end") throw new ShowrunnerError("internal", `${file} has no end`);
  return Object.values(end.hosts);
}

function eventOf(line: string | undefined): TimedEvent | undefined {
  return line === undefined ? undefined : JSON.parse(line);
}

function sumOf(hosts: readonly HostSummary[]): Pick<OwnRun, "changed" | "roundTrips"> {
  const done = hosts.filter(({ ok, changed }) => ok + changed === taskCount).length;
  if (done !== lab.hosts.length)
    throw new ShowrunnerError("task.failed", `only ${done} hosts had all ${taskCount} tasks done`);
  return {
    changed: hosts.reduce((sum, { changed }) => sum + changed, 0),
    roundTrips: Math.max(...hosts.map(({ roundTrips }) => roundTrips)),
  };
}
