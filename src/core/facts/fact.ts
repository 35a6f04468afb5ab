/** A fact: something true of a host, read over many keys at once. */

import { Definitions } from "../../base/definitions.ts";
import type { ShowrunnerError } from "../../base/errors.ts";
import { definitionPlace } from "../../base/location.ts";
import type { Script } from "../../base/script.ts";
import type { Session } from "../../transport/session.ts";
import type { Become } from "../../transport/transport.ts";
import type { ExecutionEnvironment } from "./execution-environment.ts";

/** What a fact is asked about: a path, a package's name, or plain data. */
export type FactKey = string | { readonly [name: string]: unknown };

/**
 * What a fact is about, which says what makes it stale:
 * `host`, the state on disk; `services`, what running software answers; `world`, what other hosts answer, too.
 */
export type FactSubject = "host" | "services" | "world";

/** What a command has printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

interface FactBase<K extends FactKey, V> {
  /** Unique; `subject.what` by convention. */
  readonly name: string;
  /** Default `host`. */
  readonly about?: FactSubject;
  /**
   * For a fact about the world: true if it is mostly about its own host, like the output of a command, which may read
   * anything. In a check, only changes of that host make it uncertain.
   */
  readonly mostlyOwn?: boolean;
  /**
   * The part of a value that lasts until something changes it: once this part differs, a plan is out of date. Default:
   * the whole value. Times, positions and free space change by themselves; undefined if no part of the value lasts.
   */
  lasting?(value: V): unknown;
  /**
   * True for a value that installing software may change on the way: a file, unit or user that is not there yet.
   * Without it no installation touches a fact that says what it rests on.
   */
  mayArrive?(key: K, value: V): boolean;
  /**
   * The files that decide the value, and directories of such files: a change of one of them makes the value stale.
   *
   * Without it any change on the host makes a fact about the `host` stale. (A change that names the fact says itself
   * which keys it alters.) `nothingElse` if only changes that name the fact alter it.
   */
  restsOn?(key: K): readonly string[];
  /** The part of a value that a user's command has printed: reported as the output of the task that asks. */
  printed?(value: V): Printed;
  /**
   * The key with a task's environment, directory, umask and time limit (milliseconds), for a fact that runs what the
   * task says. What is true of a host does not depend on who asks, so other facts have none.
   */
  within?(key: K, executionEnvironment: ExecutionEnvironment, timeout: number | undefined): K;
}

/** For the `restsOn` of a fact that is altered only by changes that name it in `sets` or `touches`. */
export const nothingElse = (): readonly string[] => [];

/** A fact that a script reads. */
export interface ScriptedFact<K extends FactKey, V> extends FactBase<K, V> {
  /** A script that reads all keys at once and changes nothing. A status other than 0 is a failure. */
  script(keys: readonly K[]): Script;
  /**
   * True: the script reads a whole database whatever the keys, so that many take no longer than one, and it can only
   * fail for all of them. Keys that tasks are expected to ask for later are then read along with those asked for now.
   */
  readonly readsAll?: boolean;
  /**
   * A fact whose script prints all that this one's does, too: where both are asked for, that script answers for both.
   */
  readonly printedBy?: { readonly name: string };
  /**
   * How many bytes the script may print for these keys; more is an error. Default 512 KiB, and 16 KiB for each key. The
   * whole answer is parsed in one turn of the event loop, which delays every other host.
   */
  limit?(keys: readonly K[]): number;
  /** Makes of the script's output one value a key, each under the key itself; an error for a key that can't be read. */
  parse(stdout: Buffer, keys: readonly K[]): ReadonlyMap<K, V | ShowrunnerError>;
}

/** A fact that the controller reads through the host's connection: what answers at an address. */
interface ProbedFact<K extends FactKey, V> extends FactBase<K, V> {
  read(
    session: Session,
    keys: readonly K[],
    become: Become | undefined,
  ): Promise<ReadonlyMap<K, V | ShowrunnerError>>;
}

/** A value of a fact, as data: what a change sets. */
export interface FactValue {
  readonly fact: string;
  readonly key: FactKey;
  readonly value: unknown;
}

/** A set of facts, as data: what a change may touch. */
export type Touch =
  | "everything"
  | "arrivals"
  | "services"
  | {
      readonly fact: string;
      readonly keys?: readonly FactKey[];
      /**
       * True: facts that rest on these files are not touched, since the change itself says what becomes of those facts.
       */
      readonly alone?: true;
    }
  /** Every key that is a path below this directory. */
  | { readonly fact: string; readonly below: string }
  /** The same, with the value that the fact then has for every such key. */
  | { readonly fact: string; readonly below: string; readonly all: unknown }
  /** Every key that is, or has as its `path`, a directory above this path. */
  | { readonly fact: string; readonly above: string };

/** A fact: something that can be known of a host, for each of many keys. Made by `defineFact`. */
export interface Fact<K extends FactKey, V> {
  readonly name: string;
  readonly about: FactSubject;
  readonly source: ScriptedFact<K, V> | ProbedFact<K, V>;
  /** This fact with this value, for a change's `sets`. */
  is(key: K, value: V): FactValue;
  /** This fact for the given keys, or for all, for a change's `touches`. */
  of(...keys: K[]): Touch;
  /** This fact for every path below a directory, for a change's `touches`. */
  below(directory: string): Touch;
  /** This fact with this value for every path below a directory, for a change's `touches`. */
  allBelow(directory: string, value: V): Touch;
  /** This fact for every directory above a path: what is true of a whole tree. */
  above(path: string): Touch;
}

/**
 * Defines a fact.
 *
 * @throws ShowrunnerError `playbook.invalid` if another fact has that name
 *
 * @example
 * const timezone = defineFact({
 *   name: "system.timezone",
 *   script: () => sh`readlink /etc/localtime`,
 *   parse: (stdout, keys) => new Map(keys.map((key) => [key, stdout.toString().trim()])),
 * });
 */
export function defineFact<K extends FactKey, V>(source: ScriptedFact<K, V> | ProbedFact<K, V>): Fact<K, V> {
  const fact: Fact<K, V> = {
    name: source.name,
    about: source.about ?? "host",
    source,
    is: (key, value) => ({ fact: source.name, key, value }),
    of: (...keys) => (keys.length === 0 ? { fact: source.name } : { fact: source.name, keys }),
    below: (directory) => ({ fact: source.name, below: directory }),
    allBelow: (directory, all) => ({ fact: source.name, below: directory, all }),
    above: (path) => ({ fact: source.name, above: path }),
  };
  // a user's fact of that name must be the second one, so that the error names the user's file
  load(fact.name);
  defined.add(fact.name, fact, definitionPlace(import.meta.url));
  return fact;
}

const defined = new Definitions<Fact<FactKey, unknown>>("fact", ({ source }) =>
  "script" in source ? `${source.script}${source.parse}` : `${source.read}`,
);

/** Loads the fact of a name, if it is one of those that are loaded on demand. */
let load: (name: string) => void = () => undefined;

/**
 * Makes facts findable that nothing has imported yet.
 *
 * @param byName loads, and so defines, the fact of a name; does nothing for an unknown name
 */
export function factsOnDemand(byName: (name: string) => void): void {
  load = byName;
}

/** The fact of that name, if there is one: values travel as data and name their fact. */
export function factNamed(name: string): Fact<FactKey, unknown> | undefined {
  if (!defined.get(name)) load(name);
  return defined.get(name);
}

/** The same text for the same key. */
export function factKeyId(key: FactKey): string {
  return typeof key === "string" ? key : JSON.stringify(key, sortedKeys);
}

function sortedKeys(_: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
