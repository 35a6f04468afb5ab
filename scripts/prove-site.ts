/**
 * `npm run prove:site`: deploys the whole site on throw-away hosts, from nothing, and breaks it under load. Prints a table
 * of figures; the exit code says whether all of them are as they must be. See docs/running.md.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exitCode, messageOf, ShowrunnerError } from "../src/base/errors.ts";
import { printError } from "../src/cli/print-error.ts";
import { table } from "../src/cli/text.ts";
import { down, type Suite, up } from "../src/lab/index.ts";
import { walkPorts } from "../test/lab/port-matrix.ts";
import { underLoad } from "../test/load.ts";
import { changesOf, failuresOf, runSite } from "./chaos/site-run.ts";
import { alerts } from "./prove/alerts.ts";
import { scanEdge } from "./prove/edge-scan.ts";
import { type Entry, entryOf, inside, isWhole } from "./prove/entry.ts";
import { type Figure, figureOf, rowsOf } from "./prove/figures.ts";
import { growAndShrink } from "./prove/growth.ts";
import { type Work, works } from "./prove/loads.ts";
import { makeSite, type Site } from "./site-project.ts";
import { atWhateverEnd } from "./whatever-end.ts";

const network = "10.158";
const began = Date.now();
const say = (line: string) => void process.stderr.write(`${clock()} ${line}\n`);

async function main(): Promise<number> {
  let wrong = 0;
  let site: Site | undefined;
  const leave = atWhateverEnd(async () => {
    if (site) await down(site.spec, say);
  });
  for (const suite of suitesOf()) {
    site = await makeSite({ name: "prove", shape: "lab", network, suite });
    const figures = await proveOn(site);
    process.stdout.write(`\n${suite}\n${table(rowsOf(figures)).join("\n")}\n`);
    for (const { what, wrong: why } of figures)
      for (const line of why) process.stdout.write(`WRONG: ${what}: ${line}\n`);
    wrong += figures.filter(({ wrong: why }) => why.length > 0).length;
  }
  await leave();
  wrong += longTests();
  process.stdout.write(`\nprove:site: ${wrong === 0 ? "all marks hold" : `${wrong} marks do not hold`}\n`);
  return wrong === 0 ? exitCode.fine : exitCode.error;
}

/** Tests that are too long for `npm test`. @returns 1 where one fails */
function longTests(): number {
  const vitest = join(import.meta.dirname, "..", "node_modules", ".bin", "vitest");
  const { status } = spawnSync(vitest, ["run", "--project", "proof"], { stdio: "inherit" });
  return status === 0 ? 0 : 1;
}

async function proveOn(site: Site): Promise<Figure[]> {
  const figures: Figure[] = [];
  const add = (figure: Figure) => {
    figures.push(figure);
    for (const line of [rowsOf([figure])[1]?.join("  ") ?? "", ...figure.wrong]) say(line);
  };
  // an earlier one that was killed may have left its hosts
  await down(site.spec, () => undefined);
  try {
    await up(site.spec, say);
    for (const deployed of await deployTwice(site)) add(deployed);
    if (figures.some(({ wrong }) => wrong.length > 0)) return figures;
    add(await ports(site));
    const entry = await entryOf(site);
    add(await edge(site, entry));
    for (const work of works) add(await loaded(work, site, entry));
    add(await watched(site));
    for (const grown of await growAndShrink(site)) add(grown);
    return figures;
  } finally {
    await down(site.spec, say);
  }
}

async function deployTwice(site: Site): Promise<Figure[]> {
  const { length } = site.spec.hosts;
  const first = await runSite(site);
  const fresh = {
    what: `the site on ${length} fresh hosts`,
    told: `${changesOf(first).length} changes, ${first.seconds.toFixed(0)} s`,
    wrong: [
      ...failuresOf(first).map(({ text }) => text),
      ...(first.exitCode === 0 ? [] : [`it ended with ${first.exitCode}: ${first.stderr}`]),
    ],
  };
  if (fresh.wrong.length > 0) return [fresh];
  const second = await runSite(site);
  const changes = changesOf(second).map(({ text }) => text);
  return [
    fresh,
    {
      what: "the site again",
      told: `0 changes, ${second.seconds.toFixed(0)} s`,
      wrong: [
        ...changes,
        ...failuresOf(second).map(({ text }) => text),
        ...(second.exitCode === 0 ? [] : [`it ended with ${second.exitCode}: ${second.stderr}`]),
      ],
    },
  ];
}

async function ports(site: Site): Promise<Figure> {
  const { probes, wrong, silent } = await walkPorts(
    site.hosts,
    (host, ...command) => inside(site.spec, host, command),
    { bridge: `sr-${site.spec.name}`, stranger: `${network}.0.99` },
  );
  return {
    what: "every port from every host, over IPv4 and IPv6",
    told: `${probes} tries, as declared`,
    wrong: [
      ...wrong,
      ...silent.map((place) => `nothing listens on ${place}, which the inventory lets others reach`),
    ],
  };
}

async function edge({ spec }: Site, { address, options }: Entry): Promise<Figure> {
  const found = await scanEdge(spec, "mon1", { name: "site.example", address, ca: options.ca ?? "" });
  return {
    what: "testssl.sh at the edge",
    told: "nothing above LOW, besides that no revocation list is published",
    wrong: found.map(({ id, severity, finding }) => `${severity}: ${id}: ${finding}`),
  };
}

async function watched(site: Site): Promise<Figure> {
  say("each fault that has an alert …");
  try {
    return await alerts(site);
  } catch (error) {
    return { what: "each fault is told by its alert, which clears", wrong: [messageOf(error)] };
  }
}

async function loaded(work: Work, site: Site, entry: Entry): Promise<Figure> {
  say(`${work.what} …`);
  let diedAt: number | undefined;
  const noted = async () => {
    try {
      return await work.run(site, entry, () => {
        diedAt = performance.now();
      });
    } catch (error) {
      return [messageOf(error)];
    }
  };
  const { load, value } = await underLoad(entry.url, noted, entry.options);
  const figure = figureOf(work.what, load, diedAt, value);
  try {
    await isWhole(site, entry);
    return figure;
  } catch (error) {
    return { ...figure, wrong: [...figure.wrong, `the site is not whole afterwards: ${messageOf(error)}`] };
  }
}

function suitesOf(): Suite[] {
  const { values } = parseArgs({ options: { suite: { type: "string", multiple: true } } });
  const all: Suite[] = ["bookworm", "trixie"];
  const odd = values.suite?.find((name) => !all.some((suite) => suite === name));
  if (odd !== undefined)
    throw new ShowrunnerError("usage", `--suite: expected ${all.join(" or ")}, got "${odd}"`);
  return all.filter((suite) => values.suite?.includes(suite) ?? true);
}

/** Since the beginning, as 12:05. */
function clock(): string {
  const seconds = Math.round((Date.now() - began) / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, "0")}`;
}

process.exitCode = await main().catch(printError);
