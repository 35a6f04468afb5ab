/** What is wrong with a value, in a user's words, from the errors that ajv gives. */
import type { ErrorObject } from "ajv";
import { isPlain } from "./plain.ts";
import { declaresSecret } from "./schema.ts";
import { redact, Secret } from "./secret.ts";
import { didYouMean } from "./suggest.ts";

/** One problem of a value: where in it, what was expected, what it got. */
export interface Problem {
  /** Path within the value: `upstreams[0].port`; empty for the value itself. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Says each mistake once and in a user's words. */
export function explain(errors: readonly ErrorObject[]): Problem[] {
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
    : branches.map(branches.filter(isShape).length > 1 ? describeShape : describe).join(" or ");
}

function isShape(schema: unknown): boolean {
  return isPlain(schema) && isPlain(schema["properties"]);
}

/** `{ certificate, key, authority? }`: what tells several objects of a union apart. */
function describeShape(schema: unknown): string {
  if (!isPlain(schema) || !isPlain(schema["properties"])) return describe(schema);
  const required = asList(schema["required"]);
  const names = Object.entries(schema["properties"]).map(([name, value]) => {
    if (isPlain(value) && "const" in value) return `${name}: ${show(value["const"])}`;
    return required.includes(name) ? name : `${name}?`;
  });
  return `{ ${names.join(", ")} }`;
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
