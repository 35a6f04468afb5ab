/** Which known facts a change may have altered. */
import { type Fact, type FactKey, factKeyId, type Touch } from "./fact.ts";
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

/** @param placeOf where a path really lies */
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
