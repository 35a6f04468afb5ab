/** Paths on hosts. */

import { posix } from "node:path";
import { file } from "../../facts/files.ts";
import { linkRefusal } from "../../facts/followable.ts";
import { cleanPath, fail, type PlanHost } from "../../kit/index.ts";

/** All directories above a path, the nearest first, without the root. */
export function ancestors(path: string): string[] {
  const above: string[] = [];
  for (let at = posix.dirname(path); at !== "/"; at = posix.dirname(at)) above.push(at);
  return above;
}

const mostLinks = 40; // as the kernel

/** How many links may still be followed. */
interface Budget {
  left: number;
}

/** Where symbolic links lead to. */
export interface Followed {
  readonly path: string;
  /** The links that lead there, one to the next: what is read by their names is altered with the file. */
  readonly links: readonly string[];
}

/**
 * Where a path leads once symbolic links at its end are followed.
 *
 * @throws ShowrunnerError for links that go in a circle, and for one that others can turn and that leads to what is
 * not theirs
 */
export async function followLinks(
  host: PlanHost,
  path: string,
  budget: Budget = { left: mostLinks },
): Promise<Followed> {
  const links: string[] = [];
  let at = path;
  for (;;) {
    const state = await host.fact(file, at);
    if (state.type !== "link") return { path: at, links };
    if (budget.left-- === 0) return fail(`${path}: its symbolic links go in a circle`);
    const target = await linkTarget(host, at, state.target, budget);
    const [refusal] = await Promise.all([
      host.fact(linkRefusal, { path: at, target }),
      // what is asked next, in the same round trip
      host.fact(file, target),
    ]);
    if (refusal !== "") {
      const [why = "", hint] = refusal.split("\n");
      fail(why, hint);
    }
    links.push(at);
    at = target;
  }
}

/**
 * What a link names. A `..` behind a directory that is a link itself is the parent of where that one leads, as for
 * the kernel: so each is resolved by what stands before it, and no path with `..` is left to compare or to write to.
 *
 * @param link the link's path
 * @param target what is written in it
 */
export async function linkTarget(
  host: PlanHost,
  link: string,
  target: string,
  budget: Budget = { left: mostLinks },
): Promise<string> {
  const path = cleanPath(target.startsWith("/") ? target : `${posix.dirname(link)}/${target}`);
  // what is mostly asked below, one after the other, in one round trip
  if (path.includes("/../"))
    await Promise.all([posix.resolve(path), ...ancestors(link)].map((one) => host.fact(file, one)));
  let at = "/";
  for (const name of path.split("/").slice(1))
    at = name === ".." ? await above(host, at, budget) : cleanPath(`${at}/${name}`);
  return at;
}

async function above(host: PlanHost, path: string, budget: Budget): Promise<string> {
  if (path === "/") return path;
  const { path: at } = await followLinks(host, path, budget);
  const { type } = await host.fact(file, at);
  // what is no directory has nothing above it, and the kernel finds nothing there
  return type === "directory" ? posix.dirname(at) : `${at}/..`;
}
