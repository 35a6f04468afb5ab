/** A time limit for connecting elsewhere; a stream that comes too late is closed. */
import type { Duplex } from "node:stream";
import { withTimeLimit } from "./time-limit.ts";

/**
 * @param dialled the attempt; a stream that it still yields once it was given up is destroyed
 * @param timeout milliseconds
 * @param giveUp ends the attempt
 */
export function withDialLimit(
  dialled: Promise<Duplex>,
  timeout: number,
  giveUp: () => void = () => undefined,
): Promise<Duplex> {
  return withTimeLimit(dialled, timeout, () => {
    giveUp();
    dialled.then(
      (stream) => stream.on("error", () => undefined).destroy(),
      () => undefined,
    );
    return new Error(`no answer within ${timeout / 1000} s`);
  });
}
