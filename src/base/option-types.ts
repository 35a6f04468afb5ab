/**
 * What an option or an inventory's setting may be: a playbook runs without having been compiled, so a value may be of any
 * type. These are functions, tasks and secrets as often as data, and are checked in every task and in commands that have
 * no parameters to check: so they have a light checker (`options.ts`), and no schemas.
 */
import { type Duration, durationForm, milliseconds } from "./duration.ts";

export interface OptionType {
  /** For the message: `true or false`. */
  readonly expected: string;
  readonly hint?: string | undefined;
  /** True: a wrong value is not shown, since it is a secret all the same. */
  readonly isSecret?: boolean;
  /** What of a value is wrong: the value, or items of a list; none where all is well. */
  wrong(value: unknown): readonly unknown[];
}

export function type(expected: string, isRight: (value: unknown) => boolean, hint?: string): OptionType {
  return { expected, hint, wrong: (value) => (isRight(value) ? [] : [value]) };
}

/** One, or a list of them. */
export function oneOrMore(one: OptionType): OptionType {
  return { ...one, wrong: (value) => [value].flat().flatMap((item) => one.wrong(item)) };
}

/** A list, which may be empty. */
export function listOf(one: OptionType): OptionType {
  return {
    ...one,
    expected: `a list of ${one.expected}`,
    wrong: (value) => (Array.isArray(value) ? value.flatMap((item) => one.wrong(item)) : [value]),
  };
}

/** What is looked at elsewhere, where there is more to say of it. */
export const anything = type("anything", () => true);

export const flag = type("true or false", (value) => typeof value === "boolean");

export const text = type("a text", (value) => typeof value === "string");

/** As whom something runs. */
export const user = type(
  "true, false or a user's name",
  (value) => typeof value === "boolean" || (typeof value === "string" && value !== ""),
);

export const percentage = type(
  "a number from 0 to 100",
  (value) => typeof value === "number" && value >= 0 && value <= 100,
);

export const duration = type(durationForm, (value) => timeIn(value) !== undefined);

export const timeLimit = type(`${durationForm}, above 0`, (value) => (timeIn(value) ?? 0) > 0);

export function wholeNumber({ from }: { readonly from: number }): OptionType {
  return type(`a whole number from ${from}`, (value) => Number.isInteger(value) && Number(value) >= from);
}

export function oneOf(words: readonly string[]): OptionType {
  const quoted = words.map((word) => `"${word}"`);
  const expected = [quoted.slice(0, -1).join(", "), ...quoted.slice(-1)].join(" or ");
  return type(expected, (value) => words.some((word) => word === value));
}

function timeIn(value: unknown): number | undefined {
  try {
    return isTime(value) ? milliseconds(value) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it may be a time: whether its text is one, is then found out by reading it. */
function isTime(value: unknown): value is Duration {
  return typeof value === "number" || typeof value === "string";
}
