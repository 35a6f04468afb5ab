/** Our own schemas are checked by code that ajv made when they were built: it finds what ajv finds. */
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as roles from "../../roles/index.ts";
import { createAjv, rules } from "../../src/base/ajv.ts";
import { type Validator, validatorFile } from "../../src/base/built-validator.ts";
import { secret, Type } from "../../src/index.ts";
import * as modules from "../../src/modules/index.ts";
import { main } from "./helpers.ts";

const folder = join(main, "../../../validators");
const require = createRequire(import.meta.url);

const schemas = Object.entries({ ...modules, ...roles }).flatMap(([name, one]) =>
  typeof one === "function" && "schema" in one ? [{ name, schema: one.schema }] : [],
);

/** Right for some parameters, wrong for others. */
const candidates = [
  ...[
    null,
    5,
    -1,
    1e9,
    0.5,
    true,
    "",
    "x",
    "/x",
    "0644",
    "present",
    "absent",
    "x".repeat(5000),
    "a\nb",
    "ä€😀",
  ],
  ...[[], ["x"], ["x", "x"], [5], {}, { x: "y" }, { x: 5 }, { name: "x", content: "y" }, secret("hidden")],
];

/** Values with each parameter in turn, alone and beside others, and with names that there are not. */
function valuesFor(names: readonly string[]): unknown[] {
  const alone = names.flatMap((name) => candidates.map((value) => ({ [name]: value })));
  const together = candidates.map((value) => Object.fromEntries(names.map((name) => [name, value])));
  return [...candidates, ...alone, ...together, { nmae: "x" }];
}

describe("a validator that was built", () => {
  it("is there for every module and role, and no other", () => {
    expect(schemas.length).toBeGreaterThan(30);
    const names = schemas.map(({ schema }) => validatorFile(schema));
    expect([...new Set(names)].sort()).toEqual(readdirSync(folder).sort());
  });

  it.each(schemas)("finds in parameters of $name what ajv finds", ({ schema }) => {
    const make: (...given: unknown[]) => Validator<unknown> = require(join(folder, validatorFile(schema)));
    const built = make(schema, rules);
    const compiled: Validator<unknown> = createAjv().compile(schema);
    let refused = 0;
    for (const value of valuesFor(Object.keys("properties" in schema ? Object(schema.properties) : {}))) {
      const [one, other] = [{ it: structured(value) }, { it: structured(value) }];
      expect(built(one.it)).toBe(compiled(other.it));
      expect(built.errors).toEqual(compiled.errors);
      expect(one).toEqual(other); // with the same defaults
      if (built.errors) refused++;
    }
    expect(refused).toBeGreaterThan(10);
  });

  it("is of this very schema: another rule, bound or default is another text", () => {
    const of = (options: Record<string, unknown>) =>
      validatorFile(Type.Object({ port: Type.Integer(options) }));
    const names = [{}, { minimum: 1 }, { minimum: 2 }, { default: 1 }, { mistakeIn: () => undefined }].map(
      of,
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => existsSync(join(folder, name)))).toEqual([]);
  });
});

/** A copy as deep as defaults go; a secret stays what it is. */
function structured(value: unknown): unknown {
  return value !== null && typeof value === "object" && !Array.isArray(value) && value.constructor === Object
    ? { ...value }
    : value;
}
