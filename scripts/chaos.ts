/**
 * `npm run chaos`: deploys the site on throw-away hosts and injects faults at every event of the run, to see that each
 * is healed by one rerun. See docs/running.md. Takes hours; `--quick` takes a sample.
 */
import { parseArgs } from "node:util";
import { exitCode, ShowrunnerError } from "../src/base/errors.ts";
import { printError } from "../src/cli/print-error.ts";
import { down, up } from "../src/lab/index.ts";
import { runCycle } from "./chaos/cycle.ts";
import { type Kind, kinds } from "./chaos/faults.ts";
import { describeFault, type Fault } from "./chaos/plan.ts";
import type { Point } from "./chaos/points.ts";
import { configurationStage, type Prepared, packagesStage } from "./chaos/stages.ts";
import { makeSite, type Site } from "./site-project.ts";
import { atWhateverEnd } from "./whatever-end.ts";

interface Wishes {
  /** Takes each so-manieth event. */
  readonly every: number;
  /** Takes each so-manieth line of a command's output. */
  readonly lines: number;
  readonly only: readonly Kind[];
  readonly stages: readonly string[];
  readonly keep: boolean;
}

interface Tally {
  readonly injected: Fault[];
  readonly missed: Fault[];
  readonly wrongs: string[];
  /** What a cycle says whose hosts are being taken down is worth nothing. */
  interrupted: boolean;
}

const began = Date.now();
const say = (line: string) => void process.stderr.write(`${clock()} ${line}\n`);

async function main(): Promise<number> {
  const wishes = readWishes();
  const site = await makeSite({ name: "chaos", shape: "compact", network: "10.96" });
  const tally: Tally = { injected: [], missed: [], wrongs: [], interrupted: false };
  let done = false;
  const leave = atWhateverEnd(async () => {
    if (!done) {
      tally.interrupted = true;
      say(
        `interrupted after ${tally.injected.length} faults, ${tally.wrongs.length} times something was not healed`,
      );
    }
    if (!wishes.keep) await down(site.spec, say);
  });
  try {
    // an earlier one that was killed may have left its hosts without a network
    await down(site.spec, () => undefined);
    await up(site.spec, say);
    const packages = await packagesStage(site, say);
    if (wishes.stages.includes("packages")) await injectAll(site, packages, wishes, tally);
    if (wishes.stages.includes("configuration") && !tally.interrupted)
      await injectAll(site, await configurationStage(site, packages.run, say), wishes, tally);
  } catch (error) {
    if (!tally.interrupted) return printError(error);
  } finally {
    done = true;
    await leave();
  }
  return tally.interrupted ? exitCode.interrupted : report(tally);
}

async function injectAll(
  site: Site,
  { stage, points }: Prepared,
  wishes: Wishes,
  tally: Tally,
): Promise<void> {
  let pending = faultsAt(points, wishes);
  const total = pending.length;
  say(`${stage.name}: ${total} faults to inject`);
  for (let number = 1; pending.length > 0; number++) {
    const start = Date.now();
    const { injected, missed, wrongs, runs } = await runCycle(site, stage, pending);
    if (tally.interrupted) return;
    const settled = new Set([...injected, ...missed]);
    if (settled.size === 0) throw new Error(`no fault could be injected: ${wrongs.join("; ")}`);
    pending = pending.filter((fault) => !settled.has(fault));
    tally.missed.push(...missed);
    tally.injected.push(...injected);
    const seconds = ((Date.now() - start) / 1000).toFixed(0);
    say(
      `${stage.name}: cycle ${number}: ${injected.length} faults in ${runs} runs, ${seconds} s; ${pending.length} of ${total} left`,
    );
    if (wrongs.length === 0) continue;
    const what = `${injected.map(describeFault).join("; then ")}\n    ${wrongs.slice(0, 12).join("\n    ")}`;
    say(`  NOT HEALED: ${what}`);
    tally.wrongs.push(what);
  }
}

/** In the order of their events. */
function faultsAt(points: readonly Point[], { every, lines, only }: Wishes): Fault[] {
  const chosen = points.filter(({ line }) => line === undefined || line % lines === 1 || lines === 1);
  const faults = only.flatMap((kind) => {
    const possible = kind === "controller" ? chosen : chosen.filter(({ host }) => host !== undefined);
    return possible
      .filter((_, index) => index % every === 0)
      .map((point, index) => ({ kind, point, silent: kind !== "controller" && index % 30 === 15 }));
  });
  return chosen.flatMap((point) => faults.filter((fault) => fault.point === point));
}

function report({ injected, missed, wrongs }: Tally): number {
  const of = (kind: Kind) => injected.filter((fault) => fault.kind === kind).length;
  const lines = missed.map(
    (fault) => `not injected, since its event did not come again: ${describeFault(fault)}`,
  );
  if (wrongs.length > 0) lines.push("", ...wrongs.map((text) => `not healed: ${text}`));
  const end =
    wrongs.length === 0 ? "all healed by one rerun" : `${wrongs.length} times something was not healed`;
  const counts = kinds.map((kind) => `${of(kind)} ${kind}`).join(", ");
  process.stdout.write(
    `${[...lines, "", `chaos: ${injected.length} faults injected (${counts}): ${end}`].join("\n")}\n`,
  );
  return wrongs.length === 0 ? exitCode.fine : exitCode.error;
}

function readWishes(): Wishes {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      every: { type: "string" },
      lines: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      stage: { type: "string", multiple: true, default: [] },
    },
  });
  const { quick, keep, only, stage } = values;
  const odd = only.find((name) => !kinds.some((kind) => kind === name));
  if (odd !== undefined)
    throw new ShowrunnerError("usage", `--only: expected ${kinds.join(", ")}, got "${odd}"`);
  return {
    keep,
    every: count("--every", values.every, quick ? 12 : 1),
    lines: count("--lines", values.lines, quick ? 400 : 50),
    only: only.length === 0 ? kinds : kinds.filter((kind) => only.includes(kind)),
    stages: stage.length === 0 ? ["packages", "configuration"] : stage,
  };
}

function count(name: string, text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new ShowrunnerError("usage", `${name}: expected a whole number above 0, got "${text}"`);
}

/** Since the beginning, as 12:05. */
function clock(): string {
  const seconds = Math.round((Date.now() - began) / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, "0")}`;
}

process.exitCode = await main().catch(printError);
