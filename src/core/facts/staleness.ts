/** Which known values a change makes stale. */
import type { Change } from "./change.ts";
import type { FactKey, Touch } from "./fact.ts";
import { identities, Reach } from "./invalidation.ts";
import type { Read } from "./read.ts";
import { directoriesOf, pathOf, type RealPaths } from "./real-paths.ts";

/** A value; undefined where it is still on its way, or not read yet. */
type Arrived = { readonly value: unknown } | undefined;

/** What a change says of itself. */
export type ChangeEffect = Pick<Change, "sets" | "touches" | "altersUser">;

export class Staleness {
  readonly #realPaths: RealPaths;
  readonly #reach: Reach;
  readonly #facts: ReadonlySet<string>;
  readonly #set: ReadonlySet<string>;
  readonly #altersUser: string | undefined;
  readonly #runsSoftware: boolean;
  readonly #isNothing: boolean;
  /** All that it names, under the names that are known. */
  readonly #paths: ReadonlySet<string>;
  /** Whether the change may make a symbolic link or take one away, so that paths lie elsewhere. */
  readonly turnsLinks: boolean;

  constructor({ sets, touches, altersUser }: ChangeEffect, realPaths: RealPaths) {
    this.#realPaths = realPaths;
    this.#reach = new Reach(sets, touches);
    this.#facts = new Set(sets.map(({ fact }) => fact));
    this.#set = new Set(sets.flatMap(({ fact, key }) => identities(fact, key, realPaths.ofKey(key))));
    this.#altersUser = altersUser;
    this.#runsSoftware = touches.some((touch) => typeof touch === "string");
    this.#isNothing = sets.length === 0 && touches.length === 0;
    this.#paths = new Set(
      [...sets, ...touches.flatMap(keysOf)]
        .flatMap(({ key }) => pathOf(key) ?? [])
        .flatMap((path) => [path, realPaths.of(path)]),
    );
    this.turnsLinks = touches.some(mayTurnLinks);
  }

  /** Whether the change may alter the value, going by what the change says. */
  includes({ fact, key, as }: Read, arrived: Arrived): boolean {
    const realPath = this.#realPaths.ofKey(key);
    return (
      (this.#altersUser !== undefined && as === this.#altersUser) ||
      (this.#facts.has(fact.name) &&
        identities(fact.name, key, realPath).some((name) => this.#set.has(name))) ||
      this.#reach.includes({ fact, key, realPath, current: arrived }, this.#realPaths)
    );
  }

  /**
   * The same for a value that no task has asked for yet. A task that asks after the change would see all that the change
   * has done, so here the change's own word is not enough where it runs other software (a service that is started makes
   * files and sets what it needs), or opens a directory to users who could not see what is in it.
   */
  includesEarly(read: Read, arrived: Arrived): boolean {
    return this.#runsSoftware || this.#isBelow(read) || this.includes(read, arrived);
  }

  #isBelow({ key }: Read): boolean {
    const path = pathOf(key);
    if (path === undefined || this.#paths.size === 0) return false;
    return [path, this.#realPaths.of(path)].some((name) =>
      directoriesOf(name).some((directory) => this.#paths.has(directory)),
    );
  }

  /** Whether a value is on its way whose real path is not known yet: the change may name that path otherwise. */
  mayInclude({ key, as }: Read, arrived: Arrived): boolean {
    const path = pathOf(key);
    return !this.#isNothing && !arrived && path !== undefined && !this.#realPaths.isKnown(as, path);
  }
}

function keysOf(touch: Touch): readonly { readonly key: FactKey }[] {
  if (typeof touch === "string" || !("keys" in touch)) return [];
  return (touch.keys ?? []).map((key) => ({ key }));
}

function mayTurnLinks(touch: Touch): boolean {
  return touch === "everything" || touch === "arrivals" || (typeof touch === "object" && "below" in touch);
}
