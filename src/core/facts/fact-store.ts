/** The facts known of one host during one run: read in batches, kept until a change may have altered them. */
import { ShowrunnerError } from "../../base/errors.ts";
import type { Session } from "../../transport/session.ts";
import type { Become } from "../../transport/transport.ts";
import { Asking } from "./asking.ts";
import { ChangesUnderWay, type ChangeTerms, type ChangeUnderWay } from "./changes-under-way.ts";
import type { AskedAt, EarlyReading } from "./early.ts";
import { EarlyAnswer } from "./early-answer.ts";
import { EarlyRequest, earlyTimeout, located, textOf } from "./early-request.ts";
import { Entrance } from "./entrance.ts";
import type { Expectations } from "./expectations.ts";
import { type Fact, type FactKey, type FactValue, factNamed, type Touch } from "./fact.ts";
import type { Answer } from "./fact-request.ts";
import { HostActivity } from "./host-activity.ts";
import { arrived, Observations, type ObservedFact } from "./observations.ts";
import { type Known, Predictions } from "./predictions.ts";
import type { Read } from "./read.ts";
import { RealPaths, realDirectory } from "./real-paths.ts";
import { type ChangeEffect, Staleness } from "./staleness.ts";
import type { World } from "./world.ts";

/** How a fact is to be read. */
interface ReadOptions {
  /** Milliseconds that it may take, if more than usual. The longest of these limits holds for the whole round trip. */
  readonly timeout?: number | undefined;
  /** True: for a task that waits until something happens by itself. An early value is then too old. */
  readonly isLive?: boolean | undefined;
}

/** What the tasks of a host are expected to read. */
type DueReads = Pick<Expectations, "due">;

/** What asks the world for longer waits for it to change, as `cloud-init status --wait` does. Milliseconds. */
const longestLook = 1_000;

