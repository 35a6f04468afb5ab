/**
 * How a secret is read: a generator that yields what it needs from outside, and is given that. Whoever drives it says
 * whether this process waits for it or goes on.
 */
import { interrupted } from "./secret-unavailable.ts";

/** A command's output, a file's text, an answer on the terminal. */
export interface Source {
  /** Nothing else happens in this process until it is there. */
  now(): string;
  /**
   * @param signal ends the waiting
   * @throws ShowrunnerError "interrupted" then
   */
  later(signal: AbortSignal | undefined): Promise<string>;
}

export type Reading<T = string> = Generator<Source, T, string>;

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
 * @param signal ends what is waited for
 * @throws ShowrunnerError "secret.unavailable", "interrupted"
 */
export function readInTurn<T>(reading: Reading<T>, signal?: AbortSignal): Promise<T> {
  const mine = turn.then(() => read(reading, signal));
  turn = mine.catch(() => undefined);
  return mine;
}

async function read<T>(reading: Reading<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal?.aborted) throw interrupted();
  let next = reading.next();
  while (!next.done) {
    const coming = next.value.later(signal);
    next = continued(
      reading,
      await coming.then(
        (text): Attempt => ({ text }),
        (error: unknown): Attempt => ({ error }),
      ),
    );
  }
  return next.value;
}

type Attempt = { readonly text: string } | { readonly error: unknown };

function attempt(source: Source): Attempt {
  try {
    return { text: source.now() };
  } catch (error) {
    return { error };
  }
}

function continued<T>(reading: Reading<T>, attempt: Attempt): IteratorResult<Source, T> {
  return "text" in attempt ? reading.next(attempt.text) : reading.throw(attempt.error);
}
