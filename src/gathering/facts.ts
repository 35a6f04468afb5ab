import { type Duration, milliseconds } from "../base/duration.ts";
import { messageOf, ShowrunnerError } from "../base/errors.ts";
import { contextOf, type HostContext } from "../core/engine/context.ts";
import { readInStep } from "../core/engine/read-in-step.ts";
import { asFailure } from "../core/events/failure.ts";
import { Deferred } from "../core/tasks/deferred.ts";
import type { Scope } from "../core/tasks/scope.ts";
import { hostFacts } from "../facts/host.ts";
import type { HostFacts } from "../facts/host-facts.ts";
import { keepFacts, keptFacts } from "./facts-cache.ts";

/** How old facts may be. */
export interface FactsOptions {
  /**
   * Facts that were read at most this long ago are good enough: they are then taken from the project's
   * `.showrunner/facts`. Default: they are read from the host, once a run.
   */
  readonly cache?: Duration;
}

class Facts extends Deferred<HostFacts> {
  readonly label = "facts";
  readonly #age: number | undefined;

  constructor({ cache }: FactsOptions) {
    super();
    this.#age = cache === undefined ? undefined : this.#millisecondsOf(cache);
  }

  #millisecondsOf(cache: Duration): number {
    try {
      return milliseconds(cache);
    } catch (error) {
      const { code, message } = asFailure(error);
      throw new ShowrunnerError(code, `facts, cache: ${message}`, { location: this.location });
    }
  }

  protected override async run(scope: Scope): Promise<HostFacts> {
    const context = contextOf(scope);
    const { host } = context;
    const kept = this.#age === undefined ? undefined : keptFacts(host.info, this.#age);
    if (kept) return kept;
    const { value, tentative } = await readInStep(context, hostFacts, "", this.location);
    if (!tentative && this.#age !== undefined) this.#keep(host, value);
    return value;
  }

  /** That they can't be kept costs time later, but nothing now. */
  #keep({ info, run }: HostContext["host"], facts: HostFacts): void {
    try {
      keepFacts(info, facts);
    } catch (error) {
      run.emit({
        type: "warning",
        host: info.name,
        text: `the host's facts could not be kept: ${messageOf(error)}`,
      });
    }
  }
}

/**
 * The facts of the current host: its system, hardware, addresses, mounts. Reading is one script in the round trip of
 * whatever else is asked in the same moment; a step that does not ask does not pay.
 *
 * @param options cache: facts that are so old will do
 * @returns the facts, when awaited, in a step or a role
 * @throws ShowrunnerError `task.outside-host` where it is awaited outside any host; `params.invalid` for a cache that
 *   is no duration; `fact.failed`, `host.…` where they can't be read
 *
 * @example
 * const { distribution, memory } = await facts();
 * if (distribution === "debian") await apt({ name: "nginx" });
 *
 * @example
 * const [host] = await Promise.all([facts({ cache: "1h" }), batch([apt({ name: "nginx" })])]); // one round trip
 */
export function facts(options: FactsOptions = {}): PromiseLike<HostFacts> {
  return new Facts(options);
}
