/** What is known by a name that no other may have, since it travels as data and is looked up by that name. */
import { basename } from "node:path";
import { formatLocation, type Location, ShowrunnerError } from "./errors.ts";

interface Definition<T> {
  readonly value: T;
  readonly place: () => Location | undefined;
}

export class Definitions<T> {
  readonly #kind: string;
  readonly #textOf: (value: T) => string;
  readonly #all = new Map<string, Definition<T>>();

  /**
   * @param kind what is defined, for messages: `fact`
   * @param textOf the code that a definition is made of
   */
  constructor(kind: string, textOf: (value: T) => string) {
    this.#kind = kind;
    this.#textOf = textOf;
  }

  /**
   * A file may be loaded again, and a package be there twice: then the same definition comes again, and takes the place
   * of the one before.
   *
   * @param place where it is defined
   * @throws ShowrunnerError `playbook.invalid` if another one has that name
   */
  add(name: string, value: T, place: () => Location | undefined): void {
    const other = this.#all.get(name);
    const added = { value, place };
    if (other && !this.#isSame(other, added)) throw this.#sameName(name, other.place(), place());
    this.#all.set(name, added);
  }

  get(name: string): T | undefined {
    return this.#all.get(name)?.value;
  }

  #isSame(one: Definition<T>, other: Definition<T>): boolean {
    const [first, second] = [one.place(), other.place()];
    if (first && second) {
      if (first.line !== second.line || basename(first.file) !== basename(second.file)) return false;
      if (first.file === second.file) return true;
    }
    return this.#textOf(one.value) === this.#textOf(other.value);
  }

  #sameName(name: string, first: Location | undefined, second: Location | undefined): ShowrunnerError {
    const there = first ? formatLocation(first) : "elsewhere";
    return new ShowrunnerError(
      "playbook.invalid",
      `there is a ${this.#kind} of the name ${JSON.stringify(name)} already: ${there}`,
      { location: second, hint: "give one of them another name, by convention `subject.what`" },
    );
  }
}
