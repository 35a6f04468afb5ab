/** Work done once for all hosts. */
import { ShowrunnerError } from "../../base/errors.ts";
import { isLoss } from "../../base/failure-class.ts";
import { callerLocation } from "../../base/location.ts";
import { contextOf, currentContext, enter, type HostContext, withContext } from "../engine/context.ts";
import type { SharedCall } from "../engine/shared-work.ts";
import { shareFailure, shareUncertainty } from "../engine/uncertain-results.ts";
import { asFailure } from "../events/failure.ts";
import { Deferred } from "../tasks/deferred.ts";
import type { Scope } from "../tasks/scope.ts";
import { elsewhere, lostFor, requireBody } from "./elsewhere.ts";

class Once<T> extends Deferred<T> {
  protected override readonly isCode = true;
  readonly label = "once";
  readonly #body: () => PromiseLike<T>;
  readonly #key: string | undefined;
  readonly #call: SharedCall | undefined;

  constructor(body: () => PromiseLike<T>, key: string | undefined) {
    super();
    this.#body = body;
    this.#key = key;
    const context = currentContext();
    this.#call = context && this.#callIn(context);
  }

  protected override async run(scope: Scope): Promise<T> {
    const context = contextOf(scope);
    const { shared, host, ignoreUnreachable } = context;
    const call = this.#call ?? this.#callIn(context);
    const made = await this.#perform(context, call);
    host.facts.meetOthers();
    if (!made.isLeft || !ignoreUnreachable || host.run.signal?.aborted) return this.#taken(context, made);
    host.session.reconnect();
    const others = await shared.follow<Made<T>>(call.key);
    return this.#taken(context, others ?? made);
  }

  /** Time spent waiting for other hosts does not count as the step's own code; the body that is done once does. */
  async #perform(context: HostContext, call: SharedCall): Promise<Made<T>> {
    let leave = enter(context);
    const made = await context.shared.perform(call, async () => {
      leave();
      const made = await this.#make(context);
      leave = enter(context);
      return made;
    });
    leave();
    return made;
  }

  /** Never rejects. */
  async #make(context: HostContext): Promise<Made<T>> {
    const work = { host: context.host, hasChanged: false };
    try {
      const value = await withContext({ ...context, work }, async () => this.#body());
      return { value, by: context, isLeft: false };
    } catch (error) {
      const isLost = isLoss(asFailure(error).code);
      // the body may have changed something, which must not be done twice
      return { error, by: context, isLost, isLeft: isLost && !work.hasChanged };
    } finally {
      if (work.hasChanged && context.work) context.work.hasChanged = true;
    }
  }

  #taken(context: HostContext, made: Made<T>): T {
    const { by } = made;
    if ("value" in made) {
      shareUncertainty(context, by.uncertainty);
      return made.value;
    }
    const { error, isLost } = made;
    shareFailure(context, error);
    if (by === context) throw error;
    const where = `once, on ${by.host.info.name}`;
    throw isLost ? lostFor(this, where, error) : elsewhere(where, error);
  }

  #callIn({ shared, host, origin = host, work }: HostContext): SharedCall {
    const place = `${this.location?.file}:${this.location?.line}`;
    const nth = shared.count(place, origin);
    const key = `${place}\0${this.#key === undefined ? nth : `=${this.#key}`}`;
    return { host: origin, place, nth, key, isNested: work !== undefined };
  }
}

/** What came of a body that is done once, and in whose step. */
type Made<T> = { readonly by: HostContext; readonly isLeft: boolean } & (
  | { readonly value: T }
  | {
      readonly error: unknown;
      /** Whether the host that did it is lost. */
      readonly isLost: boolean;
    }
);

/**
 * Runs a body on the first host of the batch, in the play's order, that comes here in this step, and gives its result
 * to all (Ansible's `run_once`). A faster host waits until those before it have come here, or have ended the step.
 *
 * @param key what is done, where a helper does several things at one place: calls with the same key are the same. Without
 *   one, the first call in a step at a place is the same on every host, and so is the second
 * @param body runs once a step; if it fails, it fails for every host that awaits it. If its host is lost before it has
 *   begun a change, the next host does it instead; after that it fails for the others, but they are not lost
 *
 * @example
 * const release = await once(async () => (await command({ argv: ["git", "rev-parse", "HEAD"] })).value.stdout.trim());
 *
 * @example
 * const latest = (repository: string) => once(repository, () => newestTag(repository));
 */
export function once<T>(body: () => PromiseLike<T>): PromiseLike<T>;
export function once<T>(key: string, body: () => PromiseLike<T>): PromiseLike<T>;
export function once<T>(
  ...given: [body: () => PromiseLike<T>] | [key: string, body: () => PromiseLike<T>]
): PromiseLike<T> {
  if (given.length === 1) {
    const [body] = given;
    requireBody("once(body)", body);
    return new Once(body, undefined);
  }
  const [key, body] = given;
  requireKey(key);
  requireBody("once(key, body)", body);
  return new Once(body, key);
}

function requireKey(key: unknown): void {
  if (typeof key === "string" && key !== "") return;
  throw new ShowrunnerError(
    "params.invalid",
    `once(key, body): expected a text as the key, got ${key === "" ? '""' : typeof key}`,
    { location: callerLocation() },
  );
}
