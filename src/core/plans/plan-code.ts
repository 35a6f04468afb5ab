/** The code that a plan was made from: which files, and whether they are still the same. */
import { createHmac } from "node:crypto";
import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import { fileProblem } from "../../base/file-problem.ts";
import type { PlanFile } from "./plan-schema.ts";

type Digests = PlanFile["code"]["files"];

/** How many files a message names. */
const named = 12;

/**
 * Digests of files, by their paths from the project's folder.
 *
 * @param files absolute paths; what is no file is left out
 * @param salt the plan's salt: without it, the content of a file could be guessed from its digest
 */
export function codeDigests(files: Iterable<string>, root: string, salt: string): Digests {
  const digests: Digests = {};
  for (const file of [...new Set(files)].sort())
    if (statSync(file, { throwIfNoEntry: false })?.isFile())
      digests[relative(root, file)] = fileDigest(file, salt);
  return digests;
}

/**
 * Refuses a plan whose code differs from the files that are here now. No file is loaded for that.
 *
 * @param plan read from `file`
 * @param root the project's folder
 * @param filesIn lists the inventories in a folder of them
 * @throws ShowrunnerError `file.missing`, or `plan.invalid` with the files that differ, or lie outside the project
 */
export function requireSameCode(
  { request, code, salt }: PlanFile,
  file: string,
  { root, filesIn }: { root: string; filesIn: (folder: string) => readonly string[] },
): void {
  requireOwn(request.playbookFile, "playbook");
  for (const path of request.inventoryFiles) {
    const absolute = resolve(root, path);
    const isFolder = statSync(absolute, { throwIfNoEntry: false })?.isDirectory() === true;
    for (const one of isFolder ? filesIn(absolute) : []) requireOwn(relative(root, one), "inventory");
    if (!isFolder) requireOwn(path, "inventory");
  }
  const differing = Object.entries(code.files).flatMap(([path, digest]) => {
    const problem = problemOf(resolve(root, path), digest, salt);
    return problem === undefined ? [] : [`${path}: ${problem}`];
  });
  if (differing.length === 0) return;
  throw new ShowrunnerError(
    "plan.invalid",
    `${differing.length === 1 ? "a file is" : `${differing.length} files are`} not what ${file} was made from`,
    {
      details: [
        ...differing.slice(0, named),
        ...(differing.length > named ? [`and ${differing.length - named} more`] : []),
      ],
      hint: "nothing was done; apply a plan with the code that it was made from, or make a new one",
    },
  );

  /** The files that a plan names are run: each must be in the project, and the plan must have its digest. */
  function requireOwn(path: string, what: string): void {
    const absolute = resolve(root, path);
    const isThere = statSync(absolute, { throwIfNoEntry: false }) !== undefined;
    const isNamedBelow = !isAbsolute(path) && !relative(root, absolute).startsWith("..");
    if (!isThere && isNamedBelow)
      throw new ShowrunnerError(
        "file.missing",
        `the ${what} that ${file} was made from does not exist: ${absolute}`,
        { hint: "apply a plan in the project that it was made in, or make a new one" },
      );
    if (isThere && isNamedBelow && isBelow(absolute, root) && Object.hasOwn(code.files, path)) return;
    throw new ShowrunnerError(
      "plan.invalid",
      `${file} names ${path} as its ${what}, which is not among the files of this project that the plan was made from`,
      {
        details: [`the project is ${root}`],
        hint: "nothing was loaded; where does this plan come from?",
      },
    );
  }
}

/** Whether a file lies below a folder, with all links followed. */
export function isBelow(file: string, folder: string): boolean {
  const path = relative(realpathSync(folder), realpathSync(file));
  return path !== "" && path !== ".." && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

function problemOf(file: string, digest: string, salt: string): string | undefined {
  try {
    // never opened otherwise: a pipe would wait for a writer
    if (!statSync(file).isFile()) return "it is not a file any more";
    return fileDigest(file, salt) === digest ? undefined : "its content has changed";
  } catch (error) {
    return fileProblem(error);
  }
}

/** Reads in pieces: a file that is copied to hosts may be larger than the memory. */
function fileDigest(file: string, salt: string): string {
  const hash = createHmac("sha256", salt);
  const piece = Buffer.alloc(1024 * 1024);
  const descriptor = openSync(file, "r");
  try {
    for (let length = readSync(descriptor, piece); length > 0; length = readSync(descriptor, piece))
      hash.update(piece.subarray(0, length));
  } catch (error) {
    throw new ShowrunnerError("file.missing", `${file} can't be read: ${messageOf(error)}`);
  } finally {
    closeSync(descriptor);
  }
  return hash.digest("hex");
}
