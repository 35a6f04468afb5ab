/** What a run of many hosts does about its memory. */
import { setFlagsFromString } from "node:v8";
import type { Subscriber } from "../core/events/events.ts";

/** From so many hosts on, what garbage takes counts for more than the time to collect it more often. */
const many = 300;

/**
 * V8 lets a heap grow to several times of what is alive before it collects. What a host needs in its turn lives long
 * enough to get there, so with a thousand hosts most of the memory would be such garbage. The heap of a run of many hosts
 * grows by a third at a time.
 */
export const boundGarbage: Subscriber = (event) => {
  if (event.type === "run:start" && event.hosts.length >= many)
    setFlagsFromString("--heap-growing-percent=33");
  // V8 takes no code that was kept under other flags: what is kept at the end is for the next run, which begins without
  if (event.type === "run:end") setFlagsFromString("--heap-growing-percent=0");
};
