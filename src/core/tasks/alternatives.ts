/** Parameters that exclude each other: neither compiled nor taken together. */
import { fail } from "./task.ts";

/** Just one of these properties, which are optional in `T`. */
export type ExactlyOne<T, Name extends PropertyKey> = [Name] extends [never]
  ? unknown
  : { [Only in Name]: Required<Pick<T, Only & keyof T>> & Without<Exclude<Name, Only>> }[Name];

/** One of these properties, or none. */
export type AtMostOne<Name extends PropertyKey> = [Name] extends [never]
  ? unknown
  : { [Only in Name]: Without<Exclude<Name, Only>> }[Name];

type Without<Name extends PropertyKey> = { readonly [Absent in Name]?: never };

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
      `expected either ${oneOf.map(String).join(" or ")}, got ${chosen.length === 0 ? "neither" : "both"}`,
    );
  const exclusive = among(atMostOneOf);
  if (exclusive.length > 1) fail(`${exclusive.join(" and ")} exclude each other`);
}
