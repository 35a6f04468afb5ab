/** The facts known of one host during one run: read in batches, kept until a change may have altered them. */
import { posix } from "node:path";
import { ShowrunnerError } from "../../base/errors.ts";
import type { Session } from "../../transport/session.ts";
import type { Become, Output, ScriptRequest } from "../../transport/transport.ts";
import { type AskedAt, type EarlyReading, isTooOld } from "./early.ts";
import { Entrance } from "./entrance.ts";
import type { Expectations } from "./expectations.ts";
import { type Fact, type FactKey, type FactValue, factKeyId, factNamed, type Touch } from "./fact.ts";
import { type Answer, FactRequest } from "./fact-request.ts";
import { type Known, Predictions } from "./predictions.ts";
import type { Read } from "./read.ts";
import { pathOf, RealPaths, realDirectory } from "./real-paths.ts";
import { type ChangeEffect, Staleness } from "./staleness.ts";
import type { World } from "./world.ts";

/** A value as it was read from the host. */
export interface ObservedFact {
  readonly fact: Fact<FactKey, unknown>;
  readonly key: FactKey;
  /** The user that it was read as; undefined for the user of the connection. */
  readonly as: string | undefined;
  readonly value: unknown;
}

interface Observation {
  /** The world's count of changes when it was read. */
  readonly asOf: number;
  /** The value, once it has come: a promise would take as much memory again. */
  answer: Answer | Promise<Answer>;
  /** Read before any task has asked for it. */
  early: EarlyReading | undefined;
}

/** How a fact is to be read. */
interface ReadOptions {
  /** Milliseconds that it may take, if more than usual. The longest of these limits holds for the whole round trip. */
  readonly timeout?: number | undefined;
  /** True: for a task that waits until something happens by itself. An early value is then too old. */
  readonly isLive?: boolean | undefined;
}

/** What the tasks of a host are expected to read. */
type DueReads = Pick<Expectations, "due">;

/** How a change is made. */
interface ChangeTerms {
  /** Whether something may be read behind it. */
  readonly isFollowed: boolean;
  /** Whether what it sets will be asked for. */
  readonly isReadBack: boolean;
  /** Whether it is made in the background, while tasks go on. */
  readonly isJob: boolean;
}

/** A change that is being made. */
interface ChangeUnderWay {
  /** What is read again after it, in the same round trip. */
  readonly behind: ScriptRequest | undefined;
  /**
   * It has ended: what it sets or may touch is read afresh when next needed.
   *
   * @param answers to `behind`, if the change was made: their values are then known. After a failure they are not
   */
  end(answers?: Promise<readonly Output[]>): void;
}

/** The time limit for reading, unless a task asks for more. Milliseconds. */
const readTimeout = 120_000;

/** The time limit for all that is read early at once: a task that asks meanwhile waits no longer. Milliseconds. */
const earlyTimeout = 30_000;

/** What asks the world for longer waits for it to change, as `cloud-init status --wait` does. Milliseconds. */
const longestLook = 1_000;

/** How long all answers may be together that no task has asked for yet: a host may be hostile. Bytes. */
const earlyLimit = 4 * 1024 * 1024;

/** What one user has asked for in this tick. */
interface Asked {
  readonly become: Become | undefined;
  readonly request: FactRequest;
  timeout: number;
}

export class FactStore {
  readonly #session: Session;
  readonly #world: World;
  readonly #entrance: Entrance;
  readonly #observed = new Map<Read, Observation>();
  readonly #realPaths = new RealPaths(async (become, directory) =>
    textOf(await this.#want(become, realDirectory, directory)),
  );
  readonly #predictions = new Predictions(this.#realPaths);
  readonly #asked = new Map<string, Asked>();
  /** The changes that are being made. */
  readonly #underWay = new Set<Staleness>();
  /** What is read behind each of them, as far as nothing has made that stale meanwhile. */
  readonly #behind = new Set<Set<Read>>();
  /** Those of this host alone. */
  readonly #jobs = { begun: 0, open: 0 };
  readonly #users = new Set<string>();
  readonly #onNewUser: (become: Become | undefined) => void;
  readonly #expected: DueReads;
  #changes = 0;
  /** Whether anything is read before it is asked for. */
  #isAhead = true;

