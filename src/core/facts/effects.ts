/** What a change does to facts: those that it sets, and those that it may alter. */
import type { FactValue, Touch } from "./fact.ts";

/** To be spread into a change: `change({ what, script, ...fileWritten(path, { content }) })`. */
export interface Effects {
  /** The facts that hold afterwards. */
  readonly sets: readonly FactValue[];
  /** The facts that may differ afterwards; their new values are not known. */
  readonly touches: readonly Touch[];
}

/**
 * All of these effects together, for a change that has several.
 *
 * @param some each with `sets`, `touches` or both
 *
 * @example
 * yield change({ what: "content", script, ...effects(fileWritten(path, { content }), { sets: [unit.is(name, next)] }) });
 */
export function effects(...some: readonly Partial<Effects>[]): Effects {
  return {
    sets: some.flatMap(({ sets = [] }) => sets),
    touches: some.flatMap(({ touches = [] }) => touches),
  };
}
