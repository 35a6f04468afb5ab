/**
 * The versions of Node.js that Showrunner runs on besides the one that runs the tests. npm packages carry their programs;
 * they are large, so they are no dependencies, but installed into the user's cache when they are first wanted.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface OtherNode {
  readonly major: number;
  /** The folder that holds the program `node`. */
  readonly folder: string;
}

/** The oldest version that is promised (package.json, engines), and the newest of those after it. */
const wanted = new Map([
  [20, "20.19.0"],
  [22, "22"],
  [24, "24"],
  [26, "26"],
]);

const own = Number(process.versions.node.split(".")[0]);

/** The major versions that are to be tested besides the one that runs. */
export const otherMajors: readonly number[] = [...wanted.keys()].filter((major) => major !== own);

/**
 * Finds a version, installed if need be.
 *
 * @returns it, or why it can't be had here
 */
export function otherNode(major: number): OtherNode | { readonly missing: string } {
  const name = `node-linux-${process.arch}`;
  if (process.platform !== "linux" || !/^(x64|arm64)$/.test(process.arch))
    return { missing: `there is no package of it for ${process.platform} on ${process.arch}` };
  const cache = join(
    process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
    "showrunner-tests",
    `node-${major}`,
  );
  const folder = join(cache, "node_modules", name, "bin");
  if (!existsSync(join(folder, "node"))) {
    mkdirSync(cache, { recursive: true });
    const { status, stderr, error } = spawnSync(
      "npm",
      [
        ...["install", "--prefix", cache, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"],
        `${name}@${wanted.get(major)}`,
      ],
      { encoding: "utf8", timeout: 300_000 },
    );
    if (status !== 0) return { missing: `npm could not install ${name}: ${error ?? stderr.split("\n")[0]}` };
  }
  const { status, stderr, error } = spawnSync(join(folder, "node"), ["--version"], { encoding: "utf8" });
  return status === 0 ? { major, folder } : { missing: `it does not run: ${error ?? stderr.split("\n")[0]}` };
}
