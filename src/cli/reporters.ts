/** The reporters that a command line names: built in, in the project's folder `reporters`, or in a file. */
import { existsSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import { namesInFolder } from "../base/user-folder.ts";
import {
  createReporter,
  defaultReporter,
  isReporter,
  type OutputStream,
  type Reporter,
  type ReporterDefinition,
  type ReporterName,
  reporterNames,
  say,
  startReporter,
  styleFor,
} from "../report/index.ts";
import { loadTypeScript } from "./load-typescript.ts";
import type { ReportFlags } from "./options.ts";
import { projectRoot } from "./project.ts";

const endings = [".ts", ".mts", ".js", ".mjs"];

/**
 * Makes the reporters of a run.
 *
 * @param warn told where one of the user's own fails
 * @param own the playbook's, for where the user names none
 * @throws ShowrunnerError `usage` or `playbook.invalid`, before anything is run
 */
export async function openReporters(
  flags: ReportFlags,
  stream: OutputStream,
  warn: (text: string) => void,
  own?: ReporterDefinition,
): Promise<readonly Reporter[]> {
  const names = [...new Set(flags.reporter ?? (own ? [] : [defaultReporter(stream)]))];
  const builtIn = names.filter(isBuiltIn);
  if (builtIn.length > 1)
    throw new ShowrunnerError("usage", `${builtIn.join(" and ")} can't both write to the terminal`, {
      hint: "name one of them, and any number of your own",
    });
  const options = { verbose: flags.verbose ?? false, diff: flags.diff ?? false, style: styleFor(stream) };
  // where only the user's own report, nobody else would tell that one of them fails
  const onFailure = builtIn.length > 0 ? warn : (text: string) => tellAlone(text, warn);
  const named = await Promise.all(names.filter((name) => !isBuiltIn(name)).map(loadReporter));
  const definitions = own && flags.reporter === undefined ? [own] : named;
  return [
    ...(await Promise.all(builtIn.map((name) => createReporter(name, stream, options)))),
    ...definitions.map((definition) => startReporter(definition, stream, { ...options, onFailure })),
  ];
}

function tellAlone(text: string, warn: (text: string) => void): void {
  say(process.stderr, `warning: ${text}`);
  warn(text);
}

function isBuiltIn(name: string): name is ReporterName {
  return reporterNames.some((known) => known === name);
}

async function loadReporter(name: string): Promise<ReporterDefinition> {
  const file = findReporter(name);
  const { default: reporter } = await loadTypeScript(file);
  if (isReporter(reporter)) return reporter;
  throw new ShowrunnerError("playbook.invalid", `${name} exports no reporter as its default`, {
    location: { file, line: 1 },
    hint: "write `export default defineReporter(…)`",
  });
}

function findReporter(name: string): string {
  const candidates = ["", ...endings].flatMap((ending) => [
    join(folder(), name + ending),
    resolve(name + ending),
  ]);
  const found = candidates.find((path) => endings.includes(extname(path)) && existsSync(path));
  if (found !== undefined) return found;
  const known = [...reporterNames, ...ownReporters()];
  throw new ShowrunnerError("usage", `there is no reporter "${name}"${didYouMean(name, known)}`, {
    hint: `there are: ${known.join(", ")}; a file's path works too`,
  });
}

function folder(): string {
  const here = resolve("reporters");
  return existsSync(here) ? here : join(projectRoot(), "reporters");
}

function ownReporters(): string[] {
  return namesInFolder(folder())
    .filter((entry) => endings.includes(extname(entry)) && !entry.endsWith(".d.ts"))
    .map((entry) => basename(entry, extname(entry)))
    .sort();
}
