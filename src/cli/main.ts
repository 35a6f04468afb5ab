#!/usr/bin/env node
/** The command's first file: imports next to nothing, so that the shortest commands are over at once. */
import { readFileSync } from "node:fs";
import { dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { cacheFolder } from "./cache-folder.ts";
import { keepCode } from "./code-cache.ts";

// most runs are over before what the optimising compiler of Node 20 takes has paid: it begins twenty times later than
// by default. Later versions compile in one more stage, which is cheap
if (process.versions.node.startsWith("20.")) setFlagsFromString("--interrupt-budget=1500000");

const [first] = process.argv.slice(2);

// whoever reads the output may stop reading (`| head`): a run must not stop half-way for that
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

if (first === "--version" || first === "-V") {
  process.stdout.write(`${version()}\n`);
} else {
  void run();
}

async function run(): Promise<void> {
  // a process that has nothing more to wait for would end with success, also where the command has not ended
  process.exitCode = 1;
  process.once("beforeExit", unfinished);
  keepCompiledCode();
  const { main } = await import("./program.ts");
  process.exitCode = await main(process.argv.slice(2));
  process.off("beforeExit", unfinished);
}

/** What is compiled, our files and jiti's, is compiled once: by Node.js where it can (22.1 and later). */
function keepCompiledCode(): void {
  const module = process.getBuiltinModule("node:module");
  if ("enableCompileCache" in module && typeof module.enableCompileCache === "function") {
    const folder = cacheFolder("node");
    if (folder !== undefined) module.enableCompileCache(folder);
    return;
  }
  const folder = cacheFolder("code");
  const dist = dirname(dirname(dirname(fileURLToPath(import.meta.url)))) + sep;
  const isOurs = (file: string) => file.startsWith(dist) || file.includes("/node_modules/jiti/dist/");
  if (folder !== undefined) keepCode(folder, isOurs);
}

function unfinished(): void {
  process.stderr.write("error: the process ended before the command had: this is a mistake of Showrunner\n");
}

function version(): string {
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  const { version }: { version: string } = JSON.parse(manifest);
  return version;
}
