/** Tags of steps: what they may be, and which of them are wanted. */
import { type Location, ShowrunnerError } from "../../base/errors.ts";

export interface TagChoice {
  /** Only steps with one of these tags; also `all`, `tagged` and `untagged`. Default: all but those tagged `never`. */
  readonly tags?: readonly string[] | undefined;
  /** Not the steps with one of these tags. */
  readonly skipTags?: readonly string[] | undefined;
}

/** Tags that mean something by themselves, on the command line. */
export const specialTags = ["all", "tagged", "untagged"] as const;

/**
 * Whether a step runs, by Ansible's rules (`Taggable.evaluate_tags`): `always` runs unless it is skipped by name,
 * `never` only if it is asked for by one of its tags.
 *
 * @param own the step's tags and its play's
 *
 * @example
 * isTagged(["web", "never"], { tags: ["web"] }); // true
 */
export function isTagged(own: readonly string[], { tags = [], skipTags = [] }: TagChoice): boolean {
  return isWanted(own, tags.length > 0 ? tags : ["all"]) && !isSkipped(own, skipTags);
}

function isWanted(own: readonly string[], wanted: readonly string[]): boolean {
  if (own.includes("always") || own.some((tag) => wanted.includes(tag))) return true;
  if (own.length === 0) return wanted.includes("untagged") || wanted.includes("all");
  if (own.includes("never")) return false;
  return wanted.includes("all") || wanted.includes("tagged");
}

function isSkipped(own: readonly string[], skipped: readonly string[]): boolean {
  if (own.some((tag) => skipped.includes(tag))) return true;
  if (skipped.includes("all")) return !own.includes("always");
  return skipped.includes(own.length === 0 ? "untagged" : "tagged");
}

/**
 * The tags, checked.
 *
 * @param owner how the message calls what has them
 * @throws ShowrunnerError `playbook.invalid` for one that could not be asked for
 */
export function checkedTags(
  tags: readonly string[],
  owner: string,
  location: Location | undefined,
): readonly string[] {
  // a playbook that was not compiled may say one tag as a text, whose letters would be taken for tags
  if (!Array.isArray(tags))
    throw new ShowrunnerError(
      "playbook.invalid",
      `${owner}: tags: expected a list, got ${JSON.stringify(tags)}`,
      {
        location,
      },
    );
  for (const tag of tags) {
    const special = specialTags.some((name) => name === tag);
    if (/^[^\s,]+$/.test(tag) && !special) continue;
    throw new ShowrunnerError("playbook.invalid", `${owner}: "${tag}" can't be a tag`, {
      location,
      hint: special
        ? `${specialTags.join(", ")} have a meaning of their own in --tags`
        : "a tag is a word without spaces and commas",
    });
  }
  return tags;
}
