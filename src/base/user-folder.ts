/** Folders of the user's, such as a project's `modules`. */
import { readdirSync } from "node:fs";
import { formatLocation, ShowrunnerError } from "./errors.ts";
import { fileProblem } from "./file-problem.ts";

/**
 * The names of what is in a folder of the user's, sorted; none if there is nothing of that name.
 *
 * @param options.recursive what is in the folders below it, too, by its path from there
 * @throws ShowrunnerError `usage` for a file, or a folder that can't be read
 */
export function namesInFolder(folder: string, { recursive = false } = {}): string[] {
  try {
    return readdirSync(folder, { encoding: "utf8", recursive }).sort();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return [];
    const shown = formatLocation({ file: folder, line: 0 }).replace(/:0$/, "");
    throw new ShowrunnerError(
      "usage",
      code === "ENOTDIR"
        ? `${shown} is no folder: expected one, or nothing of that name`
        : `the folder ${shown} can't be read: ${fileProblem(error)}`,
      { cause: error },
    );
  }
}
