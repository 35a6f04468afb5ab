/** Which known facts a change may have altered. */
import { type Fact, type FactKey, type FactValue, factKeyId, type Touch } from "./fact.ts";
import { directoriesOf, isBelow, pathOf } from "./real-paths.ts";

/** A fact's value for a key, as far as it is known. */
interface Touchable {
  readonly fact: Fact<FactKey, unknown>;
  readonly key: FactKey;
  /** The real path of the path that the key is about. */
  readonly realPath: string | undefined;
  /** The value, where it is known: only a value that may arrive is touched by an arrival. */
  readonly current: { readonly value: unknown } | undefined;
}

/** The real paths that are known. */
interface RealPathLookup {
  of(path: string): string;
  /** Changes whenever one of the real paths changes. */
  readonly version: number;
}

/** The keys that a change lists, under all their known names. */
interface Located {
  readonly version: number;
  readonly identities: ReadonlySet<string>;
  /** Its files and trees, and the directories that they are in. */
  readonly reached: ReadonlySet<string>;
  readonly trees: ReadonlySet<string>;
}

/**
 * What a change may alter: the facts that it touches, those that rest on files which it alters, and those that don't say
 * what they rest on.
 */
export class Reach {
  /** Touches that list no keys. */
  readonly #touches: readonly Touch[];
  /** Whether the change says that it alters nothing at all. */
  readonly #isNothing: boolean;
  /** The facts that the change names: for these it says itself which keys it alters. */
  readonly #named: ReadonlySet<string>;
  readonly #keys: readonly { readonly fact: string; readonly key: FactKey }[];
  readonly #files: readonly string[];
  readonly #trees: readonly string[];
  #located: Located | undefined;

  constructor(sets: readonly FactValue[], touches: readonly Touch[]) {
    const touched = touches.filter((touch) => typeof touch === "object");
    this.#touches = touches.filter((touch) => typeof touch === "string" || keysOf(touch) === undefined);
    this.#isNothing = sets.length === 0 && touches.length === 0;
    this.#named = new Set([...sets, ...touched].map(({ fact }) => fact));
    this.#keys = touched.flatMap((touch) => (keysOf(touch) ?? []).map((key) => ({ fact: touch.fact, key })));
    const moving = touched.flatMap((touch) => (isAlone(touch) ? [] : (keysOf(touch) ?? [])));
    this.#files = [...sets.map(({ key }) => key), ...moving].flatMap((key) => pathOf(key) ?? []);
    this.#trees = touched.flatMap((touch) => ("below" in touch ? [touch.below] : []));
  }

  includes(touchable: Touchable, realPaths: RealPathLookup): boolean {
    const realPathOf = (path: string) => realPaths.of(path);
    return (
      this.#touches.some((touch) => mayTouch(touch, touchable, realPathOf)) ||
      this.#lists(touchable, realPaths) ||
      this.#moves(touchable, realPaths)
    );
  }

  #lists({ fact, key, realPath }: Touchable, realPaths: RealPathLookup): boolean {
    if (this.#keys.length === 0 || !this.#named.has(fact.name)) return false;
    const { identities: listed } = this.#locate(realPaths);
    return identities(fact.name, key, realPath).some((id) => listed.has(id));
  }

  #moves({ fact, key }: Touchable, realPaths: RealPathLookup): boolean {
    const grounds = fact.source.restsOn?.(key);
    if (grounds === undefined) return this.#mayMove(fact);
    if (grounds.length === 0 || this.#files.length + this.#trees.length === 0) return false;
    const { reached, trees } = this.#locate(realPaths);
    return [...grounds, ...grounds.map((ground) => realPaths.of(ground))].some(
      (ground) =>
        reached.has(ground) || (trees.size > 0 && directoriesOf(ground).some((one) => trees.has(one))),
    );
  }

  /** Made once for all facts: a change may list thousands of paths, and as many facts may be known. */
  #locate(realPaths: RealPathLookup): Located {
    if (this.#located?.version === realPaths.version) return this.#located;
    const both = (paths: readonly string[]) => [...paths, ...paths.map((path) => realPaths.of(path))];
    const trees = both(this.#trees);
    const reached = [...both(this.#files), ...trees].flatMap((path) => [path, ...directoriesOf(path)]);
    const listed = this.#keys.flatMap(({ fact, key }) => {
      const path = pathOf(key);
      return identities(fact, key, path === undefined ? undefined : realPaths.of(path));
    });
    this.#located = {
      version: realPaths.version,
      identities: new Set(listed),
      reached: new Set(reached),
      trees: new Set(trees),
    };
    return this.#located;
  }

  /** Whether it may alter a fact without `restsOn`. Facts about what software answers have touches of their own. */
  #mayMove({ name, about }: Fact<FactKey, unknown>): boolean {
    return about === "host" && !this.#isNothing && !this.#named.has(name);
  }
}

/** Whether a touch that lists no keys concerns a fact's value for a key. */
export function mayTouch(
  touch: Touch,
  { fact, key, realPath, current }: Touchable,
  realPathOf: (path: string) => string,
): boolean {
  if (touch === "everything") return true;
  if (touch === "services") return fact.about !== "host";
  if (touch === "arrivals")
    return current === undefined || fact.source.mayArrive?.(key, current.value) === true;
  if (touch.fact !== fact.name) return false;
  const path = pathOf(key);
  if ("below" in touch) return isBelow(path, touch.below) || isBelow(realPath, realPathOf(touch.below));
  if ("above" in touch) return isBelow(touch.above, path) || isBelow(realPathOf(touch.above), realPath);
  return touch.keys === undefined;
}

function keysOf(touch: Exclude<Touch, string>): readonly FactKey[] | undefined {
  return "keys" in touch ? touch.keys : undefined;
}

function isAlone(touch: Exclude<Touch, string>): boolean {
  return "alone" in touch && touch.alone === true;
}

/** The names under which a fact's value for a key is known: by the key as it was asked for, and by its real path. */
export function identities(fact: string, key: FactKey, realPath: string | undefined): string[] {
  const asked = `${fact}\0${factKeyId(key)}`;
  if (realPath === undefined || realPath === pathOf(key)) return [asked];
  return [asked, `${fact}\0${factKeyId(typeof key === "string" ? realPath : { ...key, path: realPath })}`];
}
