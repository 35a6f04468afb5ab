/** The controller's end of the keeper: one line out, one line back. */

import { ShowrunnerError } from "../../base/errors.ts";
import { Kept } from "../../transport/output.ts";
import { withTimeLimit } from "../../transport/time-limit.ts";
import type { RemoteProcess } from "../../transport/transport.ts";
import { KeeperLines } from "./keeper-lines.ts";

/** What is kept of its errors, in bytes. */
const longestComplaint = 64 * 1024;

/** See keeper-script.ts for what is said. */
export class Keeper {
  readonly #remote: RemoteProcess;
  readonly #lines: KeeperLines;
  readonly #limit: number;
  readonly #said = new Kept(longestComplaint);
  readonly ended: Promise<unknown>;
  /** Whether the keeper has been told to go on: from then on the lease is ours, even before the keeper confirms it. */
  #going = false;
  gone = false;

  /** @param limit seconds that an answer may take */
  constructor(remote: RemoteProcess, limit: number) {
    this.#remote = remote;
    this.#lines = new KeeperLines(remote.stdout);
    this.#limit = limit;
    this.ended = remote.closed.then(() => {
      this.gone = true;
    });
    remote.stderr.on("data", (chunk: Buffer) => this.#said.push(chunk));
    remote.stdin.on("error", () => undefined); // `ended` tells
  }

  get complaint(): readonly string[] {
    return this.#said.lastText.trim().split("\n").slice(-3);
  }

  /**
   * The next line: its first word, and the rest; empty at the end.
   *
   * @throws ShowrunnerError `host.lost` if the keeper prints nothing in time, or more than a keeper would; it is then
   *   ended
   */
  async hear(): Promise<[word: string, rest: string]> {
    const late = () => {
      this.close();
      return noAnswer();
    };
    const line = (await withTimeLimit(this.#lines.next(), this.#limit * 1000, late)) ?? "";
    if (this.#lines.isFlooded) {
      this.close();
      throw new ShowrunnerError("host.lost", "the host printed without end when it was asked for the lease", {
        details: this.complaint,
        hint: "something there prints into the answer, or is no host that Showrunner can trust",
      });
    }
    const at = line.indexOf(" ");
    return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
  }

  go(): void {
    this.#going = true;
    this.say("go");
  }

  say(line: string): void {
    this.#lines.anew();
    this.#remote.stdin.write(`${line}\n`);
  }

  async ask(request: string): Promise<void> {
    this.say(request);
    await this.hear();
  }

  /** Gives back what was granted, and gives up what was not. */
  async release(): Promise<void> {
    if (this.#going) {
      this.say("release");
      await withTimeLimit(this.#hearReleased(), 2000, () => new Error("late")).catch(() => undefined);
    }
    await this.leave();
  }

  /**
   * Ends the keeper, and waits for its end as long as an ordinary host takes: nothing of a run may go on after the run.
   */
  async leave(): Promise<void> {
    this.close();
    await withTimeLimit(this.ended, 2000, () => new Error("late")).catch(() => undefined);
  }

  async #hearReleased(): Promise<void> {
    for (;;) {
      const [word] = await this.hear();
      if (word === "released" || word === "") return;
    }
  }

  close(): void {
    this.#remote.close();
  }
}

/** @returns the error for a host that does not answer */
export function noAnswer(): ShowrunnerError {
  return new ShowrunnerError("host.lost", "the host gave no answer when it was asked for the lease");
}
