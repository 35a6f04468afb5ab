/** One schema is the source of the types, the run-time check and the reference. */

import type { Ajv as AjvInstance, ErrorObject, SchemaValidateFunction, ValidateFunction } from "ajv";
import { type Static, type TObject, type TSchema, type TUnsafe, Type } from "typebox";
import { type ErrorCode, type Location, messageOf, ShowrunnerError } from "./errors.ts";
import { library } from "./library.ts";
import { redact, reveal, Secret } from "./secret.ts";
import { didYouMean } from "./suggest.ts";

/**
 * Types of TypeBox. `Static` is the type of the values that a schema describes, `TObject` the schema of an object:
 * `Static<TObject<typeof params>>` is what a plan gets for these parameters.
 */
export type { Static, TObject, TSchema, TUnsafe };
/**
 * Makes schemas: `Type.String({ minLength: 1 })`, `Type.Integer()`, `Type.Array(…)`, `Type.Object({ … })`,
 * `Type.Optional(…)`, and all else of TypeBox. The types of parameters and variables, and the check of what is given, are
 * made of them.
 *
 * @example
 * const vars = { domain: Type.String({ format: "hostname" }), ports: Type.Array(Type.Integer({ minimum: 1 })) };
 */
export { Type };

/** Variables or parameters by name, each with a schema that `Type` has made: TypeBox itself would take anything. */
export type TProperties = Readonly<
  Record<string, TSchema & ({ readonly "~kind": string } | { readonly "~unsafe": unknown })>
>;

/**
 * A string that is redacted wherever it surfaces. A plain string given for a parameter of this kind becomes a secret;
 * within a record or a union it stays what it is: say `secret(…)` for those that are.
 */
export function SecretString(
  options: { description?: string; maxLength?: number } = {},
): TUnsafe<string | Secret> {
  const { maxLength, ...others } = options;
  return Type.Unsafe<string | Secret>({
    secret: true,
    ...others,
    ...(maxLength === undefined ? {} : { secretLength: maxLength }),
  });
}

/** A schema whose value may be left out, because it has a default: a caller may omit it, whoever reads it has it. */
export type Defaulted<S extends TSchema> = S & { readonly default: Static<S> };

/**
 * Gives a schema a default. Unlike a bare `default` option, the caller's type then allows to leave it out.
 *
 * @example
 * vars: { port: withDefault(Type.Integer(), 80) }
 */
export function withDefault<S extends TSchema>(schema: S, value: Static<S>): Defaulted<S> {
  return Object.assign(copyOf(schema), { default: value });
}

/** What is wrong with a value, in a user's words. */
export interface Mistake {
  /** `expected a mode such as "0644", got "9"` */
  readonly message: string;
  readonly hint?: string | undefined;
}

/**
 * Gives a schema a rule that JSON Schema can't say.
 *
 * @param schema what the value must be besides; its own complaint about a value is not told where the rule has one
 * @param mistakeIn says what is wrong with a value of any type, or undefined; it must show no secret
 * @returns a copy of the schema
 *
 * @example
 * const even = refusing(Type.Integer(), (value) =>
 *   Number(value) % 2 === 0 ? undefined : { message: `expected an even number, got ${value}` },
 * );
 */
export function refusing<S extends TSchema>(
  schema: S,
  mistakeIn: (value: unknown) => Mistake | undefined,
): S {
  return Object.assign(copyOf(schema), { mistakeIn });
}

/** TypeBox keeps a schema's kind in hidden properties, which a spread would lose. */
function copyOf<S extends TSchema>(schema: S): S {
  return Object.defineProperties({ ...schema }, Object.getOwnPropertyDescriptors(schema));
}

/**
 * What a caller gives for these properties: those that are optional or have a default may be left out. An editor shows
 * each with the comment that stands above it where it was declared.
 */
export type Input<P extends TProperties> = Expand<RequiredInput<P> & OptionalInput<P>>;

/**
 * Those properties of `Input` that a caller must give.
 *
 * @example
 * // a name for the parameters, by which the compiler's messages then call them
 * export interface ServiceParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}
 */
export type RequiredInput<P extends TProperties> = Values<P, Exclude<keyof P, OmissibleKeys<P>>>;

/** Those properties of `Input` that a caller may leave out. */
export type OptionalInput<P extends TProperties> = Partial<Values<P, OmissibleKeys<P>>>;

/** A mapped type over some keys of `P` keeps the comments of `P`; one that renames or filters keys does not. */
type Values<P extends TProperties, K extends keyof P> = { [Q in K]: Static<P[Q]> };

type OmissibleKeys<P extends TProperties> = {
  [K in keyof P]: P[K] extends { readonly "~optional": unknown } | { readonly default: unknown } ? K : never;
}[keyof P];

/** One object type in place of an intersection, which messages then spell out. */
export type Expand<T> = T extends infer One ? { [K in keyof One]: One[K] } : never;

