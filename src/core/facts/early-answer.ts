/** A value that is read before anybody asks for it. */
import type { Answer } from "./fact-request.ts";

/** Told how a value's reading has ended: undefined where it has failed. */
type Told = (answer: Answer | undefined) => void;

/**
 * An early value on its way. Mostly nobody waits for it, and a run has hundreds of them for each host: so it is no promise,
 * and makes one only for who waits.
 */
export class EarlyAnswer {
  #answer: Answer | undefined;
  #isPlaced = true;
  #isOver = false;
  #told: Told[] = [];

  /** It is used only once the real path of its key is known. */
  awaitPlace(place: Promise<void>): void {
    this.#isPlaced = false;
    void place.then(() => {
      this.#isPlaced = true;
      this.#endIfWhole();
    });
  }

  /** The value has come. */
  resolve(answer: Answer): void {
    this.#answer = answer;
    this.#endIfWhole();
  }

  /** No value comes. */
  reject(): void {
    this.#end(undefined);
  }

  /** @param told called when it has ended, at once where it has already */
  onEnd(told: Told): void {
    if (this.#isOver) told(this.#answer);
    else this.#told.push(told);
  }

  /** When it has ended. */
  get ended(): Promise<Answer | undefined> {
    return new Promise((resolve) => this.onEnd(resolve));
  }

  #endIfWhole(): void {
    if (this.#answer && this.#isPlaced) this.#end(this.#answer);
  }

  #end(answer: Answer | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#answer = answer;
    for (const told of this.#told.splice(0)) told(answer);
  }
}
