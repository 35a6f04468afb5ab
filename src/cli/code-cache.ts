/**
 * Keeps what V8 makes of our own files between runs, as Node.js itself does from 22.1 on. A run whose files are all kept
 * compiles none of them.
 */
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire, Module } from "node:module";
import { basename, dirname, join } from "node:path";
import { Script } from "node:vm";
import { crc32 } from "node:zlib";

/** What Node.js gives to the code of a CommonJS file. */
type Wrapper = (
  exports: unknown,
  require: NodeJS.Require,
  module: NodeJS.Module,
  file: string,
  folder: string,
) => void;

interface Compiled {
  readonly script: Script;
  readonly digest: number;
  /** Where its code is kept. */
  readonly kept: string;
}

/**
 * Before the code: the digests of its source, of which V8 compares only the length, and of the code itself. V8 ends the
 * process where that is damaged.
 */
const headLength = 8;

/**
 * From now on, takes the code of these files from a folder, and puts it there when the process ends.
 *
 * @param folder what lies there is run: nobody else may write to it
 * @param isOurs whether a file's code is kept; it must be CommonJS without
 *   `import(…)`, and end in `.cjs`
 */
export function keepCode(folder: string, isOurs: (file: string) => boolean): void {
  const { extensions } = createRequire(import.meta.url);
  // this loads what ends in .cjs, too; a way of loading of its own would have require("./x") find x.cjs
  const plainly = extensions[".js"];
  const compiled: Compiled[] = [];
  let isComplete = true;
  extensions[".js"] = (module: NodeJS.Module, file: string) => {
    if (!isOurs(file)) return plainly(module, file);
    const source = readFileSync(file);
    const digest = crc32(source);
    const kept = join(folder, nameFor(file));
    const cachedData = keptCode(kept, digest);
    const script = new Script(Module.wrap(source.toString()), {
      filename: file,
      cachedData,
    });
    if (cachedData === undefined || script.cachedDataRejected === true) isComplete = false;
    compiled.push({ script, digest, kept });
    const run: Wrapper = script.runInThisContext();
    run.call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
  };
  // at the end, and all files anew: functions are compiled when they are first called, which a shorter run did not do
  process.once("exit", () => {
    if (isComplete) return;
    compiled.forEach(keep);
    removeOld(folder);
  });
}

/** Of checkouts and versions of Node.js that may be gone: what is still used is made again. */
function removeOld(folder: string): void {
  const longAgo = Date.now() - 30 * 24 * 3600 * 1000;
  try {
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      if (statSync(file).mtimeMs < longAgo) rmSync(file, { force: true });
    }
  } catch {
    // another run has just removed it
  }
}

function nameFor(file: string): string {
  return `${basename(file, ".cjs")}-${crc32(file).toString(16)}-${process.version}-${process.arch}`;
}

function keptCode(kept: string, digest: number): Buffer | undefined {
  try {
    const bytes = readFileSync(kept);
    const code = bytes.subarray(headLength);
    return bytes.readUInt32LE(0) === digest && bytes.readUInt32LE(4) === crc32(code) ? code : undefined;
  } catch {
    return undefined; // not kept yet, or cut off
  }
}

/** By a rename: another run reads all of it or nothing. */
function keep({ script, digest, kept }: Compiled): void {
  const fresh = `${kept}.${process.pid}`;
  try {
    const code = script.createCachedData();
    const head = Buffer.alloc(headLength);
    head.writeUInt32LE(digest, 0);
    head.writeUInt32LE(crc32(code), 4);
    writeFileSync(fresh, Buffer.concat([head, code]), { mode: 0o600 });
    renameSync(fresh, kept);
  } catch {
    rmSync(fresh, { force: true }); // a full disk, say: the next run compiles again
  }
}
