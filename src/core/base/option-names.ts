/** Misspelt options: the compiler sees them, but a playbook runs without having been compiled. */
import { type ErrorCode, type Location, ShowrunnerError } from "./errors.ts";
import { didYouMean } from "./suggest.ts";

/** Every name there is, each as a key: so that the compiler misses none. */
export type Names<T> = Readonly<Record<keyof Required<T> & string, true>>;

/**
 * @param what whose options they are, for the message: `play "web"`
 * @throws ShowrunnerError naming the first that does not exist, and what was probably meant
 */
export function refuseUnknownOptions<T extends object>(
  given: T,
  names: Names<T>,
  { code, what, location }: { code: ErrorCode; what: string; location: Location | undefined },
): void {
  const known = Object.keys(names);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const guess = didYouMean(unknown, known);
  throw new ShowrunnerError(code, `${what}: there is no option ${unknown}${guess}`, {
    location,
    hint: guess ? undefined : `there are: ${known.join(", ")}`,
  });
}
