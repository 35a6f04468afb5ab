/** The installation itself: apt refuses by itself what is not allowed, and tells what comes and goes. */

import {
  change,
  type FactValue,
  lines,
  type Plan,
  type PlanHost,
  rawScript,
  type Script,
  type Touch,
} from "../../kit/index.ts";
import type { Description } from "../../kit/own.ts";
import { anything } from "./alongside.ts";
import { aptGet } from "./apt-get.ts";
import { type AptSettings, installOptions, keepOptions, lockTimeoutOf } from "./apt-params.ts";
import { telling, toldBy } from "./apt-telling.ts";
import { dryRun, type Work, workOf } from "./dry-run.ts";

interface Installation {
  /** What is asked of apt, for messages: `install curl`. */
  readonly doing: string;
  /** As apt-get takes them. */
  readonly words: readonly string[];
  /** Runs before, and may end the script. */
  readonly before?: Script;
  readonly sets: readonly FactValue[];
  /** What it may alter besides what any installation may. */
  readonly touches?: readonly Touch[];
}

/**
 * Installs in one run of apt: a dry run before it would take as long again as apt itself.
 *
 * @returns the packages that went for it
 */
export async function* installing(
  host: PlanHost,
  p: AptSettings,
  { doing, words, before = rawScript(""), sets, touches = [] }: Installation,
): Plan<readonly string[]> {
  let removed: readonly string[] = [];
  const described = ({ besides, ...work }: Work): Description => {
    removed = besides;
    return {
      ...work,
      what: besides.length === 0 ? doing : `${doing}, remove ${besides.join(", ")}`,
      touches: [...work.touches, ...touches],
    };
  };
  const options = installOptions(p);
  const asked = change({
    what: doing,
    script: lines(
      before,
      aptGet("install", {
        options: [...telling, ...options, ...keepOptions(p)],
        names: words,
        lockTimeout: lockTimeoutOf(p),
      }),
    ),
    sets,
    touches: [...anything, ...touches],
  });
  yield {
    ...asked,
    tells: {
      ahead: async () =>
        described(await dryRun(host, p, { command: "install", options, names: words }, doing)),
      told: (told) => described(workOf(toldBy(told, words))),
    },
  };
  return removed;
}
