/** Options as they are given: the compiler sees mistakes, but a playbook runs without having been compiled. */
import { type ErrorCode, type Location, ShowrunnerError } from "./errors.ts";
import type { OptionType } from "./option-types.ts";
import { didYouMean } from "./suggest.ts";
import { whatItIs } from "./what-it-is.ts";

/** Every option there is, with what it may be: so that the compiler misses none. */
export type OptionTypes<T> = Readonly<Record<keyof Required<T> & string, OptionType>>;

/** What is wrong with an option. */
export interface OptionMistake {
  readonly name: string;
  /** Undefined: there is no option of that name. */
  readonly expected: string | undefined;
  /** The value in words. */
  readonly got: string;
  readonly hint: string | undefined;
}

/**
 * The first option that does not exist, else the first whose value is none of its type; what is undefined is not given.
 *
 * @param given options by name
 * @param types every option there is
 */
export function mistakeIn(
  given: object,
  types: Readonly<Record<string, OptionType>>,
): OptionMistake | undefined {
  let wrong: OptionMistake | undefined;
  for (const [name, value] of Object.entries(given)) {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (!type) return { name, expected: undefined, got: "", hint: undefined };
    wrong ??= wrongValue(name, type, value);
  }
  return wrong;
}

function wrongValue(name: string, type: OptionType, value: unknown): OptionMistake | undefined {
  const wrong = value === undefined ? [] : type.wrong(value);
  if (wrong.length === 0) return undefined;
  const { expected, hint } = type;
  return { name, expected, got: shown(type, wrong[0]), hint };
}

/** A wrong password is still a password, so only its type is told. */
function shown({ isSecret }: OptionType, value: unknown): string {
  return isSecret && typeof value !== "object" ? `a ${typeof value}` : whatItIs(value);
}

/**
 * @param what whose options they are, for the message: `play "web"`
 * @throws ShowrunnerError naming the first that does not exist, and what was probably meant; or the first with a value
 *   that is none of its type
 */
export function validateOptions<T extends object>(
  given: T,
  types: OptionTypes<T>,
  { code, what, location }: { code: ErrorCode; what: string; location: Location | undefined },
): void {
  const refuse = (message: string, hint?: string) =>
    new ShowrunnerError(code, `${what}: ${message}`, { location, hint });
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw refuse(`expected its options, got ${whatItIs(given)}`);
  const mistake = mistakeIn(given, types);
  if (!mistake) return;
  const { name, expected, got, hint } = mistake;
  if (expected !== undefined) throw refuse(`${name}: expected ${expected}, got ${got}`, hint);
  const names = Object.keys(types);
  const guess = didYouMean(name, names);
  throw refuse(`there is no option ${name}${guess}`, guess ? undefined : `there are: ${names.join(", ")}`);
}
