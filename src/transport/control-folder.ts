/** Folders in which connections of the system's ssh have their sockets, and what killed runs left of theirs. */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { longestSocket } from "./agent.ts";
import { askpassName } from "./askpass.ts";

/** Short, since the path of a socket has room for about a hundred characters. */
const prefix = "sr-";

/** Longer than anybody connects: whoever is connected has a socket in its folder. Milliseconds. */
const old = 60 * 60 * 1000;

let hasTidied = false;

/** Makes a folder that only its owner can look into. The first one of a process takes away those left behind. */
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

/** Another run may tidy up, too, and not everybody may list a shared folder: neither keeps us from connecting. */
function harmlessly(work: () => void): void {
  try {
    work();
  } catch {
    // it is left as it is
  }
}
