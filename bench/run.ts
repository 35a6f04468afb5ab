/**
 * `npm run bench`: how long a play of 60 tasks takes on 5 hosts where nothing differs, beside the least that it could
 * take over SSH and beside Ansible. Options: `--quick` leaves Ansible out, `--keep` leaves the hosts up, `--runs N`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exitCode, ShowrunnerError } from "../src/base/errors.ts";
import { printError } from "../src/cli/print-error.ts";
import { down, up } from "../src/lab/index.ts";
import { installAnsible, installPython } from "./ansible/install.ts";
import { Ansible } from "./ansible/run.ts";
import { floorScript, runFloor } from "./floor.ts";
import { benchFolder, lab } from "./lab.ts";
import { marksOf, names, type Results, reportLines } from "./report.ts";
import { type Contender, takeTurns } from "./rounds.ts";
import { runShowrunner, timeShowrunner } from "./showrunner.ts";
import { taskCount } from "./work.ts";

interface Wishes {
  readonly quick: boolean;
  readonly keep: boolean;
  readonly runs: number;
}

/** For a person; the results go to standard output. */
const progress = (line: string) => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const interrupted = new AbortController();
  // A second one does no more: the hosts must go.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => interrupted.abort());
  try {
    const wishes = readWishes();
    try {
      const results = await bench(wishes, interrupted.signal);
      process.stdout.write(`\n${reportLines(results).join("\n")}\n\n`);
      progress(`written to ${await save(results)}`);
    } finally {
      if (!wishes.keep) await down(lab, progress);
    }
    return exitCode.fine;
  } catch (error) {
    if (!interrupted.signal.aborted) return printError(error);
    progress("interrupted");
    return exitCode.interrupted;
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

async function bench({ quick, runs }: Wishes, signal: AbortSignal): Promise<Results> {
  const check = () => signal.throwIfAborted();
  const [load = 0] = loadavg();
  if (load > cpus().length)
    progress(
      `this machine is busy (load ${load.toFixed(1)} on ${cpus().length} CPUs): wait, or trust the minima only`,
    );
  if (!quick) await installAnsible(progress);
  check();
  await up(lab, progress);
  check();
  if (!quick) await installPython(progress);
  check();
  progress(`deploying ${taskCount} tasks to ${lab.hosts.length} hosts`);
  const deployed = await runShowrunner(signal);
  progress(`deployed in ${deployed.seconds.toFixed(1)} s, ${deployed.changed} tasks changed something`);
  const ansible = quick ? undefined : await Ansible.prepare();
  try {
    if (ansible) await agree(ansible, signal);
    return await race(ansible, runs, signal);
  } finally {
    await ansible?.close();
  }
}

/** Only tools that agree on the state do the same work when nothing differs. */
async function agree(ansible: Ansible, signal: AbortSignal): Promise<void> {
  for (const flavour of ["pipelining", "mitogen"] as const) {
    const changed = await ansible.converge(flavour, signal, progress);
    if (changed > 0) progress(`Ansible with ${flavour} changed ${changed} tasks that Showrunner had done`);
  }
}

async function race(ansible: Ansible | undefined, runs: number, signal: AbortSignal): Promise<Results> {
  const script = floorScript();
  let roundTrips = 0;
  const contenders: Contender[] = [
    { name: names.floor, runs, time: () => runFloor(script, signal) },
    {
      name: names.showrunner,
      runs,
      async time() {
        const run = await timeShowrunner(signal);
        roundTrips = Math.max(roundTrips, run.roundTrips);
        return run.seconds;
      },
    },
  ];
  if (ansible)
    contenders.push(
      { name: names.mitogen, runs: Math.min(runs, 3), time: () => ansible.time("mitogen", signal) },
      { name: names.pipelining, runs: Math.min(runs, 2), time: () => ansible.time("pipelining", signal) },
    );
  for (const { name, time } of contenders.slice(0, 2))
    progress(`${name}: ${(await time()).toFixed(2)} s, to warm up`);
  const timings = await takeTurns(contenders, (name, seconds) =>
    progress(`${name}: ${seconds.toFixed(2)} s`),
  );
  return { timings, roundTrips };
}

/** For a program, or to compare with later. */
async function save(results: Results): Promise<string> {
  await mkdir(benchFolder, { recursive: true });
  const time = new Date().toISOString();
  const file = join(benchFolder, `${time.slice(0, 19).replaceAll(":", "-")}.json`);
  const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model };
  const content = {
    time,
    machine,
    tasks: taskCount,
    hosts: lab.hosts.length,
    ...results,
    marks: marksOf(results),
  };
  await writeFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
  return file;
}

process.exitCode = await main();
