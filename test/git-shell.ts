/** A shell in which git has an author, whoever runs the tests. */
import { execFileSync } from "node:child_process";

const somebody = {
  GIT_AUTHOR_NAME: "x",
  GIT_AUTHOR_EMAIL: "x",
  GIT_COMMITTER_NAME: "x",
  GIT_COMMITTER_EMAIL: "x",
};

/** Runs a script of `sh` in a directory, and gives what it prints. It fails where a command of the script does. */
export function gitShell(cwd: string, script: string): string {
  return execFileSync("sh", ["-ec", script], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...somebody },
  }).toString();
}
