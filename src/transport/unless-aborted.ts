/** Waits for something until a signal is aborted. */
import { ShowrunnerError } from "../base/errors.ts";

/**
 * @param work what to wait for
 * @param signal gives it up; the work itself goes on where it does not listen to the signal, too
 * @param tooLate takes away what the work still yields then
 * @throws ShowrunnerError `host.lost` when it is given up
 */
export function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  tooLate: (made: T) => void = () => undefined,
): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      reject(new ShowrunnerError("host.lost", "the connection was closed: the run is over"));
      work.then(tooLate, () => undefined);
    };
    if (signal.aborted) return giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    const stopListening = () => signal.removeEventListener("abort", giveUp);
    work.finally(stopListening).then(resolve, reject);
  });
}
