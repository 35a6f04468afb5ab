/**
 * Libraries that are loaded when they are first needed, and at once: those who need them can't wait for an import. The
 * build puts each into a file of its own, and has this file name those.
 */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Each gives a library. */
export const library = {
  ajv: (): typeof import("ajv") => require("ajv"),
  formats: (): typeof import("ajv-formats").default => require("ajv-formats"),
  jiti: (): typeof import("jiti") => require("jiti"),
  diff: (): typeof import("diff") => require("diff"),
  ejs: (): typeof import("ejs") => require("ejs"),
  yaml: (): typeof import("yaml") => require("yaml"),
};
