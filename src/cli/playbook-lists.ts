/** What a run would be about, without running it: `--list-hosts`, `--list-steps`, `--list-tags`. */
import type { Play } from "../core/plays/play.ts";
import { inBatches, inOrder } from "../core/plays/rolling.ts";
import { type Selection, tagsOf } from "../core/plays/selection.ts";
import { isTagged } from "../core/plays/tags.ts";
import type { PlayHosts } from "../core/plays/vars.ts";
import type { Style } from "../report/index.ts";
import { count } from "../report/words.ts";
import type { SelectionFlags } from "./selection-options.ts";
import { indented, table } from "./text.ts";

/** Whether anything is to be listed rather than run. */
export function wantsList({ listHosts, listSteps, listTags }: SelectionFlags): boolean {
  return listHosts === true || listSteps === true || listTags === true;
}

/** What is listed: also what runs only when it is asked for by a tag, which could else not be learnt. */
export function listedSelection(selection: Selection): Selection {
  return selection.tags ? selection : { ...selection, tags: ["all", "never"] };
}

/**
 * The lists that are asked for, play by play.
 *
 * @param plays the plays that `listedSelection` leaves, with their hosts
 */
export function playbookLists(plays: readonly PlayHosts[], flags: SelectionFlags, style: Style): string[] {
  return plays.flatMap(({ play, hosts }) => [
    `${style("bold", `Play ${play.name}`)} ${style("dim", `(${play.hosts}: ${count(hosts.length, "host")})`)}`,
    ...indented([
      ...(flags.listHosts ? hostLines({ play, hosts }, style) : []),
      ...(flags.listSteps ? stepLines(play, flags, style) : []),
      ...(flags.listTags ? [`tags: ${allTags(play, flags).join(", ") || "none"}`] : []),
    ]),
  ]);
}

function hostLines({ play, hosts }: PlayHosts, style: Style): string[] {
  const { order, sizes } = play.rolling;
  const batches = inBatches(inOrder(hosts, order), sizes);
  return batches.flatMap((batch, index) => {
    const names = batch.map(({ name }) => name);
    return batches.length === 1
      ? names
      : [style("dim", `batch ${index + 1} of ${batches.length}`), ...indented(names)];
  });
}

function stepLines(play: Play, flags: SelectionFlags, style: Style): string[] {
  const tags = (step: string) => {
    if (!isLeftOut(play, step, flags)) return tagsOf(play, step).join(", ");
    return `${ownTags(play, step).join(", ")} (never)`.trim();
  };
  return table(play.steps.map((step) => [step, style("dim", tags(step))]));
}

function allTags(play: Play, flags: SelectionFlags): string[] {
  const run = play.steps.filter((step) => !isLeftOut(play, step, flags));
  const known = new Set(run.flatMap((step) => tagsOf(play, step)));
  const others = play.steps.flatMap((step) => ownTags(play, step)).filter((tag) => !known.has(tag));
  return [...known, ...new Set(others.map((tag) => `${tag} (never)`))].sort();
}

/** Whether a step that is listed would not run, for want of its tag. */
function isLeftOut(play: Play, step: string, { tags }: SelectionFlags): boolean {
  return tags === undefined && !isTagged(tagsOf(play, step), {});
}

function ownTags(play: Play, step: string): string[] {
  return tagsOf(play, step).filter((tag) => tag !== "never");
}
