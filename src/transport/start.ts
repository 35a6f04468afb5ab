/** How everything on a host begins: with a plain `sh`, which is given its script on its standard input. */
import { randomBytes } from "node:crypto";
import { ShowrunnerError } from "../base/errors.ts";
import { quote } from "../base/script.ts";
import type { Connection, Ended, RemoteProcess } from "./transport.ts";

/**
 * What the user's login shell is asked to run. It may be csh or fish, which quote in ways of their own, restricted, or
 * replaced by a forced command that splits its words at spaces: there is nothing here that one could misread.
 */
export const plainShell = "sh";

/** How long a script may take to begin, and how much may be printed before it, by login files for instance. */
export const startLimits = { milliseconds: 45_000, bytes: 1024 * 1024 };

/** A random word that no output contains yet. */
export function newToken(): string {
  return `SR${randomBytes(16).toString("hex")}`;
}

/** A token as a word of a script: so that a script that is only echoed, by a terminal for instance, does not say it. */
export function tokenWord(token: string): string {
  return `${token.slice(0, 2)}''${token.slice(2)}`;
}

/** Why a script never began: what was printed instead, and what is known besides, such as that it took too long. */
export type ExplainStart = (said: string, problem?: string) => ShowrunnerError;

/**
 * Has a `sh` run one script, and waits until the script has begun. What was printed before that is dropped. The rest of
 * the standard input is the script's own: nothing may be written to it earlier, since a shell reads ahead.
 *
 * @param process a `sh` that reads its commands from its standard input
 * @param script what it runs
 * @param explain makes the error for a script that never began
 */
export function startScript(
  process: RemoteProcess,
  script: string,
  explain: ExplainStart,
): Promise<RemoteProcess> {
  const token = newToken();
  const begun = untilSaid(process, token, explain);
  process.stdin.on("error", () => undefined); // the end of the process gives the reason
  process.stdin.write(`{ printf ${tokenWord(token)}; eval ${quote(script)}; exit; }\n`);
  return begun;
}

/**
 * Starts a `sh` by a line that is to make it another user's. A forced command that starts something else instead is
 * detected: what was meant for the other user must not run as this one.
 *
 * @param line the line, given the words that start the shell
 */
export async function provenShell(
  connection: Pick<Connection, "spawn">,
  line: (shell: string) => string,
): Promise<RemoteProcess> {
  const token = newToken();
  const process = await connection.spawn(line(`sh -s ${token}`));
  process.stdin.on("error", () => undefined); // the end of the process gives the reason
  process.stdin.write(
    `[ "$1" = ${token} ] && shift || { echo 'another command was started instead' >&2; exit 1; }\n`,
  );
  return process;
}

/** Waits until a process prints a word. What it has printed behind the word is left to whoever listens next. */
export function untilSaid(
  process: RemoteProcess,
  word: string,
  explain: ExplainStart,
): Promise<RemoteProcess> {
  const { stdout, stderr, closed } = process;
  return new Promise((resolve, reject) => {
    const said = new Noise();
    let heard = "";
    const stop = () => {
      clearTimeout(timer);
      stdout.off("data", onStdout);
      stderr.off("data", keep);
    };
    const fail = (error: ShowrunnerError) => {
      stop();
      process.close();
      reject(error);
    };
    const keep = (bytes: Buffer) => {
      said.add(bytes);
      if (said.isTooMuch) fail(explain(said.text, tooMuch));
    };
    const onStdout = (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      const at = heard.indexOf(word);
      if (at < 0) {
        // the word may be on its way in two pieces
        const kept = Math.max(0, heard.length - word.length + 1);
        keep(Buffer.from(heard.slice(0, kept), "latin1"));
        heard = heard.slice(kept);
        return;
      }
      stop();
      handOver(process, Buffer.from(heard.slice(at + word.length), "latin1"));
      resolve(process);
    };
    const all = () => {
      said.add(Buffer.from(heard, "latin1"));
      return said.text;
    };
    const timer = setTimeout(() => fail(explain(all(), tooLate)), startLimits.milliseconds);
    stdout.on("data", onStdout);
    stderr.on("data", keep);
    void closed.then((ended) => {
      stop();
      reject(lostBy(ended) ?? explain(all()));
    });
  });
}

export const tooLate = "our script did not begin in time";
export const tooMuch = `more than ${startLimits.bytes / 1024} KiB were printed before our script began`;

/** Says that the connection has ended a process, if that is known. */
export function lostBy({ reason, hint }: Ended): ShowrunnerError | undefined {
  return reason === undefined ? undefined : new ShowrunnerError("host.lost", reason, { hint });
}

/** What is printed before the first answer: the last of it, for an error, and how much it was. */
export class Noise {
  #last = Buffer.alloc(0);
  #bytes = 0;

  add(bytes: Buffer): void {
    this.#bytes += bytes.length;
    this.#last = Buffer.concat([this.#last, bytes.subarray(-4096)]).subarray(-4096);
  }

  get isTooMuch(): boolean {
    return this.#bytes > startLimits.bytes;
  }

  get text(): string {
    return this.#last.toString().trim();
  }
}

/** Output that a process has printed already is kept for the code that will listen in a moment. */
export function handOver({ stdout, stderr }: RemoteProcess, printed: Buffer): void {
  for (const stream of [stdout, stderr]) stream.pause();
  if (printed.length > 0) stdout.unshift(printed);
  setImmediate(() => {
    for (const stream of [stdout, stderr]) stream.resume();
  });
}
