/**
 * Code that ajv made of our own schemas when they were built (scripts/build/validators.ts). A run that checks nothing
 * else loads no ajv, and compiles nothing.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ErrorObject } from "ajv";
import { rules } from "./ajv.ts";
import type { TSchema } from "./schema.ts";

/** Says whether a value is what a schema describes, fills in defaults, and tells what is wrong with it. */
export interface Validator<T> {
  (value: unknown): value is T;
  errors?: readonly ErrorObject[] | null;
}

/** What such a file exports. */
type MakeValidator = (schema: TSchema, keywords: typeof rules) => Validator<unknown>;

/** In the build, `dist/validators`, as seen from a shared file of the bundle; sources have none. */
const folder = fileURLToPath(new URL("../../validators", import.meta.url));
const require = createRequire(import.meta.url);

/** The validator that was built for a schema of the same text, if there is one. */
export function builtValidator(schema: TSchema): Validator<unknown> | undefined {
  const file = join(folder, validatorFile(schema));
  if (!existsSync(file)) return undefined;
  const make: MakeValidator = require(file);
  return make(schema, rules);
}

/**
 * What the file of a schema's validator is called: ajv makes the same code of the same text. A rule of `refusing` is not
 * part of that code: the code asks the schema that it is given.
 */
export function validatorFile(schema: TSchema): string {
  const text = JSON.stringify(schema, (_, value: unknown) => (typeof value === "function" ? "()" : value));
  return `${createHash("sha256").update(text).digest("hex").slice(0, 32)}.cjs`;
}
