import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";
import { capture } from "./exec.ts";

/**
 * Runs `body` while no other process holds the lock. The kernel holds it for a small child that lives
 * as long as our end of its pipe, so the lock ends with this process however it dies.
 */
export async function withLock<T>(path: string, whenWaiting: () => void, body: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const child = spawn("flock", [path, "sh", "-c", "echo held; exec cat"], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const patience = setTimeout(whenWaiting, 500);
  try {
    await new Promise<void>((resolve, reject) => {
      const refused = () => reject(new ShowrunnerError("lab.failed", `can't lock ${path}`));
      child.once("error", refused);
      child.once("exit", refused);
      child.stdout.once("data", () => resolve());
    });
    clearTimeout(patience);
    return await body();
  } finally {
    clearTimeout(patience);
    child.stdin.end();
  }
}

/** Whether a process holds the lock. */
export async function isLocked(path: string): Promise<boolean> {
  return existsSync(path) && (await capture(["flock", "--nonblock", path, "true"])).code !== 0;
}
