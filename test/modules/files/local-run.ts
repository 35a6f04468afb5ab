/** Runs tasks on this machine, in a temporary directory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { ShownChange, ShownError, TaskStatus } from "../../../src/core/events/events.ts";
import type { Task } from "../../../src/core/tasks/task.ts";
import { runHere } from "../local.ts";

/** A directory for a test file, removed at its end. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "files test's "));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface LocalRun {
  readonly statuses: readonly TaskStatus[];
  readonly changes: readonly ShownChange[];
  readonly error: ShownError | undefined;
  readonly roundTrips: number;
}

/** Runs a step for real on this machine, reading back all that its changes set; or plans it. */
export async function runLocal(
  body: () => PromiseLike<unknown>,
  options: { check?: boolean; history?: string } = {},
): Promise<LocalRun> {
  const { events, hosts, error } = await runHere(body, options);
  const ends = events.filter((event) => event.type === "task:end");
  return {
    statuses: ends.map((event) => event.status),
    changes: ends.flatMap((event) => event.changes),
    error,
    roundTrips: hosts["here"]?.roundTrips ?? 0,
  };
}

/** Runs tasks in order; see `runLocal`. */
export function runTasks(
  tasks: readonly (() => Task<unknown>)[],
  options: { check?: boolean } = {},
): Promise<LocalRun> {
  return runLocal(async () => {
    for (const task of tasks) await task();
  }, options);
}
