/** Kills a task's processes on the host before a chosen program that its changes start. */

import { rawScript, type Script } from "../../base/script.ts";
import { writeFileScript } from "../../core/engine/write-file.ts";
import type { Change } from "../../core/facts/change.ts";
import { lawFolder } from "./law-folder.ts";
import type { LawHost } from "./law-host.ts";

/** Interrupts nowhere. */
const never = 1_000_000;

/**
 * Every program of the host gets a script of its name, which counts a step and then becomes the program. Only the PATH
 * of a change finds these scripts. At the chosen step everything that the change runs is killed: the process groups of
 * the shell and of the program.
 */
const prepare = `umask 022
mkdir -p ${lawFolder}/bin
cat >${lawFolder}/step <<'END'
printf . >>${lawFolder}/count
read -r stop <${lawFolder}/stop
[ "$(/usr/bin/wc -c <${lawFolder}/count)" -lt "$stop" ] || {
  read -r group <${lawFolder}/group
  read -r _ _ _ _ own _ </proc/$$/stat
  kill -s KILL -- "-$group" 2>/dev/null
  kill -s KILL -- "-$own" 2>/dev/null
  kill -s KILL $$
}
END
for program in /usr/local/sbin/* /usr/local/bin/* /usr/sbin/* /usr/bin/* /sbin/* /bin/*; do
  at=${lawFolder}/bin/\${program##*/}
  [ ! -e "$at" ] && [ -f "$program" ] && [ -x "$program" ] || continue
  printf '#!/bin/sh\\n. ${lawFolder}/step\\nexec "%s" "$@"\\n' "$program" >"$at"
done
chmod 755 ${lawFolder} ${lawFolder}/bin ${lawFolder}/bin/*`;

/**
 * @param step the program before which all is killed, from 1; left out: nothing is killed, and the steps are counted
 */
export async function armInterruption(host: LawHost, step = never): Promise<void> {
  await host.script(`${prepare}
cd ${lawFolder} && : >count && echo ${step} >stop && : >group && chmod 666 count stop group`);
}

/** How many programs the changes have begun since, with the end of each change as one more. */
export async function stepsTaken(host: LawHost): Promise<number> {
  return Number(await host.script(`wc -c <${lawFolder}/count`));
}

/** The same change, counted step by step. What is no script can't be killed on the host. */
export function interruptible(change: Change): Change {
  const { action } = change;
  if (action.kind === "script") return { ...change, action: { ...action, script: inSteps(action.script) } };
  if (action.kind === "write")
    return { ...change, action: { kind: "script", script: inSteps(writeFileScript(action, undefined)) } };
  return change;
}

function inSteps({ text }: Script): Script {
  return rawScript(`read -r _ _ _ _ group _ </proc/$$/stat; echo "$group" >${lawFolder}/group
PATH=${lawFolder}/bin:$PATH; export PATH
(
${text}
)
status=$?
. ${lawFolder}/step
exit $status`);
}

/**
 * The steps at which to interrupt, spread evenly from the first program to the end.
 *
 * @param taken how many there are
 * @param wanted how many of them to take
 */
export function chosenSteps(taken: number, wanted: number): number[] {
  const count = Math.min(taken, wanted);
  const steps = Array.from({ length: count }, (_, index) =>
    count === 1 ? Math.ceil(taken / 2) : 1 + Math.round((index * (taken - 1)) / (count - 1)),
  );
  return [...new Set(steps)];
}
