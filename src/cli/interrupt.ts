/** Ctrl-C: the first one ends a run in good order, the second one at once. */
import { exitCode, ShowrunnerError } from "../core/base/errors.ts";
import { printError } from "./print-error.ts";
import { onStrayError } from "./stray-errors.ts";

/**
 * Listens for SIGINT and SIGTERM, and for an error that nobody caught, which ends a run as the first of them does.
 *
 * @param onInterrupt called on the first signal; an error has been shown by itself
 * @returns a signal that is aborted by the first one, with an error as the reason where it was one; how to do the same
 *   for an error, which is shown; and how to stop listening
 */
export function interruptible(onInterrupt: () => void): {
  signal: AbortSignal;
  end(error: ShowrunnerError): void;
  stop(): void;
} {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(exitCode.interrupted);
    onInterrupt();
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) process.on(name, interrupt);
  const watch = watchNpx(() => !controller.signal.aborted && interrupt());
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
      clearInterval(watch);
      for (const name of signals) process.off(name, interrupt);
    },
  };
}

/** npx keeps a signal to itself: it ends, and leaves us behind. So its end counts as the signal. */
function watchNpx(gone: () => void): NodeJS.Timeout | undefined {
  if (process.env["npm_command"] !== "exec") return undefined;
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent) gone();
  }, 250).unref();
}
