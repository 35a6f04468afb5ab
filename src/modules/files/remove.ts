/** Removes what is at a path. */

import { posix } from "node:path";
import { fileRemoved } from "../../facts/file-effects.ts";
import { file } from "../../facts/files.ts";
import {
  type Change,
  change,
  enterDirectoryOf,
  lines,
  type Plan,
  type PlanHost,
  sh,
} from "../../kit/index.ts";
import { stateWord } from "../../kit/own.ts";

/** A directory goes with all that is in it; a link goes alone. */
export async function* removePath(host: PlanHost, path: string): Plan<void> {
  const state = await host.fact(file, path);
  if (state.type === "absent") return;
  yield change({
    what: "removed",
    before: state.type,
    after: "absent",
    script: lines(enterDirectoryOf(path), sh`sr_remove ${posix.basename(path)} ${stateWord(state)}`),
    ...fileRemoved(path, state),
  });
}

/** Of a directory that holds nothing. It fails where something has come into it since. */
export function removeEmptyDirectory(path: string): Change {
  return change({
    what: "removed",
    before: "directory",
    after: "absent",
    script: lines(enterDirectoryOf(path), sh`rmdir -- ${`./${posix.basename(path)}`}`),
    ...fileRemoved(path),
  });
}
