/** Asking before each step. */

/** What is about to be done. */
interface StepQuestion {
  readonly play: string;
  readonly step: string;
  readonly hosts: readonly string[];
}

/** `continue`: this one and all that follow, without asking. */
export type StepAnswer = "yes" | "no" | "continue";

export type ConfirmStep = (question: StepQuestion) => Promise<StepAnswer>;

/** Asks one question at a time, until the answer is to continue without asking. */
export class StepConfirmation {
  readonly #confirm: ConfirmStep | undefined;
  readonly #interrupted: Promise<StepAnswer>;
  #done = false;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param confirm none: every step is wanted
   * @param signal when it is aborted, nobody waits for an answer any more
   */
  constructor(confirm: ConfirmStep | undefined, signal: AbortSignal | undefined) {
    this.#confirm = confirm;
    this.#interrupted = new Promise((resolve) => {
      if (signal?.aborted) resolve("no");
      signal?.addEventListener("abort", () => resolve("no"), { once: true });
    });
  }

  /** Whether the next step is asked about. */
  get isAsking(): boolean {
    return this.#confirm !== undefined && !this.#done;
  }

  wants(question: StepQuestion): Promise<boolean> {
    const answer = this.#turn.then(() => this.#ask(question));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #ask(question: StepQuestion): Promise<boolean> {
    if (this.#done || !this.#confirm) return true;
    const answer = await Promise.race([this.#confirm(question), this.#interrupted]);
    if (answer === "continue") this.#done = true;
    return answer !== "no";
  }
}