  /**
   * @param onNewUser called before the first read as a user: what it asks for is read in the same round trip
   * @param expected the facts that tasks are expected to ask for: they are read early, along with others
   */
  constructor(
    session: Session,
    world: World,
    onNewUser: (become: Become | undefined) => void = () => undefined,
    expected: DueReads = { due: () => [] },
  ) {
    this.#session = session;
    this.#world = world;
    this.#entrance = new Entrance(session, world.isPredicted);
    this.#onNewUser = onNewUser;
    this.#expected = expected;
  }

  /**
   * A fact's value for a key. Everything asked for in one tick leaves in one round trip.
   *
   * @param become the user to read as
   */
  async read<K extends FactKey, V>(
    become: Become | undefined,
    fact: Fact<K, V>,
    key: K,
    options: ReadOptions = {},
  ): Promise<Known<V>> {
    const known = this.known(become, fact, key, options);
    if (known) return known;
    const { value } = await this.#observe(become, fact, key, options);
    return this.#surely(fact, key, value);
  }

  /** What `read` would give, where that is known already: most of what tasks read is, and waiting takes time. */
  known<K extends FactKey, V>(
    become: Become | undefined,
    fact: Fact<K, V>,
    key: K,
    options?: ReadOptions,
  ): Known<V> | undefined;
  known(
    become: Become | undefined,
    fact: Fact<FactKey, unknown>,
    key: FactKey,
    { isLive = false }: ReadOptions = {},
  ): Known<unknown> | undefined {
    const prediction = this.#predictions.of(fact, key);
    if (prediction) return prediction;
    const observation = this.#observed.get(this.#world.reads.of(become?.user, fact, key));
    if (!observation) return undefined;
    const { answer, asOf, early } = observation;
    if (answer instanceof Promise) return undefined;
    const isOld = early
      ? isLive || this.#isOutdated(early)
      : fact.about === "world" && asOf !== this.#world.changes;
    if (isOld) return undefined;
    observation.early = undefined;
    return this.#surely(fact, key, answer.value);
  }

  /** A value of the host, and how sure it is in a plan. */
  #surely<K extends FactKey, V>(fact: Fact<K, V>, key: K, value: V): Known<V> {
    // only now the real path is known: a change of this plan may have been predicted under another name of that path
    const elsewhereNamed = this.#predictions.of(fact, key);
    if (elsewhereNamed) return elsewhereNamed;
    return { value, tentative: this.#isMoving(fact) || this.#predictions.mayAlter(fact, key, value) };
  }

  /**
   * Makes sure that the host lets a user in; no fact is read.
   *
   * @throws ShowrunnerError `host.*`, `become.refused`
   */
  enter(become: Become | undefined): Promise<void> {
    return this.#entrance.enter(become);
  }

  /** Whether a plan has come to a change that may alter this host. */
  get isPredicted(): boolean {
    return this.#world.isPredicted && this.#changes > 0;
  }

  /** In check mode: what a change sets holds from now on, what it may touch is tentative. */
  predict(sets: readonly FactValue[], touches: readonly Touch[], tentative: boolean): void {
    this.#count();
    this.#predictions.add(sets, touches, tentative);
  }

  /** After a real change: what it sets or may touch is read afresh when next needed. */
  invalidate(sets: readonly FactValue[], touches: readonly Touch[]): void {
    this.#altered(new Staleness({ sets, touches }, this.#realPaths));
  }

