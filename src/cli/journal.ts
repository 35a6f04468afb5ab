/** Keeping a journal of what a command runs. */
import { runsFolder } from "../base/project.ts";
import { type Journal, openJournal } from "../core/events/journal.ts";
import { pruneRuns } from "../core/events/journals.ts";

/**
 * Runs something with a journal, which is closed at its end; then those that are too old go.
 *
 * @param name what is run: a playbook's name
 */
export async function withJournal<T>(name: string, body: (journal: Journal) => Promise<T>): Promise<T> {
  const folder = runsFolder();
  const journal = openJournal(folder, name);
  try {
    return await body(journal);
  } finally {
    const kept = journal.file !== undefined;
    journal.close();
    if (kept) prune(folder);
  }
}

/** What can't be removed today is removed another day: the run's own result matters more. */
function prune(folder: string): void {
  try {
    pruneRuns(folder);
  } catch {
    // see above
  }
}
