/** Ctrl-C: the first one ends a run in good order, the second one at once. */
import { exitCode, ShowrunnerError } from "../base/errors.ts";
import { onInterrupt } from "../base/interrupts.ts";
import { pipesWaitedFor } from "../base/user-file.ts";
import { printError } from "./print-error.ts";
import { onStrayError } from "./stray-errors.ts";

/**
 * Listens for SIGINT and SIGTERM, and for an error that nobody caught, which ends a run as the first of them does.
 *
 * @param tell called on the first signal, with what a message says of it; an error has been shown by itself
 * @returns a signal that is aborted by the first one, with an error as the reason where it was one; how to do the same
 *   for an error, which is shown; and how to stop listening
 */
export function interruptible(tell: (interrupted: string) => void): {
  signal: AbortSignal;
  end(error: ShowrunnerError): void;
  stop(): void;
} {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(exitCode.interrupted);
    tell(interruptedText(pipesWaitedFor()));
    controller.abort();
  };
  const unheard = onInterrupt(interrupt);
  const forget = onStrayError(() => {
    if (controller.signal.aborted) return;
    controller.abort(new ShowrunnerError("internal", "an error that nobody caught"));
  });
  return {
    signal: controller.signal,
    end: (error) => {
      if (controller.signal.aborted) return;
      printError(error);
      controller.abort(error);
    },
    stop: () => {
      forget();
      unheard();
    },
  };
}

function interruptedText(pipes: readonly string[]): string {
  if (pipes.length === 0) return "interrupted";
  return `interrupted while waiting for ${pipes.join(", ")}, ${pipes.length === 1 ? "a pipe" : "pipes"}`;
}
