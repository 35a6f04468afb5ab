/** What has been changed: on one host, and on the others as far as anybody knows. */
import { type AskedAt, type EarlyReading, isTooOld } from "./early.ts";
import type { Fact, FactKey } from "./fact.ts";
import type { World } from "./world.ts";

export class HostActivity {
  readonly #world: World;
  readonly #session: { readonly reconnections: number };
  #changes = 0;
  /** Jobs of this host alone. */
  readonly #jobs = { begun: 0, open: 0 };

  constructor(world: World, session: { readonly reconnections: number }) {
    this.#world = world;
    this.#session = session;
  }

  /** A change of this host was made, or predicted. */
  countChange(): void {
    this.#world.changes++;
    this.#changes++;
  }

  /** @param step 1 where a job in the background begins, -1 where it ends */
  countJob(step: 1 | -1): void {
    for (const jobs of [this.#jobs, this.#world.jobs]) {
      jobs.open += step;
      if (step > 0) jobs.begun++;
    }
  }

  /** Whether a plan has come to a change that may alter this host. */
  get isPredicted(): boolean {
    return this.#world.isPredicted && this.#changes > 0;
  }

  /** What was changed on other hosts, as far as anybody knows. */
  get others(): number {
    return this.#world.changes - this.#changes + this.#world.absences;
  }

  /** What has happened up to now, for values that are asked for early. */
  get askedAt(): AskedAt {
    // a job may change, as long as it works, what its host shares with this one
    const jobs = this.#world.jobs.begun - this.#jobs.begun;
    return { others: this.others, jobs, reconnections: this.#session.reconnections };
  }

  get isJobElsewhere(): boolean {
    return this.#world.jobs.open > this.#jobs.open;
  }

  /** Whether an early value must not be used any more, whatever was changed on this host. */
  isOutdated(early: EarlyReading): boolean {
    const { asked } = early;
    const { jobs, reconnections } = this.askedAt;
    return isTooOld(early) || asked.jobs !== jobs || asked.reconnections !== reconnections;
  }

  /** Whether a fact is about what other hosts answer, and changes were predicted that may lead to another answer. */
  isMoving<K extends FactKey, V>({ about, source }: Fact<K, V>): boolean {
    if (about !== "world" || !this.#world.isPredicted) return false;
    return (source.mostlyOwn ? this.#changes : this.#world.changes) > 0;
  }
}
