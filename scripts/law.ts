/** `npm run law [-- MODULE…]`: holds modules to the law, on throw-away hosts of each suite, and prints a table. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { messageOf, ShowrunnerError } from "../src/base/errors.ts";
import { printError } from "../src/cli/print-error.ts";
import { inventory } from "../src/inventory/index.ts";
import { down, type LabSpec, up } from "../src/lab/index.ts";
import { labFiles, type Suite } from "../src/lab/spec.ts";
import { type Cases, holdToLaw, isCases, type LawTarget, lawTable } from "../src/testing/index.ts";
import { connector } from "../src/transport/connect.ts";
import { atWhateverEnd } from "./whatever-end.ts";

const suites: readonly Suite[] = ["bookworm", "trixie"];
const say = (line: string) => void process.stdout.write(`${line}\n`);

const usage = `npm run law -- [MODULE…] [options]

  --case WORDS          only cases that have these words in their name
  --suite SUITE         bookworm or trixie; by default both
  --verbose             tells what holds, too
  --interruptions N     how often each case is interrupted (default 3)
  --network A.B         the first two numbers of the labs' networks (default 10.127)
  --keep                leaves the hosts for the next time: \`setup\` then runs again`;

const { values, positionals } = options();

function options() {
  try {
    return parsed();
  } catch (error) {
    say(`${messageOf(error)}\n\n${usage}`);
    process.exit(5);
  }
}

function parsed() {
  return parseArgs({
    allowPositionals: true,
    options: {
      help: { type: "boolean", default: false },
      case: { type: "string" },
      suite: { type: "string", multiple: true },
      network: { type: "string", default: "10.127" },
      keep: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      interruptions: { type: "string", default: "3" },
    },
  });
}

if (values.help) say(usage);
else process.exitCode = await main().catch(printError);

async function main(): Promise<number> {
  const cases = await casesOf(positionals);
  const wanted = suites.filter((suite) => values.suite?.includes(suite) ?? true);
  const state = values.keep
    ? join(tmpdir(), `showrunner-law-${values.network}`)
    : mkdtempSync(join(tmpdir(), "showrunner-law-"));
  const labs = wanted.map((suite) => labOf(suite, suites.indexOf(suite), state));
  let leaving = false;
  const leave = atWhateverEnd(async () => {
    leaving = true;
    if (values.keep) return;
    await Promise.all(labs.map((lab) => down(lab, () => undefined)));
    rmSync(state, { recursive: true, force: true });
  });
  try {
    for (const lab of labs) await up(lab, () => undefined);
    const began = Date.now();
    const { rows, failures } = await holdToLaw({
      cases,
      hosts: labs.map(targetOf),
      only: (one) => one.name.includes(values.case ?? ""),
      interruptions: Number(values.interruptions),
      onOutcome: ({ module, suite, name, article, problems }) => {
        const failed = problems.length > 0;
        // that the hosts are gone is no case's fault
        if (leaving || (!failed && !values.verbose)) return;
        say(
          `${failed ? "FAILED" : "holds"} ${module}${suite === undefined ? "" : ` on ${suite}`}, ${article}: ${name}`,
        );
        for (const line of problems) say(`    ${line}`);
      },
    });
    for (const line of lawTable(rows)) say(line);
    say(`${failures.length} failed, in ${((Date.now() - began) / 1000).toFixed(0)} s`);
    return failures.length === 0 ? 0 : 1;
  } finally {
    await leave();
  }
}

/** All cases of test/law, or those of the modules that are named. */
async function casesOf(modules: readonly string[]): Promise<Cases[]> {
  const folder = join(import.meta.dirname, "../test/law");
  const files = readdirSync(folder).filter((name) => name.endsWith(".cases.ts"));
  const all: Cases[] = [];
  // one by one: jiti gives who asks for a module that is just being loaded half of it
  for (const name of files.sort()) {
    const { default: found }: { default?: unknown } = await import(join(folder, name));
    if (!isCases(found))
      throw new ShowrunnerError("usage", `test/law/${name} has no cases as its default export`);
    all.push(found);
  }
  const unknown = modules.filter((module) => !all.some((one) => one.module === module));
  if (unknown.length > 0)
    throw new ShowrunnerError("usage", `there are no cases of ${unknown.join(", ")} in test/law`);
  return modules.length === 0 ? all : all.filter(({ module }) => modules.includes(module));
}

function labOf(suite: Suite, index: number, state: string): LabSpec {
  return {
    // the network is in it, so that several of these can run on one machine
    name: `law${values.network.replace(".", "x")}${suite.slice(0, 1)}`,
    network: `${values.network}.0.${index * 64}/26`,
    suite,
    user: "deploy",
    hosts: [{ name: suite, address: `${values.network}.0.${index * 64 + 11}` }],
    stateDir: join(state, suite),
  };
}

function targetOf(lab: LabSpec): LawTarget {
  const [host] = lab.hosts;
  if (!host) throw new Error(messageOf(lab));
  const { key, knownHosts } = labFiles(lab);
  const { name, address } = host;
  const settings = { name, address, port: 22, user: lab.user, identityFile: key, knownHosts };
  return {
    name,
    suite: lab.suite,
    inventory: inventory({ hosts: { [name]: { address } } }),
    access: { connect: connector("ssh", settings) },
  };
}
