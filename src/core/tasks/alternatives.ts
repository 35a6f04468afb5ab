/** Parameters that exclude each other: neither compiled nor taken together. */
import type { Expand, Static, TProperties } from "../../base/schema.ts";
import { fail } from "./fail.ts";

/** `T` with just one of these properties, which are optional in it. */
export type ExactlyOne<T, Name extends PropertyKey> = [Name] extends [never]
  ? T
  : { [Only in Name]: Expand<Required<Pick<T, Only & keyof T>> & Without<T, Name, Only>> }[Name];

/** Each `T` with one of these properties, or none. */
export type AtMostOne<T, Name extends PropertyKey> = [Name] extends [never]
  ? T
  : T extends unknown
    ? { [Only in Name]: Expand<Pick<T, Only & keyof T> & Without<T, Name, Only>> }[Name]
    : never;

/**
 * Of parameters that exclude each other, the one that is given, for the interface of a module's parameters.
 *
 * @example
 * interface CopyContent extends RequiredInput<Common>, OptionalInput<Common>, Chosen<typeof params, "content", "src"> {}
 */
export type Chosen<P extends TProperties, One extends keyof P, Others extends keyof P> = {
  [K in One]: Static<P[K]>;
} & { readonly [K in Others]?: never };

type Without<T, Name extends PropertyKey, Only extends PropertyKey> = Omit<T, Name> & {
  readonly [Absent in Exclude<Name, Only>]?: never;
};

export interface Alternatives {
  /** Exactly one of them is to be given. */
  readonly oneOf?: readonly PropertyKey[];
  /** At most one of them may be given. */
  readonly atMostOneOf?: readonly PropertyKey[];
}

/**
 * What the types say, said again where they were not looked at: in a playbook that nobody compiled, in JSON.
 *
 * @throws ShowrunnerError `task.failed`, naming what excludes each other
 */
export function checkAlternatives({ oneOf = [], atMostOneOf = [] }: Alternatives, params: object): void {
  const among = (names: readonly PropertyKey[]) =>
    names.filter((name) => Reflect.get(params, name) !== undefined).map(String);
  const chosen = among(oneOf);
  if (oneOf.length > 0 && chosen.length !== 1)
    fail(
      `expected either ${oneOf.map(String).join(" or ")}, got ${chosen.length === 0 ? "none of them" : chosen.join(" and ")}`,
    );
  const exclusive = among(atMostOneOf);
  if (exclusive.length > 1) fail(`${exclusive.join(" and ")} exclude each other`);
}
