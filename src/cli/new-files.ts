/** Writes several new files: all of them, or none. */
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";
import { fileProblem } from "../base/file-problem.ts";

interface NewFile {
  /** From the project's folder. */
  readonly path: string;
  readonly text: string;
}

/**
 * Writes files that are not there yet, with the folders that they need.
 *
 * @param root the project's folder
 * @throws ShowrunnerError `usage` where one of them can't be written; what was written before is taken away again
 */
export function writeNewFiles(root: string, files: readonly NewFile[]): void {
  const made: string[] = [];
  for (const { path, text } of files) {
    try {
      const folder = mkdirSync(join(root, dirname(path)), { recursive: true });
      if (folder !== undefined) made.push(folder);
      const file = openSync(join(root, path), "wx");
      // from here on it is there, also where a full disk cuts its text short
      made.push(join(root, path));
      try {
        writeFileSync(file, text);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      for (const one of made.reverse()) rmSync(one, { recursive: true, force: true });
      throw notWritten(root, path, error);
    }
  }
}

function notWritten(root: string, path: string, error: unknown): ShowrunnerError {
  const blocking = foldersOf(path).find((folder) => !isFolder(join(root, folder)));
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (blocking !== undefined && code !== "EACCES")
    return new ShowrunnerError("usage", `${blocking} is no folder: nothing was written`, {
      hint: `${path} belongs there: move what has that name, or take it away`,
      cause: error,
    });
  return new ShowrunnerError(
    "usage",
    `${path} can't be written: ${fileProblem(error)}; nothing was written`,
    {
      hint: "new files are written into the project's folder: it must belong to you, and have space left",
      cause: error,
    },
  );
}

/** The folders that a path lies in, the outermost first. */
function foldersOf(path: string): string[] {
  const names = dirname(path).split("/");
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
