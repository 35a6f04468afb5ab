/** However a script ends, what it made on this machine goes: its throw-away hosts above all. */
import { exitCode } from "../src/base/errors.ts";
import { printError } from "../src/cli/print-error.ts";

/**
 * Has something done when a signal, or an error that nobody caught, ends this process. The process ends afterwards.
 *
 * @param leave what is to be done, such as taking a lab down
 * @returns the same for the script's own end; it is done once, however often it is asked for
 *
 * @example
 * const leave = atWhateverEnd(() => down(lab, say));
 * try { … } finally { await leave(); }
 */
export function atWhateverEnd(leave: () => Promise<void>): () => Promise<void> {
  let left: Promise<void> | undefined;
  const once = () => {
    left ??= leave();
    return left;
  };
  const end = (code: number) =>
    void once()
      .catch(printError)
      .finally(() => process.exit(code));
  let signals = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      signals++;
      // who asks a third time does not want to wait for it any longer
      if (signals === 3) process.exit(exitCode.interrupted);
      end(exitCode.interrupted);
    });
  // a promise's error that nobody waited for is one of these, too
  process.on("uncaughtException", (error) => {
    printError(error);
    end(exitCode.error);
  });
  return once;
}
