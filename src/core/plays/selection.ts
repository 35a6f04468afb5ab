/** Which steps of a playbook are run: by tags, and from which one on. */
import { ShowrunnerError } from "../../base/errors.ts";
import { didYouMean } from "../../base/suggest.ts";
import type { Play } from "./play.ts";
import { isTagged, specialTags, type TagChoice } from "./tags.ts";

export interface Selection extends TagChoice {
  /** The first step to run: `STEP`, or `PLAY/STEP`. */
  readonly startAt?: string | undefined;
}

/**
 * The plays with the steps that are run; plays of which none is left are left out.
 *
 * @throws ShowrunnerError `usage` for a tag or a step that does not exist, or if nothing is left
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
  throw new ShowrunnerError("usage", "the tags leave no step to run", {
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
