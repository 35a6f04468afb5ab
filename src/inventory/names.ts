/** Which names hosts and groups can have. */
import { isIPv6 } from "node:net";
import type { Location } from "../base/errors.ts";
import { invalid } from "./invalid.ts";
import { expandRange, RangeProblem } from "./ranges.ts";

/** Characters with a meaning in host patterns, and the slash, since names become names of files. */
const forbidden = /[\s,/\\[\]*?"'`]|\p{Cc}/u;
/**
 * Characters with a meaning at the start of a pattern's term, and the dash, which would make a name an option of a
 * command.
 */
const forbiddenFirst = /^[!&~@-]/;

/** The names of the control machine, as in Ansible. */
export const localNames: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/**
 * The hosts that a name or range stands for, each checked to be a possible name.
 *
 * @throws ShowrunnerError "inventory.invalid" at `locate()`
 */
export function hostNames(range: string, subject: string, locate: () => Location | undefined): string[] {
  const names = expand(range, subject, locate);
  // All the names of a range are alike, so one is enough to check.
  const [first = ""] = names;
  const problem = nameProblem(first) ?? (first.includes(":") && !isIPv6(first) ? `holds ":"` : undefined);
  if (problem === undefined) return names;
  const hint = problem === `holds ":"` ? "A port is a setting of its own." : undefined;
  throw invalid(`${subject}: "${first}" can't be a host's name, it ${problem}`, locate(), hint);
}

/** Why a group can't be called so, or undefined. */
export function groupNameProblem(name: string): string | undefined {
  return nameProblem(name) ?? (name.includes(":") ? `holds ":"` : undefined);
}

function nameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (forbiddenFirst.test(name)) return `starts with "${name[0]}"`;
  const found = forbidden.exec(name);
  return found ? `holds ${JSON.stringify(found[0])}` : undefined;
}

function expand(range: string, subject: string, locate: () => Location | undefined): string[] {
  try {
    return expandRange(range);
  } catch (error) {
    if (error instanceof RangeProblem) throw invalid(`${subject}: ${error.message}`, locate());
    throw error;
  }
}
