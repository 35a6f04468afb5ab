/** Objects of which only names that there are can be read: a playbook runs without having been compiled. */
import { type ErrorCode, ShowrunnerError } from "./errors.ts";
import { callerLocation } from "./location.ts";
import { didYouMean } from "./suggest.ts";

/** What the language, libraries and test tools look for in any object, to find out what it is. */
const lookedFor = /^(then|toJSON|inspect|length|size|nodeType|tagName|asymmetricMatch|\$\$typeof|@@.*)$/;

interface Mistake {
  readonly code: ErrorCode;
  /** What the object is, for the message: `the result of apt curl`. */
  readonly what: () => string;
  readonly hint: (name: string) => string;
}

/**
 * The same object, but that a name which is not there gives an error with the reader's line in place of `undefined`,
 * which as like as not would be written into a file.
 *
 * @param names the names there are, whether they have a value or not
 */
export function strict<T extends object>(
  value: T,
  names: readonly string[],
  { code, what, hint }: Mistake,
): T {
  return new Proxy(value, {
    get(target, name) {
      if (typeof name === "string" && !(name in target) && !names.includes(name) && !lookedFor.test(name))
        throw new ShowrunnerError(code, `${what()} has no ${name}${didYouMean(name, names)}`, {
          location: callerLocation(),
          hint: hint(name),
        });
      return Reflect.get(target, name);
    },
  });
}

/** Variables, of which none can be read that is not declared. */
export function declaredOnly<T>(vars: T, names: readonly string[], owner: string): T {
  if (vars === null || typeof vars !== "object") return vars;
  return strict(vars, names, {
    code: "vars.invalid",
    what: () => `${owner}: vars`,
    hint: (name) => `declare it: vars: { ${name}: Type.String() }`,
  });
}
