/**
 * `npm run bench`: how long a play of 60 tasks takes on 5 hosts where nothing differs, beside the least that it could
 * take over SSH and beside Ansible; what it takes of CPU and memory, also on many hosts; and how long it takes where all
 * is still to be done. Options: `--quick` leaves out what takes minutes, `--keep` leaves the hosts up, `--runs N`.
 */
import { parseArgs } from "node:util";
import { atWhateverEnd } from "../scripts/whatever-end.ts";
import { exitCode, ShowrunnerError } from "../src/base/errors.ts";
import { printError } from "../src/cli/print-error.ts";
import { down, up } from "../src/lab/index.ts";
import { busyWarning } from "./busy.ts";
import { lab } from "./lab.ts";
import { keep, readLast } from "./last.ts";
import { race } from "./race.ts";
import { reportLines } from "./report.ts";

interface Wishes {
  readonly quick: boolean;
  readonly keep: boolean;
  readonly runs: number;
}

/** For a person; the results go to standard output. */
const progress = (line: string) => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const wishes = readWishes();
  const interrupted = new AbortController();
  const work = bench(wishes, interrupted.signal);
  const leave = atWhateverEnd(async () => {
    interrupted.abort();
    // what is being measured ends before its hosts go
    await work.catch(() => undefined);
    if (!wishes.keep) await down(lab, progress);
  });
  try {
    await work;
    return exitCode.fine;
  } catch (error) {
    if (!interrupted.signal.aborted) return printError(error);
    progress("interrupted");
    return exitCode.interrupted;
  } finally {
    await leave();
  }
}

function readWishes(): Wishes {
  const options = {
    quick: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    runs: { type: "string", default: "7" },
  } as const;
  const { values } = parseArgs({ options });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new ShowrunnerError("usage", `--runs: expected a whole number above 0, got "${values.runs}"`);
  return { quick: values.quick, keep: values.keep, runs };
}

async function bench({ quick, runs }: Wishes, signal: AbortSignal): Promise<void> {
  const before = await busyWarning("before the first run");
  if (before) progress(before);
  await up(lab, progress);
  signal.throwIfAborted();
  const { results, skipped } = await race({ quick, runs, signal, progress });
  const after = await busyWarning("after the last run");
  const warnings = [before, after, ...skipped].filter((line) => line !== undefined);
  const lines = [...reportLines(results, await readLast()), ...warnings.map((line) => `WARNING: ${line}`)];
  process.stdout.write(`\n${lines.join("\n")}\n\n`);
  progress(`kept for next time in ${await keep(results)}`);
}

process.exitCode = await main().catch(printError);
