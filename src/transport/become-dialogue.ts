/** The dialogue with a program that wants a password before it starts a command as another user. */
import { refused } from "./become-refused.ts";
import { passwordText } from "./password.ts";
import { handOver, lostBy, startLimits, tooMuch } from "./start.ts";
import { withTimeLimit } from "./time-limit.ts";
import type { Become, RemoteProcess } from "./transport.ts";

/**
 * How long a program may take to start the command: a directory service may be slow, but not for ever. It is less than
 * the session's time limit for opening a channel, which began earlier, so that the error names this program as the slow
 * one.
 */
const patience = 45_000;

/** How much of the program's output is kept, and how long a prompt may be. Characters. */
const longestSaid = 16 * 1024;
const longestQuestion = 256;

interface Dialogue {
  /** What the command prints on its standard output once it runs. */
  readonly ready: string;
  /** Where the password is asked for and answered, if not on the process's own streams. */
  readonly terminal?: RemoteProcess | undefined;
  /**
   * The prompt, if it can be chosen. Otherwise a text is a prompt if it waits at the end of a line and ends like a
   * question. Its words do not matter, whatever their language.
   */
  readonly question?: string | undefined;
}

/** What a question ends with; the full-width colon in Chinese and Japanese. */
const prompt = /[:：?>][^\S\n]*$/;

/**
 * How long a text must wait to be a prompt, and not the first half of a message. Once the password was given, a text is
 * more likely a message, so it must wait longer.
 */
const quiet = { first: 100, second: 2000 };

/**
 * Answers the password's question, if it comes, until the command runs. Ends the process where it never does.
 *
 * @throws ShowrunnerError `become.refused`
 */
export async function letIn(
  process: RemoteProcess,
  become: Become,
  dialogue: Dialogue,
): Promise<RemoteProcess> {
  // for a program that asks and then closes its input: its end gives the reason
  for (const { stdin } of [process, dialogue.terminal ?? process]) stdin.on("error", () => undefined);
  try {
    await withTimeLimit(converse(process, become, dialogue), patience, () =>
      refused(become, `no answer within ${patience / 1000} s`),
    );
    return process;
  } catch (error) {
    process.close();
    throw error;
  }
}

function converse(
  process: RemoteProcess,
  become: Become,
  { ready, terminal, question }: Dialogue,
): Promise<void> {
  const { password } = become;
  return new Promise((resolve, reject) => {
    let said = "";
    let heard = "";
    let size = 0;
    let answered = false;
    let timer: NodeJS.Timeout | undefined;
    const asking = terminal?.stdout ?? process.stderr;
    const over = new AbortController();
    const stop = () => {
      clearTimeout(timer);
      over.abort();
      process.stdout.off("data", onStdout);
      process.stderr.off("data", onSaid);
      if (terminal) asking.off("data", onSaid);
    };
    const end = (error: Error) => {
      stop();
      reject(error);
    };
    const answer = () => {
      if (answered) return end(refused(become, question ? "the password was not accepted" : said.trim()));
      if (password === undefined) return end(refused(become, said.replaceAll(question ?? "\0", "").trim()));
      answered = true;
      said = "";
      passwordText(password, over.signal).then((text) => (terminal ?? process).stdin.write(`${text}\n`), end);
    };
    const onSaid = (chunk: Buffer) => {
      size += chunk.length;
      if (size > startLimits.bytes) return end(refused(become, tooMuch));
      said += chunk.toString();
      clearTimeout(timer);
      const isAsked = question !== undefined && said.includes(question);
      // so much output is no prompt, and must not be kept in memory
      said = said.slice(-longestSaid);
      if (question !== undefined) {
        if (isAsked) answer();
      } else if (prompt.test(said.slice(-longestQuestion)))
        timer = setTimeout(answer, answered ? quiet.second : quiet.first);
    };
    const onStdout = (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      const at = heard.indexOf(ready);
      if (at >= 0) {
        stop();
        handOver(process, Buffer.from(heard.slice(at + ready.length), "latin1"));
        resolve();
      } else if (!ready.startsWith(heard)) {
        // busybox asks on the standard output
        const kept = beginningOf(ready, heard);
        const text = heard.slice(0, heard.length - kept.length);
        heard = kept;
        onSaid(Buffer.from(text, "latin1"));
      }
    };
    process.stdout.on("data", onStdout);
    process.stderr.on("data", onSaid);
    if (terminal) asking.on("data", onSaid);
    void process.closed.then((ended) => end(lostBy(ended) ?? refused(become, said.trim())));
  });
}

/** The end of a text that may be the beginning of a word, of which the rest is still to come. */
function beginningOf(word: string, text: string): string {
  for (let length = Math.min(word.length - 1, text.length); length > 0; length--)
    if (text.endsWith(word.slice(0, length))) return word.slice(0, length);
  return "";
}
