/** The user's project: see base/project.ts. */
import { relative } from "node:path";
import { projectRoot } from "../base/project.ts";

export { projectRoot };

/** A file's path from the project's folder, so that it is the same in another checkout; the full one of a file outside. */
export function fromRoot(file: string): string {
  const path = relative(projectRoot(), file);
  return path.startsWith("..") ? file : path;
}
