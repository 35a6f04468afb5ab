/** Answers that all hosts of a run share. */
import { callerLocation } from "../../base/location.ts";
import { contextOf } from "../engine/context.ts";
import type { RunState } from "../engine/run-state.ts";
import { requireScope } from "../tasks/scope.ts";

/**
 * Work of the control machine that is done once a run: for all its hosts, batches and plays, such as asking which commit a
 * branch is. Each run does it anew. (`once` is for tasks on hosts, and is done once in each batch of a rolling play.)
 *
 * @param work gets the words that it is called with; what it gives or throws is given or thrown to all that call it with
 *   the same words. No tasks are awaited in it
 * @returns the work, to be called in steps and roles
 * @throws ShowrunnerError `task.outside-host` from the returned function, where it is called outside any step
 *
 * @example
 * const commitOf = oncePerRun(async (repository: string) => newestCommit(repository));
 * // in a step
 * const commit = await commitOf("https://example.org/app.git");
 */
export function oncePerRun<W extends readonly string[], T>(
  work: (...words: W) => Promise<T>,
): (...words: W) => Promise<T> {
  const runs = new WeakMap<RunState, Map<string, Promise<T>>>();
  return (...words) => {
    const { run } = contextOf(requireScope("work that is done once a run", callerLocation())).host;
    const answers = runs.get(run) ?? new Map<string, Promise<T>>();
    runs.set(run, answers);
    const key = JSON.stringify(words);
    const answer = answers.get(key) ?? work(...words);
    answers.set(key, answer);
    return answer;
  };
}
