/** Runs tasks on this machine, through the local transport. */
import type { ShownError, TimedEvent } from "../../src/core/events/events.ts";
import type { Environment } from "../../src/core/facts/execution-environment.ts";
import { play, playbook } from "../../src/core/plays/play.ts";
import { type RunSummary, runPlays } from "../../src/core/plays/run.ts";
import type { RunHooks } from "../../src/core/plays/run-hooks.ts";
import { inventory } from "../../src/inventory/index.ts";
import { connector } from "../../src/transport/connect.ts";

export interface Ran extends RunSummary {
  readonly events: readonly TimedEvent[];
  /** Each task's module, status and changes. */
  readonly told: readonly string[];
  readonly error: ShownError | undefined;
}

export interface HereOptions {
  readonly check?: boolean;
  /** The play's. */
  readonly environment?: Environment;
  /** The play's. */
  readonly noLog?: boolean;
  /** Where what was read is noted for the next run. */
  readonly history?: string;
  /** Looks on. */
  readonly hooks?: RunHooks;
}

/** Runs a step's body for real, each change read back; or plans it. */
export async function runHere(
  body: () => PromiseLike<unknown>,
  { check = false, hooks, history, ...options }: HereOptions = {},
): Promise<Ran> {
  const events: TimedEvent[] = [];
  const summary = await runPlays({
    playbook: playbook([play("test", { hosts: "all", ...options }, { step: body })]),
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
    ...(hooks ? { hooks } : {}),
    readHistory: history,
  });
  const told = events.flatMap((event) =>
    event.type === "task:end"
      ? [[event.task.module, event.status, ...event.changes.map(({ what }) => what)].join(" ")]
      : [],
  );
  const [error] = events.flatMap((event) =>
    event.type === "host:failed" || event.type === "host:unreachable" ? [event.error] : [],
  );
  return { ...summary, events, told, error };
}
