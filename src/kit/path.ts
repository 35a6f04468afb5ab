/** What a path on a host is. */
import type { Mistake } from "../base/schema.ts";

/** What keeps a text from being an absolute path on a host, if anything does. */
export function mistakeInPath(value: unknown): Mistake | undefined {
  const shown = JSON.stringify(value);
  if (typeof value !== "string" || value === "")
    return { message: `expected an absolute path on the host, got ${shown ?? "nothing"}` };
  if (value.includes("\0")) return { message: `a path holds no NUL byte: ${shown}` };
  if (value.startsWith("/")) return undefined;
  return {
    message: `expected an absolute path on the host, got ${shown}`,
    hint: value.startsWith("~")
      ? "a home directory is not looked up: write it out, such as /home/deploy/file"
      : undefined,
  };
}

/**
 * The one spelling of a path under which facts know it: no doubled or trailing slash, no `/./`.
 *
 * @example
 * cleanPath("/etc//app/"); // "/etc/app"
 */
export function cleanPath(path: string): string {
  // `..` stays: after a symbolic link it does not lead to the directory that the path names before it
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return `/${parts.join("/")}`;
}
