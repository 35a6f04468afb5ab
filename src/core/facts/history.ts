/**
 * What earlier runs of a playbook have read, step by step and host by host, in a file of the project. The next run
 * reads it before its tasks ask. It holds names of facts and their keys, never a value. No result depends on it: a
 * wrong entry only makes a run read a fact that no task needs.
 */
import { isDeepStrictEqual } from "node:util";
import { redact } from "../../redaction/redact.ts";
import { type FactKey, factNamed } from "./fact.ts";
import { readHistoryText, writeHistoryText } from "./history-file.ts";
import { type StepName, type StepReads, stepId } from "./host-reads.ts";
import type { ExpectedRead, ReadTable } from "./read.ts";

/** Raised when the file's format changes: a file of another version is ignored. */
const form = 1;

/** Limits: characters of a key, and reads of a host's step. */
const longestKey = 1024;
const mostReads = 2000;

/** A read as it is kept: a fact's name, a key, the user (empty for that of the connection), and how often. */
type KeptRead = readonly [fact: string, key: FactKey, as: string, times: number];

/** What some hosts read in a step: each read as its index in the list of all reads. */
interface KeptStep extends StepName {
  readonly hosts: readonly string[];
  readonly reads: readonly number[];
}

interface KeptFile {
  readonly form: number;
  readonly reads: readonly KeptRead[];
  readonly steps: readonly KeptStep[];
}

/** The plays and steps that the playbook still has: nothing else is kept. */
interface Scope {
  hasHost(name: string): boolean;
  hasStep(step: StepName): boolean;
}

export class ReadHistory {
  readonly #file: string;
  readonly #table: ReadTable;
  readonly #hosts = new Map<string, Map<string, KeptReads>>();
  /** Hosts share their lists; each list is looked at once. */
  readonly #expected = new Map<readonly KeptRead[], readonly ExpectedRead[]>();
  readonly #keepable = new Map<readonly ExpectedRead[], readonly KeptRead[]>();

  /**
   * Opens the history. A file that can't be read, is no history, is not this user's or has another format counts as
   * empty.
   *
   * @param file where it is kept
   * @param table of the run
   */
  constructor(file: string, table: ReadTable) {
    this.#file = file;
    this.#table = table;
    try {
      this.#take(JSON.parse(readHistoryText(file)));
    } catch {
      this.#hosts.clear(); // the run reads as it goes, and notes it anew
    }
  }

  /** What a host has read in each of the wanted steps, as far as these facts still exist. */
  of(host: string, isWanted: (step: StepName) => boolean): Omit<StepReads, "isWhole">[] {
    const steps = [...(this.#hosts.get(host)?.values() ?? [])].filter(isWanted);
    return steps.map(({ play, step, reads }) => ({ play, step, reads: this.#expectedOf(reads) }));
  }

  /**
   * Adds what a host has read. For a step that was cut short, the older entry is kept: it tells more.
   *
   * @param isCheck whether nothing was changed: tasks read other things then
   */
  note(host: string, steps: readonly StepReads[], isCheck: boolean): void {
    const known = this.#stepsOf(host);
    for (const { play, step, reads, isWhole } of steps) {
      const id = stepId({ play, step });
      if (known.has(id) && (isCheck || !isWhole)) continue;
      known.set(id, { play, step, reads: this.#keepableOf(reads) });
    }
  }

  /** Writes the file, whole or not at all. If that fails, the next run reads when its tasks ask. */
  save(scope: Scope): void {
    const text = JSON.stringify(this.#kept(scope));
    try {
      writeHistoryText(this.#file, text);
    } catch {
      // see above
    }
  }

  #take(kept: KeptFile): void {
    if (kept.form !== form) return;
    const reads = kept.reads.map((read) => (isRead(read) ? read : undefined));
    for (const { play, step, hosts, reads: places } of kept.steps) {
      const known = places
        .slice(0, mostReads)
        .map((place) => reads.at(place))
        .filter((read) => read !== undefined);
      const kept = { play: String(play), step: String(step), reads: known };
      for (const host of hosts) this.#stepsOf(host).set(stepId(kept), kept);
    }
  }

  #expectedOf(reads: readonly KeptRead[]): readonly ExpectedRead[] {
    const known = this.#expected.get(reads) ?? reads.flatMap((read) => this.#expectedRead(read));
    this.#expected.set(reads, known);
    return known;
  }

  /** None where there is no such fact any more. */
  #expectedRead([name, key, as, times]: KeptRead): ExpectedRead[] {
    const fact = factNamed(name);
    return fact ? [{ read: this.#table.of(as === "" ? undefined : as, fact, key), times }] : [];
  }

  #keepableOf(reads: readonly ExpectedRead[]): readonly KeptRead[] {
    const known =
      this.#keepable.get(reads) ??
      reads
        .filter(({ read }) => isKeepable(read.key))
        .slice(0, mostReads)
        .map(keptRead);
    this.#keepable.set(reads, known);
    return known;
  }

  #stepsOf(host: string): Map<string, KeptReads> {
    const steps = this.#hosts.get(host) ?? new Map<string, KeptReads>();
    this.#hosts.set(host, steps);
    return steps;
  }

  /** Hosts that read the same in a step share it. */
  #kept(scope: Scope): KeptFile {
    const reads = new Map<string, { place: number; read: KeptRead }>();
    const placeOf = (read: KeptRead): number => {
      const text = JSON.stringify(read);
      const known = reads.get(text) ?? { place: reads.size, read };
      reads.set(text, known);
      return known.place;
    };
    const lists = new Map<readonly KeptRead[], readonly number[]>();
    const placesOf = (list: readonly KeptRead[]): readonly number[] => {
      const known = lists.get(list) ?? list.map(placeOf);
      lists.set(list, known);
      return known;
    };
    const steps = new Map<string, StepName & { hosts: string[]; reads: readonly number[] }>();
    for (const [host, ofHost] of this.#hosts) {
      if (!scope.hasHost(host)) continue;
      for (const { play, step, reads } of ofHost.values()) {
        if (!scope.hasStep({ play, step })) continue;
        const places = placesOf(reads);
        const alike = `${stepId({ play, step })}\0${places.join()}`;
        const shared = steps.get(alike) ?? { play, step, hosts: [], reads: places };
        steps.set(alike, shared);
        shared.hosts.push(host);
      }
    }
    return { form, reads: [...reads.values()].map(({ read }) => read), steps: [...steps.values()] };
  }
}

interface KeptReads extends StepName {
  readonly reads: readonly KeptRead[];
}

function keptRead({ read: { fact, key, as = "" }, times }: ExpectedRead): KeptRead {
  return [fact.name, key, as, times];
}

function isRead([name, key, as, times]: KeptRead): boolean {
  const isKey = typeof key === "string" || (typeof key === "object" && key !== null && !Array.isArray(key));
  return typeof name === "string" && isKey && isKeepable(key) && typeof as === "string" && times > 0;
}

/** Whether a key may stand in a file: it is plain data, short and printable, and holds no secret. */
function isKeepable(key: FactKey): boolean {
  const text = typeof key === "string" ? key : JSON.stringify(key);
  return (
    text.length <= longestKey &&
    !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\\[bfnrtu]/u.test(text) &&
    redact(text) === text &&
    (typeof key === "string" || isDeepStrictEqual(JSON.parse(text), key))
  );
}
