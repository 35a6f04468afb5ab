/** The variables of a template: reading one that is not there is an error, at any depth. */
import { Secret } from "../base/secret.ts";

/** Thrown inside a template; rendering makes of it an error with file and line. */
export class TemplateProblem extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = "TemplateProblem";
    this.hint = hint;
  }
}

/** The language itself asks for these, also where they are not there: JSON.stringify and await. */
const askedByLanguage = new Set(["toJSON", "then"]);

/**
 * Wraps a value so that reading a missing property throws. Secrets come out in the clear, since a template's
 * output is what needs them. `"x" in vars` works as ever.
 *
 * @param value the variables, or anything in them
 * @param path how the template spells it: `vars.servers[0]`
 */
export function strictScope<T>(value: T, path: string): T;
export function strictScope(value: unknown, path: string): unknown {
  return wrap(value, path, new WeakMap());
}

function wrap(value: unknown, path: string, seen: WeakMap<object, object>): unknown {
  if (value instanceof Secret) return value.reveal();
  if (value === null || typeof value !== "object" || !isWrappable(value)) return value;
  const known = seen.get(value);
  if (known) return known;
  // a copy, since a frozen object may not show its members as anything but themselves
  const target: object = Array.isArray(value) ? [...value] : { ...value };
  const wrapped = new Proxy(target, {
    get(from, key) {
      if (typeof key === "symbol" || key in from) return wrap(Reflect.get(from, key), join(path, key), seen);
      if (askedByLanguage.has(key)) return undefined;
      throw missing(from, key, path);
    },
  });
  seen.set(value, wrapped);
  return wrapped;
}

/** Plain objects and arrays. Others, such as a Date or a Map, have parts that no proxy can reach. */
function isWrappable(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function missing(from: object, key: string, path: string): TemplateProblem {
  const there = Array.isArray(from)
    ? `it has ${from.length} ${from.length === 1 ? "item" : "items"}`
    : `it has ${Object.keys(from).join(", ") || "nothing"}`;
  return new TemplateProblem(
    `there is no ${join(path, key)}; ${there}`,
    `give it in vars; where it may be missing, ask first: ${JSON.stringify(key)} in ${path}`,
  );
}

function join(path: string, key: string | symbol): string {
  if (typeof key === "symbol") return path;
  if (/^\d+$/.test(key)) return `${path}[${key}]`;
  return /^[\w$]+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
