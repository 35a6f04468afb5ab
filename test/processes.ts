/** Counts what a script costs a host. */
import { spawnSync } from "node:child_process";

/**
 * How many processes a script has started: in a namespace of its own they are numbered one after the other.
 *
 * @param shell the words that start it
 * @param path where commands are looked for
 */
export function processesOf(
  script: string,
  [command = "sh", ...words]: readonly string[] = ["sh"],
  path?: string,
): number {
  const env = path === undefined ? process.env : { PATH: path };
  const last = `( eval "$SCRIPT" ) >/dev/null </dev/null || echo failed; sh -c 'echo $$'; :`;
  const { stdout } = spawnSync(
    "/usr/bin/unshare",
    ["--pid", "--fork", "--mount-proc", command, ...words, "-c", last],
    { env: { ...env, SCRIPT: script }, encoding: "utf8" },
  );
  return /^\d+\n$/.test(stdout) ? Number(stdout) - 2 : Number.NaN;
}

/** That takes root, and util-linux. */
export const canCountProcesses = processesOf(":") === 1;
