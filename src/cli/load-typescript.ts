/** Loads a user's playbook or inventory, in TypeScript or JavaScript. */
import { existsSync } from "node:fs";
import type { Jiti } from "jiti";
import { type Location, messageOf, ShowrunnerError } from "../base/errors.ts";
import { library } from "../base/library.ts";
import { isBundled } from "../base/location.ts";
import { didYouMean } from "../base/suggest.ts";
import { readUserFileNow } from "../base/user-file.ts";
import { utf8Text } from "../base/utf8.ts";
import { asFailure } from "../core/events/failure.ts";
import { cacheFolder } from "./cache-folder.ts";
import { sdk } from "./sdk.ts";

/**
 * Loads a module, compiling TypeScript without checking its types.
 *
 * @param file absolute path
 * @returns its exports
 * @throws ShowrunnerError `playbook.invalid` with the file and line of a mistake in it, or in what it imports
 */
export async function loadTypeScript(file: string): Promise<{ default?: unknown; reporter?: unknown }> {
  loaded ??= createLoader();
  try {
    const module = await loaded.import<{ default?: unknown; reporter?: unknown }>(file);
    for (const one of [file, ...loadedModules()]) refuseOtherBytes(one);
    return module;
  } catch (error) {
    throw explain(error, file);
  }
}

const inUtf8 = new Set<string>();

/** The compiler replaces what is no UTF-8, without a word, and so it would get onto hosts. */
function refuseOtherBytes(file: string): void {
  if (inUtf8.has(file) || !existsSync(file)) return;
  utf8Text(readUserFileNow(file), ({ line, problem, hint }) => {
    const message = `the file is ${problem}`;
    return new ShowrunnerError("playbook.invalid", message, { location: { file, line }, hint });
  });
  inUtf8.add(file);
}

/** The user's modules that have been loaded, by absolute path; no package's. */
export function loadedModules(): string[] {
  return Object.keys(loaded?.cache ?? {}).filter(
    (file) => !file.includes("/node_modules/") && !isBundled(file),
  );
}

let loaded: Jiti | undefined;

function createLoader(): Jiti {
  return library.jiti().createJiti(import.meta.url, {
    fsCache: cacheFolder("compiled") ?? false,
    interopDefault: false,
    virtualModules: virtualModules(),
  });
}

function virtualModules(): Record<string, unknown> {
  const virtual = {};
  for (const [name, load] of Object.entries(sdk))
    Object.defineProperty(virtual, name, {
      enumerable: true,
      get: async () => strict(name, await load()),
    });
  return virtual;
}

/** Compiled imports are property reads, so that a misspelt one would be undefined, and found much later if at all. */
function strict(name: string, exports: object): object {
  return new Proxy(exports, {
    get(target, property) {
      if (typeof property === "symbol" || property in target || silent.has(property))
        return Reflect.get(target, property);
      throw new ShowrunnerError(
        "playbook.invalid",
        `"${name}" exports no ${property}${didYouMean(property, Object.keys(target))}`,
        { location: asFailure(new Error()).location },
      );
    },
  });
}

/** Asked of every module by the compiled code itself, and of whatever is awaited. */
const silent = new Set(["__esModule", "default", "then"]);

function explain(error: unknown, file: string): ShowrunnerError {
  // by name, as it may come from another copy of this one, that a library brought along
  if (error instanceof ShowrunnerError) return error;
  const message = messageOf(error);
  return syntaxError(message) ?? missingImport(error, message) ?? thrownWhileLoading(error, file);
}

/** jiti's compiler says `ParseError: what \n /file:line:column`. */
function syntaxError(message: string): ShowrunnerError | undefined {
  const [, what, file, line, column] = /ParseError: ([^\n]*)\n\s*(.*):(\d+):(\d+)/.exec(message) ?? [];
  if (what === undefined || file === undefined) return undefined;
  return new ShowrunnerError("playbook.invalid", `syntax error: ${sentence(what)}`, {
    location: { file, line: Number(line), column: Number(column) },
  });
}

function sentence(text: string): string {
  return text.trim().replace(/^\w/, (letter) => letter.toLowerCase());
}

function missingImport(error: unknown, message: string): ShowrunnerError | undefined {
  const [, name] = /Cannot find (?:module|package) '([^']+)'/.exec(message) ?? [];
  if (name === undefined) return undefined;
  const path = name.startsWith(".") || name.startsWith("/");
  return new ShowrunnerError("playbook.invalid", `cannot find "${name}", which is imported here`, {
    location: asFailure(error).location,
    hint: path
      ? "is the path right? It is relative to the importing file, and ends in .ts"
      : `is the package installed? npm install ${packageOf(name)}`,
    cause: error,
  });
}

function packageOf(name: string): string {
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The file's own code failed. */
function thrownWhileLoading(error: unknown, file: string): ShowrunnerError {
  const { message, location } = asFailure(error);
  return new ShowrunnerError("playbook.invalid", message, {
    location: location ?? fallback(file),
    cause: error,
  });
}

function fallback(file: string): Location | undefined {
  return existsSync(file) ? { file, line: 1 } : undefined;
}
