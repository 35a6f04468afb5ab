/** The jobs of one host: what runs in the background while its steps go on. */
import { ShowrunnerError } from "../../base/errors.ts";

/** One job, as the engine sees it. */
interface OpenJob {
  /** The step that started it. */
  readonly step: string;
  readonly ended: Promise<unknown>;
  /** Whether code waits for it, and so meets its failure. */
  waited: boolean;
}

export class Jobs {
  readonly #open = new Set<OpenJob>();
  readonly #names = new Set<string>();
  readonly #abandoned = new AbortController();

  /** Aborted once nobody waits for the jobs any more. */
  get signal(): AbortSignal {
    return this.#abandoned.signal;
  }

  /** A name for a job: of several that would be called the same, each gets its own, in their order. */
  name(base: string): string {
    let name = base;
    for (let number = 2; this.#names.has(name); number++) name = `${base}-${number}`;
    this.#names.add(name);
    return name;
  }

  /** @param name from `name`; free again once the job has ended */
  add(name: string, step: string, ended: Promise<unknown>): OpenJob {
    const job = { step, ended, waited: false };
    this.#open.add(job);
    const free = () => this.#names.delete(name);
    ended.then(free, free);
    return job;
  }

  /** Whether any were started since the last play's end. */
  get any(): boolean {
    return this.#open.size > 0;
  }

  /**
   * Waits for all of them.
   *
   * @returns the failures that nobody has met yet
   */
  async waitForAll(): Promise<readonly { readonly step: string; readonly error: unknown }[]> {
    const unmet: { step: string; error: unknown }[] = [];
    for (const job of this.#open) {
      const failure = await job.ended.then(
        () => undefined,
        (error: unknown) => ({ step: job.step, error }),
      );
      this.#open.delete(job);
      if (failure && !job.waited) unmet.push(failure);
    }
    return unmet;
  }

  /** Waits for them no longer; what runs on the host goes on. @param why for the message */
  abandon(why: string): void {
    const hint = "a run that starts the same task again joins it";
    this.#abandoned.abort(new ShowrunnerError("host.lost", `${why}: the job goes on by itself`, { hint }));
  }
}
