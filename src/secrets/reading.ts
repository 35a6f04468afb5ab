/**
 * How a secret is read: a generator that yields the commands to be run for it, and is given what they print. Whoever
 * drives it says whether this process waits for them or goes on.
 */
import { type Command, runCommand, runCommandNow } from "./run-command.ts";
import { interrupted } from "./unavailable.ts";

export type Reading<T = string> = Generator<Command, T, string>;

/** Reads at once: nothing else happens in this process until then. */
export function readNow<T>(reading: Reading<T>): T {
  let next = reading.next();
  while (!next.done) next = continued(reading, attempt(next.value));
  return next.value;
}

let turn: Promise<unknown> = Promise.resolve();

/**
 * Reads while this process goes on: one after the other, since commands may ask on the terminal.
 *
 * @param signal ends the command that runs
 * @throws ShowrunnerError "secret.unavailable", "interrupted"
 */
export function readInTurn<T>(reading: Reading<T>, signal: AbortSignal | undefined): Promise<T> {
  const mine = turn.then(() => read(reading, signal));
  turn = mine.catch(() => undefined);
  return mine;
}

async function read<T>(reading: Reading<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal?.aborted) throw interrupted();
  let next = reading.next();
  while (!next.done) {
    const running = runCommand(next.value, signal);
    next = continued(
      reading,
      await running.then(
        (printed): Attempt => ({ printed }),
        (error: unknown): Attempt => ({ error }),
      ),
    );
  }
  return next.value;
}

type Attempt = { readonly printed: string } | { readonly error: unknown };

function attempt(command: Command): Attempt {
  try {
    return { printed: runCommandNow(command) };
  } catch (error) {
    return { error };
  }
}

function continued<T>(reading: Reading<T>, attempt: Attempt): IteratorResult<Command, T> {
  return "printed" in attempt ? reading.next(attempt.printed) : reading.throw(attempt.error);
}
