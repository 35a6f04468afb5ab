/** Compares what a case expects with what happened. */
import { inspect, isDeepStrictEqual } from "node:util";
import { messageOf } from "../base/errors.ts";
import type { Change } from "../core/facts/change.ts";

/** A change as a case names it: its name, or the properties to compare. */
export type ExpectedChange = string | Pick<Change, "what" | "before" | "after">;

/** The part of a change that is shown, and that must be the same in a check and in the run. */
type ShownChange = Pick<Change, "what" | "before" | "after" | "diff">;

/** @returns what differs, or undefined */
export function differentChanges(
  expected: readonly ExpectedChange[],
  got: readonly ShownChange[],
): string | undefined {
  const agree = expected.length === got.length && expected.every((one, index) => agrees(one, got[index]));
  if (agree) return undefined;
  const full = expected.some((one) => typeof one !== "string");
  const wanted = expected.map((one) => (full ? brief(one) : nameOf(one)));
  const came = got.map((one) => (full ? brief(withoutDiff(one)) : one.what));
  return `expected ${listed(wanted)}, got ${listed(came)}`;
}

/** @returns what a run made other than a check said, or undefined */
export function otherThanPredicted(
  predicted: readonly ShownChange[],
  made: readonly ShownChange[],
): string | undefined {
  const names = differentChanges(
    predicted.map(({ what }) => what),
    made,
  );
  if (names !== undefined) return names;
  const at = predicted.findIndex((one, index) => !isDeepStrictEqual(shown(one), shown(made[index])));
  if (at < 0) return undefined;
  return `the check said ${brief(shown(predicted[at]))}, the run ${brief(shown(made[at]))}`;
}

/** @returns what differs, or undefined */
export function differentFailure(expected: string | RegExp | undefined, error: unknown): string | undefined {
  if (error === undefined) return expected === undefined ? undefined : "did not fail";
  const said = wordsOf(error);
  if (expected === undefined) return `failed: ${said}`;
  const fits = typeof expected === "string" ? said.includes(expected) : expected.test(said);
  return fits ? undefined : `failed with another error: ${said}`;
}

/** An error with its details and its hint, in one line. */
function wordsOf(error: unknown): string {
  const more =
    error instanceof Error && "details" in error && Array.isArray(error.details) ? error.details : [];
  const hint =
    error instanceof Error && "hint" in error && typeof error.hint === "string" ? [error.hint] : [];
  return [messageOf(error), ...more, ...hint].join(" | ");
}

/** A value in one line, not too long. Bytes are shown by their count. */
export function brief(value: unknown): string {
  if (Buffer.isBuffer(value)) return `${value.length} bytes`;
  const text = inspect(value, { depth: 6, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 60 });
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function agrees(expected: ExpectedChange, got: ShownChange | undefined): boolean {
  if (got === undefined) return false;
  if (typeof expected === "string") return got.what === expected;
  return Object.entries(expected).every(([key, value]) => isDeepStrictEqual(Object(got)[key], value));
}

function shown(change: ShownChange | undefined) {
  return change && { what: change.what, before: change.before, after: change.after, diff: change.diff };
}

const withoutDiff = ({ what, before, after }: ShownChange) => ({ what, before, after });

const nameOf = (one: ExpectedChange) => (typeof one === "string" ? one : one.what);

function listed(names: readonly string[]): string {
  return names.length === 0 ? "no change" : names.join(", ");
}
