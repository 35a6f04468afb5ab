/**
 * Has ajv make the code that checks our modules' parameters and our roles' variables: a run then needs no ajv for these
 * (src/base/built-validator.ts). A schema without such a file is compiled when it is first used.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { _, type Ajv, type AnySchemaObject } from "ajv";
import { createAjv, rules } from "../../src/base/ajv.ts";
import { validatorFile } from "../../src/base/built-validator.ts";

/** Writes them into a built folder, whose modules and roles it loads. */
export function writeValidators(dist: string): void {
  const require = createRequire(join(dist, "src/index.cjs"));
  const folder = join(dist, "validators");
  mkdirSync(folder);
  for (const list of ["./modules/index.cjs", "../roles/index.cjs"]) {
    const exports: Readonly<Record<string, unknown>> = require(list);
    for (const one of Object.values(exports)) {
      const schema = schemaOf(one);
      if (schema) writeFileSync(join(folder, validatorFile(schema)), validatorText(createAjv(true), schema));
    }
  }
}

/** Modules and roles have one. */
function schemaOf(value: unknown): AnySchemaObject | undefined {
  const hasSchema = typeof value === "function" && "schema" in value;
  return hasSchema && typeof value.schema === "object" && value.schema !== null ? value.schema : undefined;
}

/** A file that gives the validator, once it knows the schema and what our keywords ask: both hold functions. */
function validatorText(ajv: Ajv, schema: AnySchemaObject): string {
  const { source } = ajv.compile(schema);
  if (source === undefined) throw new Error("expected ajv to tell the source of what it compiled");
  const { validateName, validateCode, scopeValues } = source;
  for (const { value } of Object.values(scopeValues).flatMap((names) => [...(names ?? [])])) {
    if (value === undefined) continue;
    const rule = Object.entries(rules).find(([, asks]) => asks === value.ref)?.[0];
    if (rule !== undefined) value.code = _`keywords[${rule}]`;
    else if (value.ref === schema) value.code = _`schema`;
  }
  // throws for what has no text: a reference from one schema to another, say
  const constants = ajv.scope.scopeCode(scopeValues);
  return `"use strict";
module.exports = (schema, keywords) => {
const self = undefined;
${constants}
${validateCode}
return ${validateName};
};
`;
}
