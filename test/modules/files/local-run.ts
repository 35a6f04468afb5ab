/** Runs tasks on this machine, in a temporary directory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { ShownChange, ShownError, TaskStatus, TimedEvent } from "../../../src/core/events.ts";
import { play, playbook } from "../../../src/core/play.ts";
import { runPlaybook } from "../../../src/core/run.ts";
import type { Task } from "../../../src/core/task.ts";
import { inventory } from "../../../src/inventory/index.ts";
import { connector } from "../../../src/transport/connect.ts";

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
  { check = false }: { check?: boolean } = {},
): Promise<LocalRun> {
  const events: TimedEvent[] = [];
  const summary = await runPlaybook({
    playbook: playbook([play("test", { hosts: "all" }, { step: body })]),
    name: "test",
    inventoryName: "local",
    inventory: inventory({ hosts: { here: {} } }),
    access: () => ({
      lease: false,
      connect: connector("local", { name: "here", address: "localhost", port: 22, user: undefined }),
    }),
    subscribers: [(event) => events.push(event)],
    check,
    verify: !check,
  });
  const ends = events.filter((event) => event.type === "task:end");
  const failed = events.find((event) => event.type === "host:failed" || event.type === "host:unreachable");
  return {
    statuses: ends.map((event) => event.status),
    changes: ends.flatMap((event) => event.changes),
    error: failed && "error" in failed ? failed.error : undefined,
    roundTrips: summary.hosts["here"]?.roundTrips ?? 0,
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
