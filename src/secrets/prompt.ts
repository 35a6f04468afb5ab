/** Secrets that are asked for on the terminal. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { visibleLine } from "../text/controls.ts";
import { Secret } from "./secret.ts";
import { secretText } from "./secret-text.ts";
import { interrupted, unavailable } from "./unavailable.ts";

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
  const made = new Secret(() => ask(text));
  asked.set(text, made);
  return made;
}

/** Asks now for everything that is to be asked: a question in the middle of a run would hold up every host. */
export function askPrompts(): void {
  for (const prompt of asked.values()) prompt.reveal();
}

function ask(text: string): string {
  const terminal = openTerminal(text);
  const stty = (...args: string[]) =>
    spawnSync("stty", args, { stdio: [terminal, "pipe", "ignore"], encoding: "utf8" });
  const before = stty("-g").stdout.trim();
  try {
    // without signals: this process waits for the answer and could handle none, and would leave the echo off
    stty("-echo", "-icanon", "-isig", "min", "1", "time", "0");
    writeSync(terminal, visibleLine(`${text}: `));
    return readAnswer(terminal, text);
  } finally {
    if (before) stty(before);
    writeSync(terminal, "\n");
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

/** One line, with the keys by which a terminal lets one correct it. */
function readAnswer(terminal: number, text: string): string {
  const typed: number[] = [];
  const byte = Buffer.alloc(1);
  while (readSync(terminal, byte) > 0) {
    const key = byte[0] ?? 0;
    if (key === 0x0a || key === 0x0d) break;
    if (key === 0x03) throw interrupted(`interrupted: "${text}" was not answered`);
    if (key === 0x04 && typed.length === 0) throw unavailable(`"${text}" was not answered`);
    if (key === 0x15) typed.length = 0;
    else if (key === 0x7f || key === 0x08) eraseLast(typed);
    else typed.push(key);
  }
  return secretText(Buffer.from(typed), `the answer to "${text}"`);
}

/** Erases a character, which in UTF-8 may be several bytes. */
function eraseLast(typed: number[]): void {
  while (typed.length > 0 && ((typed.pop() ?? 0) & 0xc0) === 0x80);
}