  /**
   * Begins a real change: until it has ended, nothing that it may alter is read before it is asked for.
   *
   * @param become the user that makes it
   */
  changing(
    become: Become | undefined,
    change: ChangeEffect,
    { isFollowed, isReadBack, isJob }: ChangeTerms,
  ): ChangeUnderWay {
    const staleness = new Staleness(change, this.#realPaths);
    this.#forgetStale(staleness, ({ early }) => early !== undefined);
    const request = new FactRequest(this.#earlyRoom);
    const mayBeAsked = (read: Read) =>
      isFollowed &&
      this.#isAhead &&
      this.#isAtRest(read) &&
      (!this.#observed.has(read) || staleness.includes(read, undefined));
    const behind = new Set(this.#expected.due(become?.user, mayBeAsked));
    if (isFollowed && isReadBack)
      for (const { fact, key } of change.sets) this.#readBack(behind, become, fact, key);
    const takeIn = this.#askEarly(request, become, behind);
    this.#behind.add(behind);
    this.#underWay.add(staleness);
    if (isJob) this.#countJob(1);
    return {
      behind: request.scripts(earlyTimeout),
      end: (answers) => {
        if (isJob) this.#countJob(-1);
        this.#underWay.delete(staleness);
        this.#behind.delete(behind);
        this.#altered(staleness);
        if (answers) {
          takeIn();
          void request.deliver(answers);
          answers.catch((error: unknown) => {
            // what the change has left running may print into the answers: that says nothing of the next time
            if (!(error instanceof ShowrunnerError && error.code === "host.lost")) this.#isAhead = false;
          });
        } else request.reject(new Error("the change was not made"));
      },
    };
  }

  /** Forgets early values: something may have changed since without being reported here. */
  forgetEarly(): void {
    this.#forgetEarly(() => true);
    for (const behind of this.#behind) behind.clear();
  }

  /**
   * From here on, changes on other hosts count: they may show on this host, in a shared directory for instance.
   */
  meetOthers(): void {
    if (!this.#world.isPredicted) this.#forgetEarly(({ asked }) => asked.others !== this.#others);
  }

  /** All that tasks have read from the host and is not stale. */
  get observed(): readonly ObservedFact[] {
    return [...this.#observed].flatMap(([{ fact, key, as }, { answer, early }]) =>
      answer instanceof Promise || early ? [] : [{ fact, key, as, value: answer.value }],
    );
  }

  /** How long the host's answer was to what is known, in bytes; 0 where it is not known from the host. */
  sizeOf(read: Read): number {
    const observation = this.#observed.get(read);
    return (observation && arrived(observation)?.size) ?? 0;
  }

  /** Forgets a value, so that the next reader looks again. */
  forget(fact: { readonly name: string }, key: FactKey): void {
    const id = factKeyId(key);
    for (const read of this.#observed.keys())
      if (read.fact.name === fact.name && factKeyId(read.key) === id) this.#observed.delete(read);
  }

  /** How long the answers may be that are asked for early now. Bytes. */
  get #earlyRoom(): number {
    let room = earlyLimit;
    for (const observation of this.#observed.values())
      if (observation.early) room -= arrived(observation)?.size ?? 0;
    return Math.max(0, room);
  }

  /** What was changed on other hosts, as far as anybody knows. */
  get #others(): number {
    return this.#world.changes - this.#changes + this.#world.absences;
  }

  get #askedAt(): AskedAt {
    // a job may change, as long as it works, what its host shares with this one
    const jobs = this.#world.jobs.begun - this.#jobs.begun;
    return { others: this.#others, jobs, reconnections: this.#session.reconnections };
  }

  #countJob(step: 1 | -1): void {
    for (const jobs of [this.#jobs, this.#world.jobs]) {
      jobs.open += step;
      if (step > 0) jobs.begun++;
    }
  }

  /** A change has been made. */
  #altered(staleness: Staleness): void {
    this.#count();
    this.#forgetStale(staleness, () => true);
    for (const behind of this.#behind)
      for (const read of behind)
        if (staleness.turnsLinks || staleness.includesEarly(read, undefined)) behind.delete(read);
    if (staleness.turnsLinks) this.#realPaths.forget();
  }

  #forgetStale(staleness: Staleness, isConcerned: (one: Observation) => boolean): void {
    for (const [read, one] of this.#observed) {
      if (!isConcerned(one)) continue;
      const value = arrived(one);
      const isStale = one.early
        ? staleness.includesEarly(read, value) || staleness.mayInclude(read, value)
        : staleness.includes(read, value);
      if (isStale) this.#observed.delete(read);
    }
  }

  #forgetEarly(isOld: (early: EarlyReading, read: Read) => boolean): void {
    for (const [read, { early }] of this.#observed)
      if (early && isOld(early, read)) this.#observed.delete(read);
  }

  /** Whether a value may be read early: nothing is about to change it. */
  #isAtRest(read: Read): boolean {
    const isJobElsewhere = this.#world.jobs.open > this.#jobs.open;
    return !isJobElsewhere && ![...this.#underWay].some((one) => one.includesEarly(read, undefined));
  }

  /** Whether an early value must not be used any more, whatever was changed on this host. */
  #isOutdated(early: EarlyReading): boolean {
    const { asked } = early;
    const { jobs, reconnections } = this.#askedAt;
    return isTooOld(early) || asked.jobs !== jobs || asked.reconnections !== reconnections;
  }

  #count(): void {
    this.#world.changes++;
    this.#changes++;
  }

  /** Whether it is about what other hosts answer, and changes were predicted that may lead to another answer. */
  #isMoving<K extends FactKey, V>({ about, source }: Fact<K, V>): boolean {
    if (about !== "world" || !this.#world.isPredicted) return false;
    return (source.mostlyOwn ? this.#changes : this.#world.changes) > 0;
  }

  #observe<K extends FactKey, V>(
    become: Become | undefined,
    fact: Fact<K, V>,
    key: K,
    options: ReadOptions,
  ): Promise<{ value: V }>;
  async #observe(
    become: Become | undefined,
    fact: Fact<FactKey, unknown>,
    key: FactKey,
    { timeout, isLive = false }: ReadOptions,
  ): Promise<Answer> {
    const read = this.#world.reads.of(become?.user, fact, key);
    const existing = this.#observed.get(read);
    if (existing?.early) {
      const early = isLive ? undefined : await this.#claimed(read, existing, existing.early);
      if (early) return early;
      if (this.#observed.get(read) === existing) this.#observed.delete(read);
    }
    const known = this.#observed.get(read);
    if (known && !known.early && (fact.about !== "world" || known.asOf === this.#world.changes))
      return known.answer;
    const wanted = this.#want(become, fact, key, timeout);
    const asked = performance.now();
    const answer = await this.#keep(read, located(wanted, this.#realPaths.locate(become, key)), undefined);
    // a command that only reads may have waited for something; what is on its way as the same user was read behind it
    if (fact.about === "world" && performance.now() - asked > longestLook)
      this.#forgetEarly(({ came }, { as }) => came !== undefined || as !== become?.user);
    return answer;
  }

  /** A value that was read early, if it still holds: from now on it is known like any other. */
  async #claimed(read: Read, observation: Observation, early: EarlyReading): Promise<Answer | undefined> {
    const isOutdated = (one: EarlyReading) => this.#isOutdated(one);
    const answer = isOutdated(early)
      ? undefined
      : await Promise.resolve(observation.answer).catch(() => undefined);
    // while it was on its way, it may have become stale
    if (answer && this.#observed.get(read) === observation && !isOutdated(early)) {
      observation.early = undefined;
      return answer;
    }
    this.#forgetEarly(isOutdated);
    return undefined;
  }

  #keep(read: Read, coming: Promise<Answer>, early: EarlyReading | undefined): Promise<Answer> {
    const observation: Observation = { asOf: this.#world.changes, answer: coming, early };
    this.#observed.set(read, observation);
    coming.then(
      (answer) => {
        observation.answer = answer;
        if (early) early.came = Date.now();
      },
      () => this.#observed.get(read) === observation && this.#observed.delete(read),
    );
    return coming;
  }

  /**
   * Asks for facts before anybody does.
   *
   * @returns takes the answers as known values
   */
  #askEarly(request: FactRequest, become: Become | undefined, wanted: ReadonlySet<Read>): () => void {
    const askedAt = this.#askedAt;
    const directories = new Map<string, Promise<string>>();
    const directoryOf = (directory: string) => {
      const asked = directories.get(directory) ?? request.want(realDirectory, directory).then(textOf);
      directories.set(directory, asked);
      asked.catch(() => undefined);
      return asked;
    };
    const asked = [...wanted].map((one) => {
      const path = pathOf(one.key);
      if (path !== undefined) void directoryOf(posix.dirname(path));
      const answer = request.want(one.fact, one.key);
      answer.catch(() => undefined);
      return { one, answer };
    });
    return () => {
      for (const { one, answer } of asked) {
        // meanwhile another change may have ended, or begun
        if (!wanted.has(one) || this.#observed.has(one) || !this.#isAtRest(one)) continue;
        const resolved = this.#realPaths.locate(become, one.key, (_, directory) => directoryOf(directory));
        const early = { asked: askedAt, came: undefined };
        void this.#keep(one, located(answer, resolved), early).catch(() => undefined);
      }
    };
  }

  /** Adds what a change sets to what is read behind it. */
  #readBack(behind: Set<Read>, become: Become | undefined, name: string, key: FactKey): void {
    const fact = factNamed(name);
    if (fact && "script" in fact.source) behind.add(this.#world.reads.of(become?.user, fact, key));
  }

  #want<K extends FactKey, V>(
    become: Become | undefined,
    fact: Fact<K, V>,
    key: K,
    timeout = readTimeout,
  ): Promise<Answer> {
    const user = become?.user ?? "";
    let asked = this.#asked.get(user);
    if (!asked) {
      asked = { become, request: new FactRequest(), timeout: readTimeout };
      this.#asked.set(user, asked);
      // after the promises of this tick, so that every plan that runs now has asked
      setImmediate(() => void this.#flush(user));
      if (!this.#users.has(user)) {
        this.#users.add(user);
        this.#onNewUser(become);
      }
    }
    asked.timeout = Math.max(asked.timeout, timeout);
    return asked.request.want(fact, key);
  }

  async #flush(user: string): Promise<void> {
    const asked = this.#asked.get(user);
    this.#asked.delete(user);
    if (!asked) return;
    const { become, request, timeout } = asked;
    request.probe(this.#session, become);
    const scripts = request.scripts(timeout);
    if (!scripts) return;
    const early = new FactRequest(this.#earlyRoom);
    const isUnknown = (read: Read) => this.#isAhead && !this.#observed.has(read) && this.#isAtRest(read);
    this.#askEarly(early, become, new Set(this.#expected.due(become?.user, isUnknown)))();
    const behind = early.scriptsDeliveredEach(earlyTimeout);
    const outputs = this.#entrance.as(become, async () => {
      const [own = [], more] = this.#session.send(become, behind ? [scripts, behind] : [scripts]);
      more?.catch((error: unknown) => {
        early.reject(error);
        // a host that is too slow for early reading once is too slow every time
        this.#isAhead = false;
      });
      return own;
    });
    outputs.catch((error: unknown) => {
      early.reject(error);
      // what is asked along with a user's first facts is asked again with the next ones
      this.#users.delete(user);
    });
    await request.deliver(outputs);
  }
}

/** The value, where it has come. */
function arrived({ answer }: Observation): Answer | undefined {
  return answer instanceof Promise ? undefined : answer;
}

/** A value that is used only once the real path of its key is known. */
function located(answer: Promise<Answer>, resolved: Promise<void> | undefined): Promise<Answer> {
  return resolved === undefined ? answer : Promise.all([answer, resolved]).then(([known]) => known);
}

function textOf({ value }: Answer): string {
  return String(value);
}
