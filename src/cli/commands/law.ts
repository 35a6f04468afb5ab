/** `run law [MODULE…]` */
import { join } from "node:path";
import type { Command } from "commander";
import { ShowrunnerError } from "../../base/errors.ts";
import { projectRoot } from "../../base/project.ts";
import { didYouMean } from "../../base/suggest.ts";
import { namesInFolder } from "../../base/user-folder.ts";
import { redact } from "../../redaction/redact.ts";
import { say, styleFor } from "../../report/index.ts";
import { type Cases, holdToLaw, isCases, type LawTarget, lawTable } from "../../testing/index.ts";
import { findInventory } from "../inventories.ts";
import { labSpec } from "../lab-spec.ts";
import { loadTypeScript } from "../load-typescript.ts";
import { inventoryOption } from "../options.ts";

interface Flags {
  readonly inventory?: readonly string[];
  readonly case?: string;
}

export function configure(command: Command, exitWith: (code: number) => void): void {
  inventoryOption(
    command
      .description(
        "Holds modules to the law: the cases in the files *.cases.ts of the folder test, without a host and, with -i, on the hosts of a lab, to which they do what they like.",
      )
      .argument("[modules...]", "the modules; by default all that have cases"),
  )
    .option("--case <words>", "only cases that have these words in their name")
    .action(async (modules: readonly string[], flags: Flags) => exitWith(await hold(modules, flags)));
}

async function hold(modules: readonly string[], flags: Flags): Promise<number> {
  const cases = await casesOf(modules);
  const hosts = flags.inventory === undefined ? [] : await labHosts(flags.inventory);
  const style = styleFor(process.stdout);
  const { rows, failures, onlyOnHosts } = await holdToLaw({
    cases,
    hosts,
    only: ({ name }) => name.includes(flags.case ?? ""),
    onOutcome: ({ module, suite, article, name, problems }) => {
      if (problems.length === 0) return;
      const where = suite === undefined ? module : `${module} on ${suite}`;
      const lines = problems.map((problem) => `    ${redact(problem)}`);
      say(process.stdout, `${style("red", "FAILED")} ${where}, ${article}: ${name}`, ...lines);
    },
  });
  say(process.stdout, ...lawTable(rows));
  if (onlyOnHosts.length > 0)
    say(
      process.stdout,
      "Not checked: changes touch these facts of a case's end, and only a host shows what becomes of them.",
      ...onlyOnHosts.map(({ module, name, facts }) => `  ${module}, ${name}: ${facts.join(", ")}`),
    );
  if (hosts.length === 0)
    say(process.stdout, "Without a host; -i names an inventory whose lab is up, to run the rest there.");
  return failures.length === 0 ? 0 : 1;
}

/**
 * The cases that the project has.
 *
 * @throws ShowrunnerError `usage` for a module that has none
 */
async function casesOf(modules: readonly string[]): Promise<Cases[]> {
  const folder = join(projectRoot(), "test");
  const all: Cases[] = [];
  for (const file of namesInFolder(folder, { recursive: true }).filter((name) =>
    /\.cases\.m?[jt]s$/.test(name),
  )) {
    const { default: found } = await loadTypeScript(join(folder, file));
    if (!isCases(found))
      throw new ShowrunnerError("usage", `test/${file} has no cases as its default export`, {
        hint: 'write `export default cases(module, [ … ])`, with `cases` from "showrunner/testing"',
      });
    all.push(found);
  }
  const names = all.map(({ module }) => module);
  const unknown = modules.find((module) => !names.includes(module));
  if (unknown !== undefined || all.length === 0)
    throw new ShowrunnerError(
      "usage",
      unknown === undefined
        ? "there are no cases in the folder test"
        : `there are no cases of ${unknown} in the folder test${didYouMean(unknown, names)}`,
      { hint: "`npx showrunner new module NAME` writes some with a module" },
    );
  return modules.length === 0 ? all : all.filter(({ module }) => modules.includes(module));
}

/** @throws ShowrunnerError `usage` for an inventory whose hosts may be real ones */
async function labHosts(given: readonly string[]): Promise<LawTarget[]> {
  const found = await findInventory(given);
  const { suite } = labSpec(found);
  const { inventory, access } = found;
  return [...inventory.hosts.values()].map((host, _, { length }) => ({
    name: host.name,
    suite: length === 1 ? suite : `${suite} ${host.name}`,
    inventory,
    access: access(host),
  }));
}
