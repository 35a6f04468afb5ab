/** Folders in which connections of the system's ssh have their sockets, and what killed runs left of theirs. */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { longestSocket } from "./agent.ts";
import { askpassName } from "./askpass.ts";

/** Short, since the path of a socket has room for about a hundred characters. */
const prefix = "sr-";

/** Longer than connecting ever takes: after that, a folder in use has a socket. Milliseconds. */
const old = 60 * 60 * 1000;

let hasTidied = false;

/** Makes a folder that only its owner can read. The first folder of a process also removes those left behind. */
export function controlFolder(): string {
  const parent = roomyParent();
  if (!hasTidied) tidy(parent);
  hasTidied = true;
  return mkdtempSync(join(parent, prefix));
}

/** ssh makes the socket under a longer name first: the folder's, `/c`, a dot and 16 letters. */
function roomyParent(): string {
  const needed = prefix.length + 6 + "//c.".length + 16;
  return Buffer.byteLength(tmpdir()) + needed <= longestSocket ? tmpdir() : "/tmp";
}

function tidy(parent: string): void {
  const isName = (name: string) => name.startsWith(prefix) && name.length === prefix.length + 6;
  harmlessly(() => {
    for (const name of readdirSync(parent).filter(isName)) harmlessly(() => removeIfLeft(join(parent, name)));
  });
}

function removeIfLeft(folder: string): void {
  const found = lstatSync(folder);
  const isOurs = found.isDirectory() && found.uid === userInfo().uid;
  if (!isOurs || found.mtimeMs > Date.now() - old) return;
  if (readdirSync(folder).every((name) => name === askpassName)) rmSync(folder, { recursive: true });
}

/**
 * Another run may remove folders at the same time, and a shared folder may not be listable: errors here are ignored.
 */
function harmlessly(work: () => void): void {
  try {
    work();
  } catch {
    // the folder is left as it is
  }
}
