/** Something that runs when it is awaited: a task, a batch, a role, a delegated body. */

import type { Location } from "../../base/errors.ts";
import { callerLocation } from "../../base/location.ts";
import { currentScope, requireScope, type Scope, type Unawaited } from "./scope.ts";

/**
 * A value that describes work; awaiting it does the work on the current host, each time anew. One made in a step
 * and never awaited is an error at the step's end, since it was surely meant to run.
 */
export abstract class Deferred<T> implements PromiseLike<T>, Unawaited {
  readonly location: Location | undefined;
  abstract readonly label: string;
  /** Whether what it does is code of the step. */
  protected readonly isCode: boolean = false;

  /** @param location where it was made, for whoever knows that already */
  constructor(location = callerLocation()) {
    this.location = location;
    currentScope()?.unawaited.add(this);
  }

  /** Does the work in the scope of the code that awaits it. */
  protected abstract run(scope: Scope): Promise<T>;

  /** Takes it off the step's list: it was awaited, or handed to something that runs it. */
  claim(): void {
    currentScope()?.unawaited.delete(this);
  }

  then<R = T, E = never>(
    onFulfilled?: ((value: T) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    this.claim();
    const scope = currentScope();
    const leave = this.isCode ? undefined : scope?.enter();
    const started = this.#start();
    if (!scope) return started.then(onFulfilled, onRejected);
    const { running } = scope;
    const { label, location } = this;
    const entry = { label, location, ended: started };
    running.add(entry);
    const done = () => {
      running.delete(entry);
      // code that has ended beside tasks: what it was at last may show in what comes next
      if (leave) leave();
      else scope.enter()();
    };
    if (onFulfilled && onRejected)
      // as `await` does it: in one promise, since a run awaits many tasks
      return started.then(
        (value) => {
          done();
          return onFulfilled(value);
        },
        (reason: unknown) => {
          done();
          return onRejected(reason);
        },
      );
    started.then(done, done);
    return started.then(onFulfilled, onRejected);
  }

  #start(): Promise<T> {
    try {
      return this.run(requireScope(this.label, this.location));
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
