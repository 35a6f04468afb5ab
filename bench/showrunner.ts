/** Showrunner's own turn: the built command as a user starts it, measured as a whole process. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ShowrunnerError } from "../src/base/errors.ts";
import type { HostSummary, TimedEvent } from "../src/core/events/events.ts";
import { lab, projectFolder } from "./lab.ts";
import { lastWords, type MeasureOptions, measure } from "./measure.ts";
import type { Sample } from "./rounds.ts";
import { taskCount } from "./work.ts";

const journals = join(projectFolder, ".showrunner", "runs");

/** What is run, and what must come of it. */
export interface Play {
  /** From the checkout's folder. */
  readonly playbook: string;
  /** The same; default: the lab's. */
  readonly inventory?: string;
  /** Tasks a host. */
  readonly tasks?: number;
  /** Hosts that do them. */
  readonly hosts?: number;
}

export interface OwnRun extends Sample {
  /** Tasks that changed something, on all hosts together. */
  readonly changed: number;
  readonly roundTrips: number;
}

/**
 * Runs the play.
 *
 * @throws ShowrunnerError if it failed, or left a task out
 */
export async function runShowrunner(
  play: Play,
  signal: AbortSignal,
  take: MeasureOptions["take"] = "cpu",
): Promise<OwnRun> {
  const { playbook, inventory = "bench/inventory.ts" } = play;
  const before = new Set(await journalNames());
  const words = ["playbook", playbook, "-i", inventory, "--reporter", "plain"];
  const run = await measure([process.execPath, "dist/src/cli/main.cjs", ...words], {
    cwd: projectFolder,
    signal,
    take,
  });
  if (run.status !== 0)
    throw new ShowrunnerError("task.failed", `Showrunner ended with status ${run.status}`, {
      details: lastWords(run, 40),
    });
  for (const name of await journalNames()) {
    if (before.has(name)) continue;
    const hosts = await hostsOf(join(journals, name), inventory);
    if (hosts) return { seconds: run.seconds, cpu: run.cpu, memory: run.memory, ...sumOf(hosts, play) };
  }
  throw new ShowrunnerError("internal", "Showrunner's run left no journal");
}

/**
 * Measures a run in which nothing differs.
 *
 * @throws ShowrunnerError if it changed anything
 */
export async function runUnchanged(
  play: Play,
  signal: AbortSignal,
  take: MeasureOptions["take"] = "cpu",
): Promise<OwnRun> {
  const run = await runShowrunner(play, signal, take);
  if (run.changed === 0) return run;
  throw new ShowrunnerError("task.failed", `Showrunner changed ${run.changed} tasks where nothing differs`);
}

async function journalNames(): Promise<string[]> {
  return readdir(journals).catch(() => []);
}

/** What a journal says in its end, if it is the bench's; it is of no use any more then. */
async function hostsOf(file: string, inventory: string): Promise<HostSummary[] | undefined> {
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

function sumOf(
  all: readonly HostSummary[],
  { tasks = taskCount, hosts = lab.hosts.length }: Play,
): Pick<OwnRun, "changed" | "roundTrips"> {
  const done = all.filter(({ ok, changed }) => ok + changed === tasks).length;
  if (done !== hosts)
    throw new ShowrunnerError("task.failed", `${done} hosts of ${hosts} had all ${tasks} tasks done`);
  return {
    changed: all.reduce((sum, { changed }) => sum + changed, 0),
    roundTrips: Math.max(...all.map(({ roundTrips }) => roundTrips)),
  };
}
