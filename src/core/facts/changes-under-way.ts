/** The changes of one host that are being made, and what is read behind them in the same round trip. */
import type { Output, ScriptRequest } from "../../transport/transport.ts";
import type { Read } from "./read.ts";
import type { ChangeEffect, Staleness } from "./staleness.ts";

/** How a change is made. */
export interface ChangeTerms {
  /** Whether something may be read behind it. */
  readonly isFollowed: boolean;
  /** Whether what it sets will be asked for. */
  readonly isReadBack: boolean;
  /** Whether it is made in the background, while tasks go on. */
  readonly isJob: boolean;
}

/** A change that is being made. */
export interface ChangeUnderWay {
  /** What is read again after it, in the same round trip. */
  readonly behind: ScriptRequest | undefined;
  /**
   * It has ended: what it sets or may touch is read afresh when next needed.
   *
   * @param answers to `behind`, if the change was made: their values are then known. After a failure they are not
   * @param made what it has altered, where that is known by now
   */
  end(answers?: Promise<readonly Output[]>, made?: ChangeEffect): void;
}

export class ChangesUnderWay {
  readonly #changes = new Set<Staleness>();
  /** What is read behind each of them, as far as nothing has made that stale meanwhile. */
  readonly #behind = new Set<Set<Read>>();

  /** @returns to be called at the change's end */
  begin(staleness: Staleness, behind: Set<Read>): () => void {
    this.#behind.add(behind);
    this.#changes.add(staleness);
    return () => {
      this.#changes.delete(staleness);
      this.#behind.delete(behind);
    };
  }

  /** Whether one of them may alter a value that no task has asked for yet. */
  mayAlter(read: Read): boolean {
    return [...this.#changes].some((one) => one.includesEarly(read, undefined));
  }

  /** A change has been made: what it may have altered does not count where it was read behind another one. */
  forgetStale(staleness: Staleness): void {
    for (const behind of this.#behind)
      for (const read of behind)
        if (staleness.turnsLinks || staleness.includesEarly(read, undefined)) behind.delete(read);
  }

  /** Nothing that is read behind them counts. */
  forgetAll(): void {
    for (const behind of this.#behind) behind.clear();
  }
}
