/** What a run would be about, without running it: `--list-hosts`, `--list-steps`, `--list-tags`. */
import type { Play } from "../core/plays/play.ts";
import { inBatches, inOrder } from "../core/plays/rolling.ts";
import { tagsOf } from "../core/plays/selection.ts";
import type { PlayHosts } from "../core/plays/vars.ts";
import type { Style } from "../report/index.ts";
import { count } from "../report/words.ts";
import type { SelectionFlags } from "./selection-options.ts";
import { indented, table } from "./text.ts";

/** Whether anything is to be listed rather than run. */
export function wantsList({ listHosts, listSteps, listTags }: SelectionFlags): boolean {
  return listHosts === true || listSteps === true || listTags === true;
}

/**
 * The lists that are asked for, play by play.
 *
 * @param plays the plays that would run, with their hosts
 */
export function playbookLists(plays: readonly PlayHosts[], flags: SelectionFlags, style: Style): string[] {
  return plays.flatMap(({ play, hosts }) => [
    `${style("bold", `Play ${play.name}`)} ${style("dim", `(${play.hosts}: ${count(hosts.length, "host")})`)}`,
    ...indented([
      ...(flags.listHosts ? hostLines({ play, hosts }, style) : []),
      ...(flags.listSteps ? stepLines(play, style) : []),
      ...(flags.listTags ? [`tags: ${allTags(play).join(", ") || "none"}`] : []),
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

function stepLines(play: Play, style: Style): string[] {
  return table(play.steps.map((step) => [step, style("dim", tagsOf(play, step).join(", "))]));
}

function allTags(play: Play): string[] {
  return [...new Set(play.steps.flatMap((step) => tagsOf(play, step)))].sort();
}
