/**
 * Libraries that are loaded when they are first needed, and at once: those who need them can't wait for an import. The
 * build puts each into a file of its own, and has this file name those.
 */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Each gives a library. */
export const library = {
  ajv: once((): typeof import("ajv") => require("ajv")),
  formats: once((): typeof import("ajv-formats").default => require("ajv-formats")),
  jiti: once((): typeof import("jiti") => require("jiti")),
  diff: once((): typeof import("diff") => require("diff")),
  ejs: once((): typeof import("ejs") => require("ejs")),
  yaml: once((): typeof import("yaml") => require("yaml")),
};

/** Those who ask for every template, say, find it without a look at any path. */
function once<T>(load: () => T): () => T {
  let loaded: { readonly it: T } | undefined;
  return () => {
    loaded ??= { it: load() };
    return loaded.it;
  };
}
