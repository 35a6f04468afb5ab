/** Mistakes in the user's files meet every host alike: told for the first one, and then how many others have them. */
import { isMistake } from "../base/failure-class.ts";
import type { ShownError } from "../core/events/events.ts";

interface Told {
  readonly host: string;
  readonly others: string[];
}

export class SameMistakes {
  readonly #told = new Map<string, Told>();

  /**
   * Whether an error is one that another host has had in the same place; it is counted then.
   *
   * @param where the step, and the task if it was one
   */
  isKnown(host: string, where: string, error: ShownError): boolean {
    if (!isMistake(error.code)) return false;
    const key = JSON.stringify([where, error]);
    const known = this.#told.get(key);
    if (known) known.others.push(host);
    else this.#told.set(key, { host, others: [] });
    return known !== undefined;
  }

  /** The hosts whose mistakes others had as well, with these others; they are then forgotten. */
  take(): readonly Told[] {
    const told = [...this.#told.values()].filter(({ others }) => others.length > 0);
    this.#told.clear();
    return told;
  }
}
