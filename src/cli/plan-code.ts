/** The code that a plan is made from, for its digest: everything local that was loaded or read for it. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { ShowrunnerError } from "../base/errors.ts";
import { filesRead } from "../base/files-read.ts";
import { codeDigests, isBelow } from "../core/plans/plan-code.ts";
import type { PlanFile, PlannedCode } from "../core/plans/plan-schema.ts";
import { loadedModules } from "./load-typescript.ts";
import { projectRoot } from "./project.ts";

/** What says which versions of other packages are installed. */
const lockFiles = ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock"];

/**
 * The code of a plan, once it has been made: local modules, templates, files that are copied and inventories.
 *
 * @param entries the playbook's and the inventories' files
 */
export async function planCode(entries: readonly string[], salt: string): Promise<PlannedCode> {
  const root = projectRoot();
  const locks = lockFiles.map((name) => join(root, name)).filter((file) => existsSync(file));
  // what a playbook reads elsewhere may be made for each run; what becomes of it shows in the changes
  const read = filesRead().filter((file) => !relative(root, file).startsWith(".."));
  const files = withImports([...entries, ...loadedModules()]);
  const code = codeDigests([...files, ...read, ...locks], root, salt);
  const commit = await commitOf(root, Object.keys(code));
  return { ...(commit ? { commit } : {}), files: code };
}

/**
 * Refuses to keep a plan that could not be applied: what it names must be the project's own.
 *
 * @throws ShowrunnerError `usage`
 */
export function requireInProject(files: readonly string[], output: string): void {
  const root = projectRoot();
  const outside = files.filter((file) => !isBelow(file, root));
  if (outside.length === 0) return;
  throw new ShowrunnerError(
    "usage",
    `-o ${output}: ${outside.join(", ")} ${outside.length === 1 ? "is" : "are"} outside the project, ${root}`,
    {
      hint: "a plan that is kept may only name files of its project, so that it can run no others; leave out -o to see the plan",
    },
  );
}

/**
 * Modules that Node loads itself are in no list; so imports are followed by their text, where they name a file.
 */
function withImports(files: Iterable<string>): Set<string> {
  const found = new Set(files);
  for (const file of found)
    for (const imported of importsOf(file)) if (!imported.includes("/node_modules/")) found.add(imported);
  return found;
}

function importsOf(file: string): string[] {
  if (!/\.[cm]?[jt]sx?$/.test(file) || !statSync(file, { throwIfNoEntry: false })?.isFile()) return [];
  const text = readFileSync(file, "utf8");
  const named = text.matchAll(/\b(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"'\n]+)["']/g);
  return [...named]
    .map(([, path = ""]) => resolve(dirname(file), path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/** The commit that is checked out, where the project is kept in git, and whether its files are as it has them. */
async function commitOf(root: string, files: readonly string[]): Promise<PlannedCode["commit"]> {
  const git = async (...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)("git", ["-C", root, ...args]);
    return stdout.trim();
  };
  try {
    const id = await git("rev-parse", "--verify", "HEAD^{commit}");
    const own = files.filter((file) => !file.startsWith("..")).map((file) => `:(literal)${file}`);
    let changed = false;
    // a command line has an end
    for (let at = 0; at < own.length && !changed; at += 200)
      changed = (await git("status", "--porcelain", "--ignored", "--", ...own.slice(at, at + 200))) !== "";
    return { id, changed };
  } catch {
    // no repository, nothing committed yet, or no git
    return undefined;
  }
}

/**
 * Refuses files that the inventories read now and that the plan knows nothing of, such as new variables of a group.
 *
 * @throws ShowrunnerError `plan.invalid`
 */
export function requireNoOthers({ code }: PlanFile, plan: string): void {
  const root = projectRoot();
  const others = filesRead().filter((file) => !Object.hasOwn(code.files, relative(root, file)));
  if (others.length === 0) return;
  throw new ShowrunnerError("plan.invalid", `${plan} does not list files that are read now`, {
    details: others.map((file) => relative(root, file)),
    hint: "nothing was done; make a new plan",
  });
}

/** `commit 1a2b3c4d5e6f, 14 files`: what a plan was made from, for people. */
export function codeText({ commit, files }: PlannedCode): string {
  const number = Object.keys(files).length;
  const counted = `${number} ${number === 1 ? "file" : "files"}`;
  if (!commit) return counted;
  return `commit ${commit.id.slice(0, 12)}${commit.changed ? " with changes that are not committed" : ""}, ${counted}`;
}

/** That other code is checked out by now, where it comes to the same for the plan; undefined where it is that commit. */
export async function otherCommit({ commit, files }: PlannedCode): Promise<string | undefined> {
  if (!commit) return undefined;
  const now = await commitOf(projectRoot(), Object.keys(files));
  if (!now || now.id === commit.id) return undefined;
  return `made at commit ${commit.id.slice(0, 12)}, now at ${now.id.slice(0, 12)}; the files that the plan was made from are the same`;
}
