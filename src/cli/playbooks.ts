/** The playbooks there are, and the one that a name means. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import { namesInFolder } from "../base/user-folder.ts";
import { isPlaybook, type Playbook } from "../core/plays/play.ts";
import { isReporter, type ReporterDefinition } from "../report/index.ts";
import { loadTypeScript } from "./load-typescript.ts";
import { projectRoot } from "./project.ts";

const endings = [".ts", ".mts", ".js", ".mjs"];

interface FoundPlaybook {
  /** The file's name without its ending. */
  readonly name: string;
  readonly file: string;
}

interface LoadedPlaybook extends FoundPlaybook {
  readonly playbook: Playbook;
  /** What its file exports as `reporter`: how its runs look where the user names no reporter. */
  readonly reporter: ReporterDefinition | undefined;
}

/** The folder of the user's playbooks: below the working directory, or below the project's. */
export function playbooksFolder(): string {
  const here = resolve("playbooks");
  return existsSync(here) ? here : join(projectRoot(), "playbooks");
}

/** The playbooks in the folder, by name. */
export function listPlaybooks(): FoundPlaybook[] {
  const folder = playbooksFolder();
  return namesInFolder(folder)
    .filter((entry) => endings.includes(extname(entry)) && !entry.endsWith(".d.ts"))
    .filter((entry) => statSync(join(folder, entry), { throwIfNoEntry: false })?.isFile())
    .map((entry) => ({ name: basename(entry, extname(entry)), file: join(folder, entry) }));
}

/** The first line of a file's doc comment, or nothing. */
export function summaryOf(file: string): string {
  const before = /^\s*(?:(?:import[^;]*;|\/\/[^\n]*\n)\s*)*/;
  const [, comment = ""] = /^\/\*\*(.*?)\*\//s.exec(readFileSync(file, "utf8").replace(before, "")) ?? [];
  const lines = comment.split("\n").map((line) => line.replace(/^\s*\*?\s*/, "").trim());
  return lines.find((line) => line !== "") ?? "";
}

/**
 * Finds and loads a playbook.
 *
 * @param wanted a playbook's name, or a file's path
 * @throws ShowrunnerError `file.missing` with the playbooks there are, `playbook.invalid` for a file that has none
 */
export async function loadPlaybook(wanted: string): Promise<LoadedPlaybook> {
  const found = findPlaybook(wanted);
  const { default: playbook, reporter } = await loadTypeScript(found.file);
  if (isPlaybook(playbook))
    return { ...found, playbook, reporter: isReporter(reporter) ? reporter : undefined };
  throw new ShowrunnerError("playbook.invalid", `${wanted} exports no playbook as its default`, {
    location: { file: found.file, line: 1 },
    hint: "write `export default playbook([play(…)])`",
  });
}

function findPlaybook(wanted: string): FoundPlaybook {
  const candidates = [
    ...["", ...endings].map((ending) => join(playbooksFolder(), wanted + ending)),
    ...["", ...endings].map((ending) => resolve(wanted + ending)),
  ];
  const file = candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  if (file !== undefined) return { name: basename(file, extname(file)), file };
  const known = listPlaybooks();
  const names = known.map(({ name }) => name);
  throw new ShowrunnerError("file.missing", `there is no playbook "${wanted}"${didYouMean(wanted, names)}`, {
    hint:
      known.length > 0
        ? `the playbooks in ${playbooksFolder()} are: ${names.join(", ")}`
        : `there are no playbooks in ${playbooksFolder()}; a file's path works too`,
  });
}
