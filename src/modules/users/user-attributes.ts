/** A user's number, primary group, full name, home and shell. */
import type { UserAttribute } from "../../facts/users.ts";

export type Attribute = UserAttribute["attribute"];

export const attributeNames: readonly Attribute[] = ["uid", "group", "comment", "home", "shell"];

/** The attributes that are wanted, as the fact tells them. */
export function attributes(
  p: { readonly [A in Attribute]?: string | number | undefined },
): [Attribute, string][] {
  return attributeNames.flatMap((name) => {
    const value = p[name];
    return value === undefined ? [] : [[name, String(value)]];
  });
}
