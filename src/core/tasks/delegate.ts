/** Work on another host, and work done once for all hosts. */
import { setImmediate } from "node:timers/promises";
import { type Location, ShowrunnerError } from "../base/errors.ts";
import { callerLocation } from "../base/location.ts";
import { currentContext, type HostContext, withContext } from "../engine/context.ts";
import { shareDoubt, shareFailure } from "../engine/doubt.ts";
import { asFailure, showError } from "../events/failure.ts";
import { Deferred } from "./deferred.ts";

class On<T> extends Deferred<T> {
  readonly label: string;
  readonly #name: string;
  readonly #body: () => Promise<T> | PromiseLike<T>;

  constructor(name: string, body: () => PromiseLike<T>) {
    super();
    this.label = `on(${name})`;
    this.#name = name;
    this.#body = body;
  }

  protected override async run(context: HostContext): Promise<T> {
    const host = this.#find(context);
    const become = host.becomeFor(context.playBecome);
    try {
      const { origin = context.host } = context;
      return await withContext({ ...context, host, origin, become }, async () => this.#body());
    } catch (error) {
      const failure = asFailure(error);
      const { signal, emit } = host.run;
      if (host === context.host || signal?.aborted) throw error;
      if (!failure.code.startsWith("host.")) throw elsewhere(`on ${this.#name}`, error);
      // the other host is lost, not this one: for this one the step failed
      if (!host.lost) {
        host.fail(failure);
        emit({ type: "host:unreachable", host: this.#name, step: context.step, error: showError(failure) });
      }
      throw lostFor(this, this.#name, error);
    }
  }

  #find(context: HostContext): HostContext["host"] {
    try {
      return context.host.run.hostRun(this.#name);
    } catch (error) {
      throw asFailure(error).at(this.location);
    }
  }
}

/**
 * Runs a body on another host of the inventory, as part of the current host's step (Ansible's delegation). Whether its
 * tasks become another user there is said by themselves, the play, or that host's own settings.
 *
 * @param host the host, or its name
 * @param body its tasks run on that host; a failure is a failure of the current host
 * @returns what the body returns
 * @throws ShowrunnerError `inventory.pattern` if there is no such host
 *
 * @example
 * const address = await on("db1", async () => (await command({ argv: ["hostname", "-I"] })).value.stdout);
 */
export function on<T>(host: string | { readonly name: string }, body: () => PromiseLike<T>): PromiseLike<T> {
  requireBody("on(host, body)", body);
  return new On(typeof host === "string" ? host : host.name, body);
}

class Once<T> extends Deferred<T> {
  readonly label = "once";
  readonly #body: () => PromiseLike<T>;
  readonly #key: string;

  constructor(body: () => PromiseLike<T>, key: string | undefined) {
    super();
    this.#body = body;
    this.#key = onceKey(currentContext(), this.location, key);
  }

  protected override async run(context: HostContext): Promise<T> {
    const { once, signal } = context.host.run;
    let own: unknown;
    for (;;) {
      // who could not do it has tried once, and takes what comes of it elsewhere
      if (own !== undefined && !once.has(this.#key)) throw own;
      const made = await shared(once, this.#key, () => this.#make(context));
      if ("value" in made) {
        shareDoubt(context, made.by.doubt);
        return made.value;
      }
      const { by, error, isLoss, hasChanged } = made;
      shareFailure(context, error);
      if (by.host === context.host) {
        if (!isLoss || hasChanged || !context.ignoreUnreachable || signal?.aborted) throw error;
        own = error;
        context.host.session.reconnect();
      } else {
        if (!isLoss) throw elsewhere(`once, on ${by.host.info.name}`, error);
        // the other host is lost, not this one; what it may have done must not be done twice
        if (hasChanged) throw lostFor(this, `once, on ${by.host.info.name}`, error);
      }
      if (own !== undefined) await setImmediate(); // those that wait come to it first
    }
  }

  /** Never rejects. */
  async #make(context: HostContext): Promise<Made<T>> {
    const work = { host: context.host, hasChanged: false };
    try {
      const value = await withContext({ ...context, isOnce: true, work }, async () => this.#body());
      return { value, by: context };
    } catch (error) {
      const { hasChanged } = work;
      const isLoss = asFailure(error).code.startsWith("host.");
      // it is the next host's turn
      if (isLoss && !hasChanged) context.host.run.once.delete(this.#key);
      return { error, by: context, isLoss, hasChanged };
    } finally {
      if (work.hasChanged && context.work) context.work.hasChanged = true;
    }
  }
}

/** What came of a body that is done once, and on which host. */
type Made<T> = { readonly by: HostContext } & (
  | { readonly value: T }
  | {
      readonly error: unknown;
      /** Whether the host that did it is lost. */
      readonly isLoss: boolean;
      /** Whether a change was begun before. */
      readonly hasChanged: boolean;
    }
);

/** The same failure, which is this host's too, with where it happened. */
function elsewhere(where: string, error: unknown): unknown {
  if (!(error instanceof ShowrunnerError)) return error;
  const { code, message, hint, details, location } = error;
  return new ShowrunnerError(code, `${where}: ${message}`, { hint, details, location, cause: error });
}

/** For this host the step failed: another one is lost. */
function lostFor({ location }: Deferred<unknown>, where: string, error: unknown): ShowrunnerError {
  const { message, hint, details } = asFailure(error);
  return new ShowrunnerError("task.failed", `${where}: ${message}`, {
    hint,
    details,
    cause: error,
    location,
  });
}

/**
 * Runs a body on the first host that gets here, and gives its result to all (Ansible's `run_once`).
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
    `once(key, body): expected as key a text that says what is done, got ${key === "" ? '""' : typeof key}`,
    { location: callerLocation() },
  );
}

/** The compiler sees a body that is none; a playbook that was not compiled gets an error with its line. */
function requireBody(call: string, body: unknown): void {
  if (typeof body === "function") return;
  throw new ShowrunnerError(
    "params.invalid",
    `${call}: expected an asynchronous function as body, got ${typeof body}`,
    {
      location: callerLocation(),
    },
  );
}

function onceKey(
  context: HostContext | undefined,
  location: Location | undefined,
  key: string | undefined,
): string {
  if (!context) return "";
  const place = `${context.play}\0${context.step}\0${location?.file}:${location?.line}`;
  if (key !== undefined) return `${place}\0=${key}`;
  const nth = (context.onceCounts.get(place) ?? 0) + 1;
  context.onceCounts.set(place, nth);
  return `${place}\0${nth}`;
}

function shared<T>(results: Map<string, Promise<unknown>>, key: string, body: () => Promise<T>): Promise<T>;
function shared(
  results: Map<string, Promise<unknown>>,
  key: string,
  body: () => Promise<unknown>,
): Promise<unknown> {
  const existing = results.get(key);
  if (existing !== undefined) return existing;
  const started = body();
  results.set(key, started);
  return started;
}
