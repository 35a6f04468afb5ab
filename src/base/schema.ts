/** How parameters and variables are declared: one schema is the source of types, run-time validation and reference. */

import { type Static, type TObject, type TSchema, type TUnsafe, Type } from "typebox";
import type { Secret } from "./secret.ts";

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
 * Those properties of `Input` that a caller must give. They are two types since the compiler shows an interface of a single
 * base, which adds nothing to it, as that base.
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

const declaring = new WeakMap<object, boolean>();

/** Whether a schema, or one within it, says that its value is a secret. Most do not, and every task asks its own. */
export function declaresSecret(schema: unknown): boolean {
  if (schema === null || typeof schema !== "object") return false;
  const known = declaring.get(schema);
  if (known !== undefined) return known;
  const declares =
    ("secret" in schema && schema.secret === true) || Object.values(schema).some(declaresSecret);
  declaring.set(schema, declares);
  return declares;
}
