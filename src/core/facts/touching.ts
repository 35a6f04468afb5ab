/** Which known facts a change may have altered. */
import { type Fact, type FactKey, type FactValue, factKeyId, type Touch } from "./fact.ts";
import { isBelow, pathOf } from "./places.ts";

/** A fact's value for a key, as far as it is known. */
export interface Touchable {
  readonly fact: Fact<FactKey, unknown>;
  readonly key: FactKey;
  /** Where the path really lies that the key is about. */
  readonly place: string | undefined;
  /** The value, where it is known: only a value that may arrive is touched by an arrival. */
  readonly current: { readonly value: unknown } | undefined;
}

/**
 * What a change may alter: the facts that it touches, those that rest on files which it alters, and those that don't say
 * what they rest on.
 */
export class Reach {
  readonly #touches: readonly Touch[];
  /** Whether it says that it alters nothing at all. */
  readonly #isNothing: boolean;
  /** The facts that it names: of these it says itself which keys it alters. */
  readonly #named: ReadonlySet<string>;
  readonly #files: readonly string[];
  readonly #trees: readonly string[];

  constructor(sets: readonly FactValue[], touches: readonly Touch[]) {
    this.#touches = touches;
    const touched = touches.filter((touch) => typeof touch === "object");
    this.#isNothing = sets.length === 0 && touches.length === 0;
    this.#named = new Set([...sets, ...touched].map(({ fact }) => fact));
    const keys = [
      ...sets.map(({ key }) => key),
      ...touched.flatMap((touch) => ("keys" in touch ? (touch.keys ?? []) : [])),
    ];
    this.#files = keys.flatMap((key) => pathOf(key) ?? []);
    this.#trees = touched.flatMap((touch) => ("below" in touch ? [touch.below] : []));
  }

  /** @param placeOf where a path really lies */
  includes(touchable: Touchable, placeOf: (path: string) => string): boolean {
    return (
      this.#touches.some((touch) => mayTouch(touch, touchable, placeOf)) || this.#moves(touchable, placeOf)
    );
  }

  #moves({ fact, key }: Touchable, placeOf: (path: string) => string): boolean {
    const grounds = fact.source.restsOn?.(key);
    if (grounds === undefined) return this.#mayMove(fact);
    if (grounds.length === 0) return false;
    const isAt = (path: string, ground: string) => path === ground || isBelow(path, ground);
    const both = (paths: readonly string[]) => [...paths, ...paths.map(placeOf)];
    const files = both(this.#files);
    const trees = both(this.#trees);
    return both(grounds).some(
      (ground) =>
        files.some((path) => isAt(path, ground)) ||
        trees.some((path) => isAt(path, ground) || isBelow(ground, path)),
    );
  }

  /** Whether it may alter a fact of which nobody has said what it rests on. What software answers has its own touches. */
  #mayMove({ name, about }: Fact<FactKey, unknown>): boolean {
    return about === "host" && !this.#isNothing && !this.#named.has(name);
  }
}

/** Whether a touch concerns a fact's value for a key. */
export function mayTouch(
  touch: Touch,
  { fact, key, place, current }: Touchable,
  placeOf: (path: string) => string,
): boolean {
  if (touch === "everything") return true;
  if (touch === "services") return fact.about !== "host";
  if (touch === "arrivals")
    return current === undefined || fact.source.mayArrive?.(key, current.value) === true;
  if (touch.fact !== fact.name) return false;
  const path = pathOf(key);
  if ("below" in touch) return isBelow(path, touch.below) || isBelow(place, placeOf(touch.below));
  if ("above" in touch) return isBelow(touch.above, path) || isBelow(placeOf(touch.above), place);
  if (touch.keys === undefined) return true;
  const names = identities(fact.name, key, place);
  return touch.keys.some((one) =>
    identities(fact.name, one, placeIn(one, placeOf)).some((id) => names.includes(id)),
  );
}

/** The names under which a fact's value for a key is known: as it was asked for, and by where its path really lies. */
export function identities(fact: string, key: FactKey, place: string | undefined): string[] {
  const asked = `${fact}\0${factKeyId(key)}`;
  if (place === undefined || place === pathOf(key)) return [asked];
  return [asked, `${fact}\0${factKeyId(typeof key === "string" ? place : { ...key, path: place })}`];
}

function placeIn(key: FactKey, placeOf: (path: string) => string): string | undefined {
  const path = pathOf(key);
  return path === undefined ? undefined : placeOf(path);
}
