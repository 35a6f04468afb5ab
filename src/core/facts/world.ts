/** What the hosts of a run share. */
import { TextTable } from "../../base/text-table.ts";
import { ReadTable } from "./read.ts";

/**
 * What the hosts of a run share: counts of what was changed, or predicted to change, anywhere, since what other hosts
 * answer depends on it; and what can be read.
 */
export interface World {
  readonly reads: ReadTable;
  /** What their tasks are called: mostly the same on every host. */
  readonly texts: TextTable;
  changes: number;
  /** How often code of a step has done something other than tasks, which the run can't see. */
  absences: number;
  /** Jobs in the background: how many have begun, and how many of these have not ended. */
  readonly jobs: { begun: number; open: number };
  /** Whether the run predicts changes and makes none. */
  readonly isPredicted: boolean;
}

/** Of a run, or of a look by itself, in which nothing has been changed yet. */
export function newWorld(isPredicted = false): World {
  return {
    reads: new ReadTable(),
    texts: new TextTable(),
    changes: 0,
    absences: 0,
    jobs: { begun: 0, open: 0 },
    isPredicted,
  };
}
