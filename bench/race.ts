/** All that is measured, in its order: first where nothing differs, then many hosts, then where all is to be done. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../src/base/errors.ts";
import type { Progress } from "../src/lab/index.ts";
import { installAnsible, installPython } from "./ansible/install.ts";
import { Ansible } from "./ansible/run.ts";
import { startFleet } from "./fleet.ts";
import { convergingScript, floorScript, runFloor } from "./floor.ts";
import { withHostCpu } from "./host-cpu.ts";
import { lab } from "./lab.ts";
import { measure } from "./measure.ts";
import { names } from "./names.ts";
import { resetHosts } from "./reset.ts";
import { type Contender, type Result, type Sample, takeTurns } from "./rounds.ts";
import { runShowrunner, runUnchanged } from "./showrunner.ts";
import { slowLinks } from "./slow-links.ts";
import { rounds, taskCount, tree } from "./work.ts";

export interface Race {
  /** Leaves out what takes minutes. */
  readonly quick: boolean;
  /** How often everything is run, but for 1,000 hosts. */
  readonly runs: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export interface Ran {
  readonly results: readonly Result[];
  /** What could not be measured, and why. */
  readonly skipped: readonly string[];
}

const batch = { playbook: "bench/playbook.ts" };
const natural = { playbook: "bench/natural.ts" };
const again = { playbook: "bench/again.ts", tasks: taskCount * rounds };
const treePlay = { playbook: "bench/tree.ts", tasks: 1, hosts: 1 };

/** The hosts must be up. */
export async function race(options: Race): Promise<Ran> {
  const { quick, signal, progress } = options;
  progress(`deploying ${taskCount} tasks to ${lab.hosts.length} hosts`);
  await runShowrunner(batch, signal);
  await makeTree();
  await runShowrunner(treePlay, signal);
  const skipped: string[] = [];
  const ansible = quick
    ? undefined
    : await prepareAnsible(options).catch((error: unknown) => {
        signal.throwIfAborted();
        skipped.push(`Ansible was left out: ${messageOf(error)}`);
        return undefined;
      });
  try {
    const unchanged = await raceUnchanged(options, ansible);
    if (quick)
      return {
        results: unchanged,
        skipped: ["--quick: Ansible, the fleets and the first converge were left out"],
      };
    return {
      results: [...unchanged, ...(await raceFleet(options)), ...(await raceConverge(options))],
      skipped,
    };
  } finally {
    await ansible?.close();
  }
}

async function raceUnchanged(
  { runs, signal, progress }: Race,
  ansible: Ansible | undefined,
): Promise<Result[]> {
  const script = floorScript();
  const links = await slowLinks();
  const slowNatural = { ...natural, inventory: links.inventory };
  const own: Contender[] = [
    { name: names.floor, runs, run: () => runFloor(script, signal) },
    { name: names.batch, runs, run: () => runUnchanged(batch, signal) },
    { name: names.natural, runs, run: () => withHostCpu(() => runUnchanged(natural, signal)) },
    { name: names.again, runs, run: () => runUnchanged(again, signal) },
    { name: names.node, runs, run: () => measure([process.execPath, "-e", "1"], { signal, take: "cpu" }) },
    { name: names.slowFloor, runs, run: () => runFloor(script, signal, links.ways) },
    { name: names.slowNatural, runs, run: () => runUnchanged(slowNatural, signal) },
    { name: names.tree, runs, run: () => runUnchanged(treePlay, signal) },
  ];
  const others: Contender[] = ansible
    ? [
        { name: names.mitogen, runs, run: () => ansible.time("mitogen", signal) },
        { name: names.pipelining, runs, run: () => ansible.time("pipelining", signal) },
      ]
    : [];
  try {
    for (const { name, run } of own) tell(progress, `${name}, to warm up`, await run());
    return await takeTurns([...own, ...others], (name, sample) => tell(progress, name, sample));
  } finally {
    links.close();
  }
}

async function raceFleet({ runs, signal, progress }: Race): Promise<Result[]> {
  const fleet = await startFleet();
  try {
    const fleetPlay = { ...natural, inventory: await fleet.inventory(200), hosts: 200 };
    const fleetOne = { ...fleetPlay, playbook: "bench/one.ts", tasks: 1 };
    const thousand = {
      playbook: "bench/long-output.ts",
      tasks: taskCount + 1,
      inventory: await fleet.inventory(1000),
      hosts: 1000,
    };
    const contenders = [
      { name: names.fleet, runs, run: () => runUnchanged(fleetPlay, signal) },
      { name: names.fleetOne, runs, run: () => runUnchanged(fleetOne, signal) },
      // the memory is much the same every time
      { name: names.thousand, runs: 1, run: () => runUnchanged(thousand, signal, "memory") },
    ];
    return await takeTurns(contenders, (name, sample) => tell(progress, name, sample));
  } finally {
    fleet.close();
  }
}

async function raceConverge({ runs, signal, progress }: Race): Promise<Result[]> {
  const script = convergingScript();
  const contenders = [
    { name: names.convergingFloor, runs, run: () => runFloor(script, signal) },
    { name: names.converging, runs, run: () => runShowrunner(natural, signal) },
  ].map(({ run, ...contender }) => ({
    ...contender,
    async run() {
      await resetHosts();
      return run();
    },
  }));
  return takeTurns(contenders, (name, sample) => tell(progress, name, sample));
}

function tell(progress: Progress, name: string, { seconds, cpu, hostCpu, memory }: Sample): void {
  const more = [
    cpu === undefined ? "" : `, ${cpu.toFixed(3)} s of CPU`,
    hostCpu === undefined ? "" : `, ${hostCpu.toFixed(3)} s of a host's`,
    memory === undefined ? "" : `, ${memory.toFixed(0)} MB`,
  ];
  progress(`${name}: ${seconds.toFixed(2)} s${more.join("")}`);
}

async function makeTree(): Promise<void> {
  for (let folder = 0; folder < tree.folders; folder++) {
    const path = join(tree.source, `folder-${folder}`);
    await mkdir(path, { recursive: true });
    for (let file = 0; file < tree.filesEach; file++)
      await writeFile(join(path, `file-${file}`), `file ${file} of folder ${folder}\n`.repeat(40));
  }
}

/** Only tools that agree on the state do the same work when nothing differs. */
async function prepareAnsible({ signal, progress }: Race): Promise<Ansible> {
  await installAnsible(progress);
  await installPython(progress);
  const ansible = await Ansible.prepare();
  for (const flavour of ["pipelining", "mitogen"] as const) {
    const changed = await ansible.converge(flavour, signal, progress);
    if (changed > 0) progress(`Ansible with ${flavour} changed ${changed} tasks that Showrunner had done`);
  }
  return ansible;
}
