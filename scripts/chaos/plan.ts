/** Which faults are still to be injected, and which of them the next run can take. */
import type { Kind } from "./faults.ts";
import type { Point } from "./points.ts";

/** A fault: what is hit, and when. */
export interface Fault {
  readonly kind: Kind;
  readonly point: Point;
  /** Whether the connection is gone without a word, which takes the controller a while to find out. */
  readonly silent: boolean;
}

export function describeFault({ kind, point, silent }: Fault): string {
  const how = { controller: "controller killed", connection: "connection cut", host: "host powered off" }[
    kind
  ];
  return `${how}${silent ? " without a word" : ""} at ${point.key}`;
}

/** How far a site has come, since it was fresh: by hosts, the last play that they have behind them. */
export interface Progress {
  readonly done: ReadonlyMap<string, number>;
  /** The last play that a fault has hit; it must heal in peace. */
  readonly hit: number;
}

/**
 * Chooses the faults of the next run, all in the first play that has any left: one for each host, since hosts have
 * their connections, and their power, to themselves, and one that kills the controller. That one is the play's last
 * left, at no host's event that is hit itself: so the others are likely to come before it. Those that do not are left
 * for another run.
 *
 * A play takes part that no host has behind it (for a host's own faults: that this host has not), so that its tasks
 * are still to be done.
 *
 * @param pending in the order of their events
 */
export function chooseFaults(
  pending: readonly Fault[],
  hosts: readonly string[],
  progress: Progress,
): Fault[] {
  const { done, hit } = progress;
  const furthest = Math.max(-1, ...done.values());
  const possible = pending.filter(
    ({ kind, point: { play, host } }) =>
      play > hit && play > (kind === "controller" || host === undefined ? furthest : (done.get(host) ?? -1)),
  );
  const first = Math.min(...possible.map(({ point }) => point.play));
  const inFirst = possible.filter(({ point }) => point.play === first);
  const kill = inFirst.findLast(({ kind }) => kind === "controller");
  const strikes = hosts
    .filter((name) => name !== kill?.point.host)
    .map((name) => inFirst.find(({ kind, point }) => kind !== "controller" && point.host === name));
  return [...strikes, kill].filter((fault) => fault !== undefined);
}
