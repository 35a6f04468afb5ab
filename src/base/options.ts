/** Options as they are given: the compiler sees mistakes, but a playbook runs without having been compiled. */
import { type ErrorCode, type Location, ShowrunnerError } from "./errors.ts";
import type { OptionType } from "./option-types.ts";
import { didYouMean } from "./suggest.ts";
import { whatItIs } from "./what-it-is.ts";

/** Every option there is, with what it may be: so that the compiler misses none. */
export type OptionTypes<T> = Readonly<Record<keyof Required<T> & string, OptionType>>;

/**
 * @param what whose options they are, for the message: `play "web"`
 * @throws ShowrunnerError naming the first that does not exist, and what was probably meant; or the first with a value
 *   that is none of its type
 */
export function checkOptions<T extends object>(
  given: T,
  types: OptionTypes<T>,
  { code, what, location }: { code: ErrorCode; what: string; location: Location | undefined },
): void {
  const mistake = (message: string, hint?: string) =>
    new ShowrunnerError(code, `${what}: ${message}`, { location, hint });
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw mistake(`expected its options, got ${whatItIs(given)}`);
  const known: Readonly<Record<string, OptionType>> = types;
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) {
    const names = Object.keys(known);
    const guess = didYouMean(unknown, names);
    throw mistake(
      `there is no option ${unknown}${guess}`,
      guess ? undefined : `there are: ${names.join(", ")}`,
    );
  }
  for (const [name, value] of Object.entries(given)) {
    const type = known[name];
    const wrong = type && value !== undefined ? type.wrong(value) : [];
    if (type && wrong.length > 0)
      throw mistake(`${name}: expected ${type.expected}, got ${whatItIs(wrong[0])}`, type.hint);
  }
}
