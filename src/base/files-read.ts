/** Which files of this machine a run was made of: a plan that is kept has a digest of each. */
import { resolve } from "node:path";

const read = new Set<string>();

/** A file that says what is to be done was read: a template, a file to be copied, an inventory. No secret's file. */
export function noteFileRead(file: string): void {
  read.add(resolve(file));
}

/** All of this process, by absolute path. */
export function filesRead(): readonly string[] {
  return [...read];
}
