/** Where compiled code is kept between runs. */
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/**
 * A folder in the user's own cache. Code that is run comes from it, so nobody else may write there, or put another
 * folder in its place.
 *
 * @returns its absolute path; undefined where there can be no such folder
 */
export function cacheFolder(name: string): string | undefined {
  const { XDG_CACHE_HOME: given = "" } = process.env;
  const folder = join(isAbsolute(given) ? given : join(homedir(), ".cache"), "showrunner", name);
  try {
    // under sudo with another user's home, a folder of root's would keep out that user
    if (!isOwnWay(existingPart(folder))) return undefined;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return isOwnWay(folder) ? folder : undefined;
  } catch {
    return undefined; // a home that is not there, or may not be written to
  }
}

/** The deepest folder on the way that is there. */
function existingPart(folder: string): string {
  const isThere = lstatSync(folder, { throwIfNoEntry: false }) !== undefined;
  return isThere ? folder : existingPart(dirname(folder));
}

/** By the names on the way, and by where they lead. */
function isOwnWay(folder: string): boolean {
  return isOwn(folder) && isOwn(realpathSync(folder));
}

/** Whether a folder, and all on the way to it, belongs to this user or to root, and nobody else may rename what is there. */
function isOwn(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    const found = lstatSync(path);
    const isSticky = path !== folder && (found.mode & 0o1000) !== 0;
    const isClosed = found.isSymbolicLink() || isSticky || (found.mode & 0o022) === 0;
    if (!isClosed || (found.uid !== 0 && found.uid !== process.getuid?.())) return false;
    if (path === dirname(path)) return true;
  }
}
