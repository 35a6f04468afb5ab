/** Secrets that are asked for on the terminal. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import type { ShowrunnerError } from "../base/errors.ts";
import { onInterrupt } from "../base/interrupts.ts";
import { Secret } from "../base/secret.ts";
import { interrupted, unavailable } from "../base/secret-unavailable.ts";
import { visibleLine } from "../text/controls.ts";
import { secretText } from "./secret-text.ts";

const asked = new Map<string, Secret>();

/**
 * Asks on the terminal, without echo: once for a text, however often it is used. It is asked when a run begins,
 * before any host is touched, or earlier where something needs it; listing an inventory asks nothing.
 *
 * @param text what to ask: `Vault password`
 * @throws ShowrunnerError "secret.unavailable", when revealed, where there is no terminal
 * @example
 * inventory({ settings: { becomePassword: secretFrom.prompt("sudo password") }, hosts: { … } });
 */
export function secretPrompt(text: string): Secret {
  const known = asked.get(text);
  if (known) return known;
  const made = new Secret(function* () {
    return yield { now: () => askNow(text), later: (signal) => askLater(text, signal) };
  });
  asked.set(text, made);
  return made;
}

/**
 * Asks for all secrets that are asked for on the terminal: a question in the middle of a run would block every host.
 *
 * @param signal takes the question back
 * @throws ShowrunnerError "interrupted", "secret.unavailable"
 */
export async function askPrompts(signal?: AbortSignal): Promise<void> {
  for (const prompt of asked.values()) await prompt.fetch(signal);
}

/**
 * While this process waits for the answer it can't handle a signal, and would leave the echo off. So signals are turned
 * off.
 */
function askNow(text: string): string {
  const terminal = openTerminal(text);
  const stty = (...args: string[]) =>
    spawnSync("stty", args, { stdio: [terminal, "pipe", "ignore"], encoding: "utf8" });
  const before = stty("-g").stdout.trim();
  try {
    stty("-echo", "-icanon", "-isig", "min", "1", "time", "0");
    writeSync(terminal, visibleLine(`${text}: `));
    const answer = new Answer(text);
    const byte = Buffer.alloc(1);
    while (readSync(terminal, byte) > 0 && !answer.take(byte));
    return answer.text;
  } finally {
    if (before) stty(before);
    leave(terminal);
  }
}

async function askLater(text: string, signal: AbortSignal | undefined): Promise<string> {
  const screen = openTerminal(text);
  let keys: ReadStream;
  try {
    keys = openKeys(text);
  } catch (error) {
    closeSync(screen);
    throw error;
  }
  const interrupt = () => keys.destroy(notAnswered(text));
  const stop = onInterrupt(interrupt);
  signal?.addEventListener("abort", interrupt, { once: true });
  try {
    if (signal?.aborted) throw notAnswered(text);
    keys.setRawMode(true);
    writeSync(screen, visibleLine(`${text}: `));
    const answer = new Answer(text);
    for await (const typed of keys) if (answer.take(typed)) break;
    return answer.text;
  } finally {
    stop();
    signal?.removeEventListener("abort", interrupt);
    keys.setRawMode(false);
    keys.destroy();
    leave(screen);
  }
}

function openKeys(text: string): ReadStream {
  const terminal = openTerminal(text);
  try {
    return new ReadStream(terminal);
  } catch (error) {
    closeSync(terminal);
    throw error;
  }
}

/** Ends the question's line, if the terminal is still there. If not, the error says why the question was ended. */
function leave(terminal: number): void {
  try {
    writeSync(terminal, "\n");
  } catch {
    // as said above
  } finally {
    closeSync(terminal);
  }
}

function openTerminal(text: string): number {
  try {
    return openSync("/dev/tty", "r+");
  } catch (error) {
    throw unavailable(
      `"${text}" is to be asked for, but there is no terminal`,
      "Run it on a terminal, or take the secret from the environment or a file.",
      error,
    );
  }
}

function notAnswered(text: string): ShowrunnerError {
  return interrupted(`interrupted: "${text}" was not answered`);
}

/** One line, with the keys by which a terminal lets one correct it. */
class Answer {
  readonly #question: string;
  readonly #typed: number[] = [];

  constructor(question: string) {
    this.#question = question;
  }

  get text(): string {
    return secretText(Buffer.from(this.#typed), `the answer to "${this.#question}"`);
  }

  /** @returns whether the line is ended */
  take(keys: Buffer): boolean {
    const typed = this.#typed;
    for (const key of keys) {
      if (key === 0x0a || key === 0x0d) return true;
      if (key === 0x03) throw notAnswered(this.#question);
      if (key === 0x04 && typed.length === 0) throw unavailable(`"${this.#question}" was not answered`);
      if (key === 0x15) typed.length = 0;
      else if (key === 0x7f || key === 0x08) this.#eraseLast();
      else typed.push(key);
    }
    return false;
  }

  /** Erases a character, which in UTF-8 may be several bytes. */
  #eraseLast(): void {
    const typed = this.#typed;
    while (typed.length > 0 && ((typed.pop() ?? 0) & 0xc0) === 0x80);
  }
}
