/** Validates values by their schemas, and fills in defaults. */
import type { Ajv } from "ajv";
import { createAjv } from "./ajv.ts";
import { builtValidator, type Validator } from "./built-validator.ts";
import { type ErrorCode, type Location, messageOf, ShowrunnerError } from "./errors.ts";
import { isPlain } from "./plain.ts";
import { declaresSecret, type Static, type TSchema } from "./schema.ts";
import { explain, type Problem } from "./schema-problems.ts";
import { Secret } from "./secret.ts";

type Checked<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

/**
 * Checks a value against a schema and fills in its defaults, on a copy.
 *
 * @param schema what the value must be; compiled when first used
 * @param value what came
 * @param location the user's line that a schema which is itself wrong is told with
 * @returns the copy with defaults and secrets in place, or every problem found
 * @throws ShowrunnerError `playbook.invalid` where the schema itself is wrong
 */
export function validateValue<S extends TSchema>(
  schema: S,
  value: unknown,
  location?: Location,
): Checked<Static<S>> {
  const copy = cloneData(value);
  const validate = validatorOf<Static<S>>(schema, location);
  if (validate(copy)) return { value: wrapSecrets(schema, copy) };
  return { problems: explain(validate.errors ?? []) };
}

/**
 * Like `validateValue`, but throws.
 *
 * @param what how the value is called in the message: `apt`, `role nginx`
 * @throws ShowrunnerError with the code given, every problem in its details and the user's line
 */
export function requireValue<S extends TSchema>(
  schema: S,
  value: unknown,
  { code, what, location }: { code: ErrorCode; what: string; location?: Location | undefined },
): Static<S> {
  const checked = validateValue(schema, value, location);
  if ("value" in checked) return checked.value;
  const problems = checked.problems.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  const [first = ""] = problems;
  const message = problems.length === 1 ? `${what}: ${first}` : `${what}: ${problems.length} mistakes`;
  const hint = checked.problems.find((problem) => problem.hint !== undefined)?.hint;
  throw new ShowrunnerError(code, message, {
    location,
    hint,
    details: problems.length === 1 ? [] : problems,
  });
}

const validators = new WeakMap<TSchema, Validator<unknown>>();
let ajv: Ajv | undefined;

function validatorOf<T>(schema: TSchema, location: Location | undefined): Validator<T>;
function validatorOf(schema: TSchema, location: Location | undefined): Validator<unknown> {
  const existing = validators.get(schema);
  if (existing) return existing;
  const validate = builtValidator(schema) ?? compile(schema, location);
  validators.set(schema, validate);
  return validate;
}

/** A schema is the user's: what is wrong with it is no mistake of ours. */
function compile(schema: TSchema, location: Location | undefined): Validator<unknown> {
  ajv ??= createAjv();
  try {
    return ajv.compile(schema);
  } catch (error) {
    const reason = messageOf(error).replace(/ ignored in schema at path "#.*\/(.+)"/, " of $1");
    throw new ShowrunnerError("playbook.invalid", `a schema can't be used: ${reason}`, {
      location,
      hint: "declare variables and parameters with Type, as JSON Schema knows it",
    });
  }
}

/** Copies arrays and plain objects; anything else (secrets, buffers, tasks) is passed on as it is. */
function cloneData(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cloneData);
  if (!isPlain(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) if (item !== undefined) setOwn(copy, key, cloneData(item));
  return copy;
}

/** Sets a property; one that is called `__proto__`, too. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

/** Turns strings that the schema declares secret into secrets. */
function wrapSecrets<T>(schema: TSchema, value: T): T;
function wrapSecrets(schema: TSchema, value: unknown): unknown {
  if (!declaresSecret(schema)) return value;
  if ("secret" in schema && typeof value === "string") return new Secret(value);
  if ("items" in schema && Array.isArray(value)) {
    const items = schema.items;
    return isSchema(items) ? value.map((item: unknown) => wrapSecrets(items, item)) : value;
  }
  if ("properties" in schema && isPlain(schema.properties) && isPlain(value)) {
    for (const [key, inner] of Object.entries(schema.properties))
      if (key in value && isSchema(inner)) value[key] = wrapSecrets(inner, value[key]);
  }
  return value;
}

function isSchema(value: unknown): value is TSchema {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
