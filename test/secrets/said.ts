/** Everything that a run may say of itself: every reporter at every verbosity, and the journal. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { TimedEvent } from "../../src/core/events/events.ts";
import { openJournal } from "../../src/core/events/journal.ts";
import {
  createReporter,
  defineReporter,
  plain,
  reporterNames,
  startReporter,
} from "../../src/report/index.ts";

/** Tells the events to every reporter there is, a user's own too, and to a journal. */
export async function everythingSaid(events: readonly TimedEvent[]): Promise<string> {
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text), columns: 200, rows: 50, isTTY: false };
  for (const verbose of [false, true])
    for (const diff of [false, true]) {
      const own = defineReporter(({ write }) => ({ subscribe: (event) => write(JSON.stringify(event)) }));
      const reporters = await Promise.all([
        ...reporterNames.map((name) => createReporter(name, stream, { verbose, diff, style: plain })),
        startReporter(own, stream, { verbose, diff, onFailure: (text) => void said.push(text) }),
      ]);
      for (const reporter of reporters) {
        for (const event of events) reporter.subscribe(event);
        await reporter.close();
      }
    }
  const runs = mkdtempSync(join(tmpdir(), "canary-runs-"));
  const journal = openJournal(runs, "canary");
  for (const event of events) journal.subscribe(event);
  journal.close();
  const kept = readdirSync(runs).map((name) => readFileSync(join(runs, name), "utf8"));
  rmSync(runs, { recursive: true });
  expect(kept).not.toEqual([]);
  return [...said, ...kept].join("\n");
}
