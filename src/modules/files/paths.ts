/** Paths on hosts. */
import { posix } from "node:path";
import { fail, type PlanHost } from "../../core/tasks/task.ts";
import { file } from "../../facts/files.ts";

/**
 * Refuses a path that is not absolute.
 *
 * @param name the parameter's name, for the message
 */
export function checkPath(name: string, path: string): void {
  if (path.includes("\0")) fail(`${name}: a path holds no NUL byte: ${JSON.stringify(path)}`);
  if (path.startsWith("/")) return;
  const hint = path.startsWith("~")
    ? "a home directory is not looked up: write it out, such as /home/deploy/file"
    : undefined;
  fail(`${name}: expected an absolute path on the host, got ${JSON.stringify(path)}`, hint);
}

/** The one spelling of a path under which facts know it: no doubled or trailing slash, no `/./`. */
export function cleanPath(path: string): string {
  // `..` stays: behind a symbolic link it is not the parent that one reads
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return `/${parts.join("/")}`;
}

/** All directories above a path, the nearest first, without the root. */
export function ancestors(path: string): string[] {
  const above: string[] = [];
  for (let at = posix.dirname(path); at !== "/"; at = posix.dirname(at)) above.push(at);
  return above;
}

const mostLinks = 40; // as the kernel

/**
 * Where a path leads once symbolic links at its end are followed.
 *
 * @throws ShowrunnerError for links that go in a circle
 */
export async function followLinks(host: PlanHost, path: string): Promise<string> {
  let at = path;
  for (let count = 0; count < mostLinks; count++) {
    const state = await host.fact(file, at);
    if (state.type !== "link") return at;
    at = cleanPath(posix.resolve(posix.dirname(at), state.target));
  }
  return fail(`${path}: its symbolic links go in a circle`);
}