/** One problem of a value: where in it, what was expected, what it got. */
export interface Problem {
  /** Path within the value: `upstreams[0].port`; empty for the value itself. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type Checked<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

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
  const validate = compiled<Static<S>>(schema, location);
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

const validators = new WeakMap<TSchema, ValidateFunction<unknown>>();
let ajv: AjvInstance | undefined;

function compiled<T>(schema: TSchema, location: Location | undefined): ValidateFunction<T>;
function compiled(schema: TSchema, location: Location | undefined): ValidateFunction<unknown> {
  const existing = validators.get(schema);
  if (existing) return existing;
  ajv ??= createAjv();
  const validate = compile(ajv, schema, location);
  validators.set(schema, validate);
  return validate;
}

/** A schema is the user's: what is wrong with it is no mistake of ours. */
function compile(
  instance: AjvInstance,
  schema: TSchema,
  location: Location | undefined,
): ValidateFunction<unknown> {
  try {
    return instance.compile(schema);
  } catch (error) {
    const reason = messageOf(error).replace(/ ignored in schema at path "#.*\/(.+)"/, " of $1");
    throw new ShowrunnerError("playbook.invalid", `a schema can't be used: ${reason}`, {
      location,
      hint: "declare variables and parameters with Type, as JSON Schema knows it",
    });
  }
}

/** Loaded when the first value is checked, so that commands which check nothing start sooner. */
function createAjv(): AjvInstance {
  const { Ajv } = library.ajv();
  const instance = new Ajv({
    strict: true,
    allErrors: true,
    useDefaults: true,
    // checks of schemas, and shorter code, take longer than they save in a run
    validateSchema: false,
    meta: false,
    code: { optimize: false },
    verbose: true,
  });
  // a schema of a secret has no type: it is a string or a Secret, and its length is measured with it
  instance.addKeyword({
    keyword: "secretLength",
    schemaType: "number",
    errors: false,
    validate: (longest: number, data: unknown) =>
      !(typeof data === "string" || data instanceof Secret) || [...reveal(data)].length <= longest,
  });
  instance.addKeyword({
    keyword: "secret",
    schemaType: "boolean",
    errors: false,
    validate: (_: boolean, data: unknown) => typeof data === "string" || data instanceof Secret,
  });
  // a union's words for its message, where its title is the name of a type
  instance.addKeyword({ keyword: "expected", schemaType: "string" });
  instance.addKeyword({ keyword: "mistakeIn", errors: "full", validate: askRule });
  library.formats()(instance);
  return instance;
}

/** Asks the rule of `refusing`. ajv wants the errors on the function itself. */
const askRule: SchemaValidateFunction = (
  mistakeIn: (value: unknown) => Mistake | undefined,
  data: unknown,
) => {
  const mistake = mistakeIn(data);
  askRule.errors = mistake
    ? [{ keyword: "mistakeIn", message: mistake.message, params: { ...mistake } }]
    : [];
  return mistake === undefined;
};

/** Copies arrays and plain objects; anything else (secrets, buffers, tasks) is passed on as it is. */
function cloneData(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cloneData);
  if (!isPlain(value)) return value;
  const defined = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(defined.map(([key, item]) => [key, cloneData(item)]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== "object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Turns strings that the schema declares secret into secrets. */
function wrapSecrets<T>(schema: TSchema, value: T): T;
function wrapSecrets(schema: TSchema, value: unknown): unknown {
  if (!declaresSecrets(schema)) return value;
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

const declaring = new WeakMap<TSchema, boolean>();

/** Whether a schema, or one within it, is a secret's. Most have none, and are asked by every task. */
function declaresSecrets(schema: TSchema): boolean {
  const known = declaring.get(schema);
  if (known !== undefined) return known;
  const inner = [
    "items" in schema ? schema.items : undefined,
    ...("properties" in schema && isPlain(schema.properties) ? Object.values(schema.properties) : []),
  ];
  const declares = "secret" in schema || inner.some((one) => isSchema(one) && declaresSecrets(one));
  declaring.set(schema, declares);
  return declares;
}

function isSchema(value: unknown): value is TSchema {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Says each mistake once and in a user's words. */
function explain(errors: readonly ErrorObject[]): Problem[] {
  const pathsOf = (keyword: string) =>
    errors.filter((error) => error.keyword === keyword).map(({ instancePath }) => instancePath);
  const ruled = pathsOf("mistakeIn");
  const unions = pathsOf("anyOf");
  const problems: Problem[] = [];
  for (const error of errors) {
    if (error.keyword !== "mistakeIn" && ruled.includes(error.instancePath)) continue;
    // the branches of a union each complain; the union itself says it better
    if (error.keyword !== "anyOf" && unions.includes(error.instancePath)) continue;
    problems.push(explainOne(error));
  }
  const seen = new Set<string>();
  return problems.filter(
    ({ path, message }) => !seen.has(`${path}${message}`) && seen.add(`${path}${message}`),
  );
}

function explainOne(error: ErrorObject): Problem {
  const path = readablePath(error.instancePath);
  // what ought to be a secret is none yet
  const got = declaresSecret(error.parentSchema) ? kindOf : show;
  const expected = (what: string): Problem => ({
    path,
    message: `expected ${what}, got ${got(error.data)}`,
  });
  const { params } = error;
  switch (error.keyword) {
    case "additionalProperties": {
      const name = String(params["additionalProperty"]);
      const [pattern] = Object.keys(error.parentSchema?.["patternProperties"] ?? {});
      if (pattern !== undefined)
        return { path: join(path, name), message: `expected a name like ${pattern}` };
      const known = Object.keys(error.parentSchema?.["properties"] ?? {});
      const guess = didYouMean(name, known);
      return {
        path: join(path, name),
        message: `there is no such parameter${guess}${guess ? "" : `; there are: ${known.join(", ")}`}`,
      };
    }
    case "required": {
      const name = String(params["missingProperty"]);
      return {
        path: join(path, name),
        message: `expected ${describe(error.parentSchema?.["properties"]?.[name])}, got nothing`,
      };
    }
    case "type":
      if (error.data instanceof Secret)
        return {
          path,
          message: `expected ${article(String(params["type"]))}, got a secret: declare it as SecretString()`,
        };
      return expected(article(String(params["type"])));
    case "enum":
      return expected(oneOf(asList(error.schema), error.data));
    case "const":
      return expected(show(params["allowedValue"]));
    case "anyOf":
      return expected(describeUnion(error));
    case "mistakeIn":
      return { path, message: error.message ?? "", hint: params["hint"] };
    case "secretLength":
      return { path, message: `expected at most ${error.schema} characters` };
    case "secret":
      return { path, message: `expected a string or a secret, got ${kindOf(error.data)}` };
    case "format":
      return expected(`a valid ${params["format"]}`);
    case "pattern":
      return expected(`a string like ${params["pattern"]}`);
    case "minLength":
      return expected(
        params["limit"] === 1 ? "a string that is not empty" : `at least ${params["limit"]} characters`,
      );
    case "maxLength":
      return expected(`at most ${params["limit"]} characters`);
    case "minItems":
      return expected(`at least ${counted(params["limit"], "item")}`);
    case "maxItems":
      return expected(`at most ${counted(params["limit"], "item")}`);
    case "minProperties":
      return expected(`at least ${counted(params["limit"], "entry", "entries")}`);
    case "maxProperties":
      return expected(`at most ${counted(params["limit"], "entry", "entries")}`);
    case "uniqueItems":
      return expected("items that differ from each other");
    default:
      return expected((error.message ?? error.keyword).replace(/^must (be |have )?/, ""));
  }
}

/** `1 item`, `2 items` */
function counted(count: unknown, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function describeUnion(error: ErrorObject): string {
  const { expected, title } = error.parentSchema ?? {};
  if (typeof expected === "string") return expected;
  if (typeof title === "string") return title;
  const branches = asList(error.schema);
  const values = branches.map((branch) => (isPlain(branch) ? branch.const : undefined));
  return values.every((value) => value !== undefined)
    ? oneOf(values, error.data)
    : branches.map(describe).join(" or ");
}

/** `one of "a", "b" (did you mean "a"?)` */
function oneOf(values: readonly unknown[], got: unknown): string {
  const names = values.filter((value) => typeof value === "string");
  return `one of ${values.map(show).join(", ")}${typeof got === "string" ? didYouMean(got, names) : ""}`;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function describe(schema: unknown): string {
  if (!isPlain(schema)) return "a value";
  if (schema["secret"]) return "a string or a secret";
  if ("const" in schema) return show(schema["const"]);
  if (Array.isArray(schema["enum"])) return `one of ${schema["enum"].map(show).join(", ")}`;
  if (Array.isArray(schema["anyOf"])) return schema["anyOf"].map(describe).join(" or ");
  return typeof schema["type"] === "string" ? article(schema["type"]) : "a value";
}

/** Whether a schema, or one within it, says that its value is a secret. */
export function declaresSecret(schema: unknown): boolean {
  if (schema === null || typeof schema !== "object") return false;
  if ("secret" in schema && schema.secret === true) return true;
  return Object.values(schema).some(declaresSecret);
}

/** What a value is, without a word of what it holds. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (value instanceof Secret) return "a secret";
  return article(Array.isArray(value) ? "array" : typeof value);
}

function article(type: string): string {
  return type === "null" ? "null" : `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  // redacted before it is cut: half a secret is in no known spelling
  const text = redact(JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** ajv's `/upstreams/0/port` as a person writes it. */
function readablePath(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : join(path, part)), "");
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}
