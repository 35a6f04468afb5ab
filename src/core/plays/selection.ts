/** Which steps of a playbook are run: by tags, and from which one on. */
import { ShowrunnerError } from "../../base/errors.ts";
import { didYouMean } from "../../base/suggest.ts";
import type { Play } from "./play.ts";

export interface Selection {
  /** Only steps with one of these tags; also `all`, `tagged` and `untagged`. Default: all but those tagged `never`. */
  readonly tags?: readonly string[] | undefined;
  /** Not the steps with one of these tags. */
  readonly skipTags?: readonly string[] | undefined;
  /** The first step to run: `STEP`, or `PLAY/STEP`. */
  readonly startAt?: string | undefined;
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
export function isTagged(own: readonly string[], { tags = [], skipTags = [] }: Selection): boolean {
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
 * The plays with the steps that are run; plays of which none is left are left out.
 *
 * @throws ShowrunnerError `usage` for a tag or a step that there is not, or where nothing is left
 */
export function selectSteps(plays: readonly Play[], selection: Selection): readonly Play[] {
  const { tags = [], skipTags = [], startAt } = selection;
  if (tags.length === 0 && skipTags.length === 0 && startAt === undefined && !plays.some(hasNever))
    return plays;
  refuseUnknownTags(plays, [...tags, ...skipTags]);
  const left = from(plays, startAt)
    .map((play) => withSteps(play, (step) => isTagged(tagsOf(play, step), selection)))
    .filter(({ steps }) => steps.length > 0);
  if (left.length > 0 || plays.length === 0) return left;
  throw new ShowrunnerError("usage", "no step is left by the tags that are asked for", {
    hint: "`--list-tags` shows each step's tags",
  });
}

/** A step's own tags and its play's. */
export function tagsOf(play: Play, step: string): readonly string[] {
  return play.stepTags.get(step) ?? [];
}

function hasNever(play: Play): boolean {
  return play.steps.some((step) => tagsOf(play, step).includes("never"));
}

function withSteps(play: Play, isLeft: (step: string, index: number) => boolean): Play {
  return { ...play, steps: play.steps.filter(isLeft) };
}

function from(plays: readonly Play[], startAt: string | undefined): readonly Play[] {
  if (startAt === undefined) return plays;
  for (const [index, play] of plays.entries()) {
    const begin = play.steps.findIndex((step) => step === startAt || `${play.name}/${step}` === startAt);
    if (begin >= 0) return [withSteps(play, (_, at) => at >= begin), ...plays.slice(index + 1)];
  }
  const known = plays.flatMap(({ steps }) => steps);
  throw new ShowrunnerError(
    "usage",
    `there is no step "${startAt}" to start at${didYouMean(startAt, known)}`,
    {
      hint: "`--list-steps` shows them",
    },
  );
}

function refuseUnknownTags(plays: readonly Play[], given: readonly string[]): void {
  const known = new Set(plays.flatMap((play) => play.steps.flatMap((step) => tagsOf(play, step))));
  const meant = new Set<string>([...known, ...specialTags, "always", "never"]);
  for (const tag of given) {
    if (meant.has(tag)) continue;
    throw new ShowrunnerError("usage", `no play and no step has the tag "${tag}"${didYouMean(tag, meant)}`, {
      hint:
        known.size > 0 ? `the tags are: ${[...known].sort().join(", ")}` : "no play and no step has any tag",
    });
  }
}
