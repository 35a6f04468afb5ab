/** Work on another host. */

import { isLoss } from "../../base/failure-class.ts";
import { contextOf, type HostContext, withContext } from "../engine/context.ts";
import { asFailure, showError } from "../events/failure.ts";
import { Deferred } from "../tasks/deferred.ts";
import type { Scope } from "../tasks/scope.ts";
import { elsewhere, lostFor, requireBody } from "./elsewhere.ts";

class On<T> extends Deferred<T> {
  protected override readonly isCode = true;
  readonly label: string;
  readonly #name: string;
  readonly #body: () => Promise<T> | PromiseLike<T>;

  constructor(name: string, body: () => PromiseLike<T>) {
    super();
    this.label = `on(${name})`;
    this.#name = name;
    this.#body = body;
  }

  protected override async run(scope: Scope): Promise<T> {
    const context = contextOf(scope);
    const host = this.#find(context);
    const become = host.becomeFor(context.playBecome);
    try {
      const { origin = context.host } = context;
      host.facts.meetOthers();
      return await withContext({ ...context, host, origin, become }, async () => this.#body());
    } catch (error) {
      const failure = asFailure(error);
      const { signal, emit } = host.run;
      if (host === context.host || signal?.aborted) throw error;
      if (!isLoss(failure.code)) throw elsewhere(`on ${this.#name}`, error);
      // the other host is lost, not this one: for this one the step failed
      if (!host.lost) {
        host.fail(failure);
        emit({ type: "host:unreachable", host: this.#name, step: context.step, error: showError(failure) });
      }
      throw lostFor(this, this.#name, error);
    } finally {
      context.host.facts.meetOthers();
    }
  }

  #find(context: HostContext): HostContext["host"] {
    try {
      return context.hostRun(this.#name);
    } catch (error) {
      throw asFailure(error).at(this.location);
    }
  }
}

/**
 * Runs a body on another host of the inventory, as part of the current host's step (Ansible's delegation). The tasks'
 * own options, the play, or the other host's settings say whether the tasks become another user there.
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