export class FactStore {
  readonly #world: World;
  readonly #activity: HostActivity;
  readonly #entrance: Entrance;
  readonly #asking: Asking;
  readonly #observed: Observations;
  readonly #realPaths: RealPaths;
  readonly #predictions: Predictions;
  readonly #underWay = new ChangesUnderWay();
  readonly #expected: DueReads;
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
    this.#world = world;
    this.#activity = new HostActivity(world, session);
    this.#entrance = new Entrance(session, world.isPredicted);
    this.#asking = new Asking(session, this.#entrance, {
      onNewUser,
      early: (become) => this.#askWhatIsDue(become),
      onTooSlow: () => {
        this.#isAhead = false;
      },
    });
    this.#observed = new Observations(world);
    this.#realPaths = new RealPaths(async (become, directory) =>
      textOf(await this.#asking.want(become, realDirectory, directory)),
    );
    this.#predictions = new Predictions(this.#realPaths);
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
    const { asOf, early } = observation;
    const answer = arrived(observation);
    if (!answer) return undefined;
    const isOldAnswer = fact.about === "world" && asOf !== this.#world.changes;
    if (early ? isLive || this.#activity.isOutdated(early) : isOldAnswer) return undefined;
    observation.early = undefined;
    return this.#surely(fact, key, answer.value);
  }

  /** Whether it has been asked for, and the answer has not come. */
  isComing<K extends FactKey, V>(become: Become | undefined, fact: Fact<K, V>, key: K): boolean {
    const observation = this.#observed.get(this.#world.reads.of(become?.user, fact, key));
    return observation !== undefined && !arrived(observation);
  }

  /** A value of the host, and how sure it is in a plan. */
  #surely<K extends FactKey, V>(fact: Fact<K, V>, key: K, value: V): Known<V> {
    // only now the real path is known: a change of this plan may have been predicted under another name of that path
    const elsewhereNamed = this.#predictions.of(fact, key);
    if (elsewhereNamed) return elsewhereNamed;
    const tentative = this.#activity.isMoving(fact) || this.#predictions.mayAlter(fact, key, value);
    return { value, tentative };
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
    return this.#activity.isPredicted;
  }

  /** In check mode: what a change sets holds from now on, what it may touch is tentative. */
  predict(sets: readonly FactValue[], touches: readonly Touch[], tentative: boolean): void {
    this.#activity.countChange();
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
    this.#observed.forgetStale(staleness, { onlyEarly: true });
    const mayBeAsked = (read: Read) =>
      isFollowed &&
      this.#isAhead &&
      this.#isAtRest(read) &&
      (!this.#observed.has(read) || staleness.includes(read, undefined));
    const behind = new Set(this.#expected.due(become?.user, mayBeAsked));
    if (isFollowed && isReadBack)
      for (const { fact, key } of change.sets) this.#readBack(behind, become, fact, key);
    const request = new EarlyRequest(become, behind, this.#observed.earlyRoom);
    const asked = this.#activity.askedAt;
    const ended = this.#underWay.begin(staleness, behind);
    if (isJob) this.#activity.countJob(1);
    return {
      behind: request.scripts(earlyTimeout),
      end: (answers, made) => {
        if (isJob) this.#activity.countJob(-1);
        ended();
        this.#altered(made ? new Staleness(made, this.#realPaths) : staleness);
        if (answers) {
          this.#takeIn(request, asked, behind);
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
    this.#observed.forgetEarly(() => true);
    this.#underWay.forgetAll();
  }

  /**
   * From here on, changes on other hosts count: they may show on this host, in a shared directory for instance.
   */
  meetOthers(): void {
    if (!this.#world.isPredicted)
      this.#observed.forgetEarly(({ asked }) => asked.others !== this.#activity.others);
  }

  /** All that tasks have read from the host and is not stale. */
  get observed(): readonly ObservedFact[] {
    return this.#observed.asked;
  }

  /** How long the host's answer was to what is known, in bytes; 0 where it is not known from the host. */
  sizeOf(read: Read): number {
    return this.#observed.sizeOf(read);
  }

  /** Forgets a value, so that the next reader looks again. */
  forget(fact: { readonly name: string }, key: FactKey): void {
    this.#observed.forget(fact, key);
  }

  /** A change has been made. */
  #altered(staleness: Staleness): void {
    this.#activity.countChange();
    this.#observed.forgetStale(staleness, { onlyEarly: false });
    this.#underWay.forgetStale(staleness);
    if (staleness.turnsLinks) this.#realPaths.forget();
  }

  /** Whether a value may be read early: nothing is about to change it. */
  #isAtRest(read: Read): boolean {
    return !this.#activity.isJobElsewhere && !this.#underWay.mayAlter(read);
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
    const isOutdated = (early: EarlyReading) => this.#activity.isOutdated(early);
    if (existing?.early) {
      const early = isLive ? undefined : await this.#observed.claim(read, existing, isOutdated);
      if (early) return early;
      if (this.#observed.get(read) === existing) this.#observed.delete(read);
    }
    const known = this.#observed.get(read);
    const isTrue = known && !known.early && (fact.about !== "world" || known.asOf === this.#world.changes);
    if (isTrue && !(known.answer instanceof EarlyAnswer)) return known.answer;
    const wanted = this.#asking.want(become, fact, key, timeout);
    const asked = performance.now();
    const answer = await this.#observed.keep(read, located(wanted, this.#realPaths.locate(become, key)));
    // a command that only reads may have waited for something; what is on its way as the same user was read behind it
    if (fact.about === "world" && performance.now() - asked > longestLook)
      this.#observed.forgetEarly(({ came }, { as }) => came !== undefined || as !== become?.user);
    return answer;
  }

  /** What tasks are expected to ask for, in the round trip of what they ask for now. */
  #askWhatIsDue(become: Become | undefined): EarlyRequest {
    const isUnknown = (read: Read) => this.#isAhead && !this.#observed.has(read) && this.#isAtRest(read);
    const wanted = new Set(this.#expected.due(become?.user, isUnknown));
    const request = new EarlyRequest(become, wanted, this.#observed.earlyRoom);
    this.#takeIn(request, this.#activity.askedAt, wanted);
    return request;
  }

  /** @param wanted those that nothing has made stale since they were asked for */
  #takeIn(request: EarlyRequest, asked: AskedAt, wanted: ReadonlySet<Read>): void {
    // meanwhile another change may have ended, or begun
    const isWelcome = (read: Read) => wanted.has(read) && !this.#observed.has(read) && this.#isAtRest(read);
    request.answers(this.#realPaths, isWelcome, (read, answer) =>
      this.#observed.keepEarly(read, answer, { asked, came: undefined }),
    );
  }

  /** Adds what a change sets to what is read behind it. */
  #readBack(behind: Set<Read>, become: Become | undefined, name: string, key: FactKey): void {
    const fact = factNamed(name);
    if (fact && "script" in fact.source) behind.add(this.#world.reads.of(become?.user, fact, key));
  }
}
