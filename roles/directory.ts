/** Directories that a user may name. */
import { file, fileState, readFact } from "showrunner";

interface Attributes {
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}

/**
 * Makes a directory for a role. One that the user has named may be somebody else's, too: where it is there already, it
 * keeps its mode and owner.
 *
 * @param own the role's own directory, which always gets the attributes
 */
export async function makeDirectory(path: string, own: string, attributes: Attributes): Promise<void> {
  const isOurs = path === own || (await readFact(fileState, path)).type === "absent";
  await file({ path, state: "directory", ...(isOurs ? attributes : {}) });
}
