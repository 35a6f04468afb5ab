/** What can be read of a host. All hosts of a run share it: a thousand of them mostly read the same. */
import { type Fact, type FactKey, factKeyId } from "./fact.ts";

/** A fact's value for a key, by the user that reads it. There is one object for it in a run. */
export interface Read {
  readonly fact: Fact<FactKey, unknown>;
  readonly key: FactKey;
  /** The user that it is read as; undefined for the user of the connection. */
  readonly as: string | undefined;
  /** Its number in the run. */
  readonly number: number;
}

/** A fact that is expected to be read. */
export interface ExpectedRead {
  readonly read: Read;
  /** How many tasks will ask for it. */
  readonly times: number;
}

export class ReadTable {
  /** By the user, the fact's name and the key's text. */
  readonly #users = new Map<string | undefined, Map<string, Map<string, Read>>>();
  readonly #lists = new Map<string, readonly ExpectedRead[]>();
  #last = 0;

  /** @param as the user that reads it; undefined for the user of the connection */
  of<K extends FactKey, V>(as: string | undefined, fact: Fact<K, V>, key: K): Read;
  of(as: string | undefined, fact: Fact<FactKey, unknown>, key: FactKey): Read {
    const id = factKeyId(key);
    const known = this.#users.get(as)?.get(fact.name)?.get(id);
    if (known) return known;
    const facts = present(this.#users, as, () => new Map<string, Map<string, Read>>());
    const keys = present(facts, fact.name, () => new Map<string, Read>());
    return present(keys, id, () => ({ fact, key, as, number: ++this.#last }));
  }

  /** The counted reads as a list, which is the same one for all hosts that read the same. */
  list(counted: ReadonlyMap<Read, number>): readonly ExpectedRead[] {
    const id = [...counted].map(([{ number }, times]) => `${number}*${times}`).join();
    return present(this.#lists, id, () => [...counted].map(([read, times]) => ({ read, times })));
  }
}

/** A map's value, made where there is none. */
function present<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
