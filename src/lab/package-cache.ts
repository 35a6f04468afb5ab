import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ShowrunnerError } from "../base/errors.ts";
import { sdkFolder } from "../base/location.ts";
import { cacheDir } from "./base.ts";
import { lastLines } from "./exec.ts";
import { endProcesses, recordedProcess, startDetached } from "./processes.ts";
import { type Lab, type LabSpec, labFiles } from "./spec.ts";

/** Where the package cache listens, on the bridge's address. */
export const packageCachePort = 3142;

/** Starts the lab's package cache, if it doesn't run. */
export async function startPackageCache(lab: Lab): Promise<void> {
  const files = labFiles(lab);
  if (recordedProcess(files.packageCache)) return;
  await rm(files.packageCacheLog, { force: true });
  startDetached({
    argv: [...programme(), lab.gateway, String(packageCachePort), join(cacheDir, "packages")],
    record: files.packageCache,
    log: files.packageCacheLog,
  });
  const deadline = Date.now() + 10_000;
  while (!(await accepts(lab.gateway, packageCachePort))) {
    if (Date.now() > deadline) {
      const log = await readFile(files.packageCacheLog, "utf8").catch(() => "");
      throw new ShowrunnerError("lab.failed", "the package cache does not start", {
        details: lastLines(log),
      });
    }
    await sleep(50);
  }
}

/** Ends the lab's package cache. */
export async function stopPackageCache(lab: Pick<LabSpec, "stateDir">): Promise<void> {
  const files = labFiles(lab);
  const running = recordedProcess(files.packageCache);
  if (running) await endProcesses([running], 2_000);
  await rm(files.packageCache, { force: true });
  await rm(files.packageCacheLog, { force: true });
}

/** Built, the proxy is JavaScript; from source it needs the loader that the whole project runs with. */
function programme(): string[] {
  const proxy = join(sdkFolder, "lab", "package-proxy");
  if (existsSync(`${proxy}.cjs`)) return [process.execPath, `${proxy}.cjs`];
  const loader = createRequire(import.meta.url).resolve("jiti/package.json");
  return [process.execPath, join(dirname(loader), "lib/jiti-cli.mjs"), `${proxy}.ts`];
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}
