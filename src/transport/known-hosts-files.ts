/** Which known_hosts files count for a host. The first of them is where new keys are pinned. */
import { existsSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";

/** The user's own, where nothing else is said. */
export function defaultKnownHosts(): string {
  return join(homedir(), ".ssh", "known_hosts");
}

/** What is read besides it. */
export function otherKnownHosts(): string[] {
  return [`${defaultKnownHosts()}2`, "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];
}

/**
 * Whether a path keeps no keys: `none`, /dev/null and its like. With such a path every key would be new each time, and
 * turning the check off needs the explicit "insecure". A directory, a pipe or a socket is a mistake instead, and
 * reading it is an error: a user who passes keys through a pipe must not get a run that trusts any key.
 */
export function keepsNothing(path: string): boolean {
  if (path.toLowerCase() === "none") return true;
  try {
    return statSync(path, { throwIfNoEntry: false })?.isCharacterDevice() === true;
  } catch {
    return false;
  }
}

/** What to do where a key is to be kept in such a file. */
export const keepsNothingHint =
  'name another file as knownHosts; only the explicit hostKeys: "insecure" turns the check of keys off';

/**
 * The files of a UserKnownHostsFile or GlobalKnownHostsFile as `ssh -G` prints it: without the quotes that paths with
 * spaces had. What exists tells them apart, and where nothing does, how a path begins.
 *
 * @param place where we look for what ssh names
 */
export function knownHostsPaths(text = "", place: (path: string) => string = inHome): string[] {
  const words = text.split(" ").filter((word) => word !== "");
  const paths: string[] = [];
  for (let at = 0; at < words.length; ) {
    const upTo = (end: number) => place(words.slice(at, end).join(" "));
    const ends = Array.from({ length: words.length - at }, (_, index) => words.length - index);
    const next = words.findIndex((word, index) => index > at && /^[/~]|^none$/i.test(word));
    const end = ends.find((candidate) => existsSync(upTo(candidate))) ?? (next === -1 ? words.length : next);
    paths.push(upTo(end));
    at = end;
  }
  return paths.filter((path) => !keepsNothing(path));
}

/** ssh uses the home directory in passwd; for ssh's default files we use HOME. */
function inHome(path: string): string {
  if (path.startsWith("~/")) return join(homedir(), path.slice(2));
  const theirs = join(userInfo().homedir, ".ssh", "known_hosts");
  if (path === theirs) return defaultKnownHosts();
  return path === `${theirs}2` ? `${defaultKnownHosts()}2` : path;
}
