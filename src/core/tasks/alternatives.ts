/** Which parameters go together, and which do not. */
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

/** Which parameters go together. One that is `false` counts as not given. */
export interface Alternatives<Name extends PropertyKey = PropertyKey> {
  /** Exactly one of them is to be given. */
  readonly oneOf?: readonly Name[];
  /** At most one of them may be given. */
  readonly atMostOneOf?: readonly Name[];
  /** What is only to be given with another one: `{ append: "groups" }`. */
  readonly needs?: { readonly [Each in Name]?: Name };
  /** What must be given, unless `state` is `absent`. */
  readonly presentNeeds?: readonly Name[];
  /** What goes with `state: "present"` only. */
  readonly onlyPresent?: readonly Name[];
  /** What goes with `state: "absent"` only. */
  readonly onlyAbsent?: readonly Name[];
}

const none: readonly never[] = [];

/**
 * What the types say, said again where they were not looked at (in a playbook that nobody compiled, in JSON), and what
 * they can't say.
 *
 * @throws ShowrunnerError `task.failed`, naming the parameters that do not go together
 */
export function validateAlternatives(alternatives: Alternatives, params: object): void {
  const { oneOf = none, atMostOneOf = none, needs, presentNeeds = none } = alternatives;
  const { onlyPresent = none, onlyAbsent = none } = alternatives;
  const given = (name: PropertyKey): unknown => Reflect.get(params, name);
  const among = (names: readonly PropertyKey[]) =>
    names.filter((name) => given(name) !== undefined && given(name) !== false).map(String);

  const chosen = among(oneOf);
  if (oneOf.length > 0 && chosen.length !== 1)
    fail(
      `expected either ${oneOf.map(String).join(" or ")}, got ${chosen.length === 0 ? "none of them" : chosen.join(" and ")}`,
    );
  const exclusive = among(atMostOneOf);
  if (exclusive.length > 1) fail(`${exclusive.join(" and ")} exclude each other`);

  for (const name of needs ? among(Object.keys(needs)) : none) {
    const needed = Reflect.get(needs ?? {}, name);
    if (needed !== undefined && among([needed]).length === 0)
      fail(`\`${name}\` needs \`${String(needed)}\``, `give \`${String(needed)}\`, or leave \`${name}\` out`);
  }
  const isAbsent = given("state") === "absent";
  const missing = presentNeeds.find((name) => given(name) === undefined);
  if (!isAbsent && missing !== undefined)
    fail(`expected \`${String(missing)}\`, got nothing`, 'only `state: "absent"` goes without it');
  const [misplaced] = among(isAbsent ? onlyPresent : onlyAbsent);
  if (misplaced !== undefined)
    fail(
      `\`${misplaced}\` goes with \`state: "${isAbsent ? "present" : "absent"}"\` only`,
      `leave \`${misplaced}\` out`,
    );
}
