/** What a control is: one thing that is asked of a host, and what the host's facts say to it. */
import type { FileState } from "showrunner";

/** What a control finds on a host. */
export interface Finding {
  readonly verdict: "holds" | "does not hold" | "not applicable" | "excepted";
  /** Of what does not hold: what was found. */
  readonly why: string;
}

/** One thing that is asked of a host. */
export interface Control<F> {
  /** Its name in the baselines of dev-sec.io, or one of ours. */
  readonly id: string;
  /** What it asks. */
  readonly asks: string;
  find(facts: F): Finding;
}

/** Controls that go by the same facts. */
export interface Area<F> {
  /** What the area is called where none of its controls applies. */
  readonly name: string;
  /**
   * Reads the facts, and changes nothing. A text says why none of the controls applies to the host, and a finding stands
   * for all of them where their facts can't be read.
   */
  read(): PromiseLike<F | Finding | string>;
  readonly controls: readonly Control<F>[];
}

export const holds: Finding = { verdict: "holds", why: "" };
export const doesNot = (why: string): Finding => ({ verdict: "does not hold", why });
export const notApplicable = (why: string): Finding => ({ verdict: "not applicable", why });

/** Whether an area has a finding in place of facts. */
export function isFinding(read: unknown): read is Finding {
  return typeof read === "object" && read !== null && "verdict" in read;
}

/** Holds where there is nothing to say against it. */
export function unless(problems: readonly string[]): Finding {
  return problems.length === 0 ? holds : doesNot(problems.join("; "));
}

/** What speaks against a file or directory: another owner, or more than a mode allows. A link is none of them. */
export function fileProblems(
  path: string,
  state: FileState,
  { owner = "root", groups, mode }: { owner?: string; groups: readonly string[]; mode: number },
): string[] {
  if (state.type === "absent") return [`${path} is not there`];
  if (state.type === "link") return [`${path} is a link to ${state.target}`];
  const more = Number.parseInt(state.mode, 8) & ~mode;
  return [
    ...(state.owner === owner ? [] : [`${path} belongs to ${state.owner}`]),
    ...(groups.includes(state.group) ? [] : [`${path} has the group ${state.group}`]),
    ...(more === 0 ? [] : [`${path} has the mode ${state.mode}`]),
  ];
}
