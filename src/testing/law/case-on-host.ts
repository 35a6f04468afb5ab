/** Checks one case on one real host, article by article. */
import { messageOf } from "../../base/errors.ts";
import { type FactValue, factNamed } from "../../core/facts/fact.ts";
import type { ModuleCase } from "../case.ts";
import type { Cases } from "../cases.ts";
import { differentChanges, differentFailure, otherThanPredicted } from "../expected.ts";
import { alteredFiles, factsOfFiles, rememberFiles } from "./altered-files.ts";
import { type Attempt, type AttemptOptions, attempt } from "./attempt.ts";
import { type FactOf, idOf, learn, otherValues, readAll, wrongBeliefs } from "./beliefs.ts";
import { Attack, type Foe, foesAt, pathsOf } from "./hostile.ts";
import { armInterruption, chosenSteps, interruptible, stepsTaken } from "./interruption.ts";
import type { LawHost, Ran } from "./law-host.ts";

/** What every case is held to on a host, in this order. */
export const articles = ["predicts", "applies", "idempotent", "facts", "interrupted", "hostile"] as const;

type Article = (typeof articles)[number];

/** What came of one article: it holds if `problems` is empty. */
export interface ArticleOutcome {
  readonly article: Article;
  readonly problems: readonly string[];
}

export interface CaseOptions {
  /** At how many points of its changes a case is interrupted. */
  readonly interruptions: number;
  /** How often a case runs while a user swaps the names in that user's directories. */
  readonly attacks: number;
}

export class CaseOnHost {
  readonly #cases: Cases;
  readonly #case: ModuleCase;
  readonly #host: LawHost;
  readonly #options: CaseOptions;
  /** The facts that any case of the module is about: what a run may know when it comes to this one. */
  readonly #panel: FactOf[];

  constructor(cases: Cases, one: ModuleCase, host: LawHost, options: CaseOptions) {
    this.#cases = cases;
    this.#case = one;
    this.#host = host;
    this.#options = options;
    this.#panel = factsNamedIn(cases);
  }

  /** Runs the articles that apply to the case; if the case does not apply as it should, the rest is left out. */
  async *hold(): AsyncGenerator<ArticleOutcome> {
    const { fails, waits } = this.#case;
    await this.#start();
    const checked = await this.#attempt({ check: true });
    yield { article: "predicts", problems: waits ? [] : this.#asPredicted(checked) };
    await rememberFiles(this.#host);
    const applied = await this.#attempt();
    const altered = await alteredFiles(this.#host, this.#cases.moving ?? []);
    const applies = [
      ...found(differentFailure(fails, applied.error)),
      ...found(differentChanges(this.#case.changes, applied.changes)),
      ...found(this.#isSure ? otherThanPredicted(checked.changes, applied.changes) : undefined),
      ...(await this.#atEnd()),
    ];
    yield { article: "applies", problems: applies };
    if (applies.length > 0) return;
    if (applied.error === undefined) yield* this.#afterwards(checked, applied, altered);
    await this.#start();
    const paths = [...altered, ...pathsOf(applied.changes, applied.asked)];
    for (const foe of await foesAt(this.#host, paths))
      yield { article: "hostile", problems: await this.#attackedBy(foe) };
  }

  async *#afterwards(
    checked: Attempt,
    applied: Attempt,
    altered: readonly string[],
  ): AsyncGenerator<ArticleOutcome> {
    const panel = this.#panelWith(checked, applied);
    const end = await this.#read(panel);
    yield { article: "idempotent", problems: await this.#doneAgain() };
    const wrong = await this.#beliefs(panel, altered);
    yield { article: "facts", problems: [...(this.#isSure ? stillOther(checked, end) : []), ...wrong] };
    if (applied.changes.length === 0) return;
    const steps = chosenSteps(await stepsTaken(this.#host), this.#options.interruptions);
    for (const step of steps)
      yield { article: "interrupted", problems: await this.#interruptedAt(step, panel, end) };
  }

  /** Whether a check can predict what a run will do. */
  get #isSure(): boolean {
    const { fails, waits, plan } = this.#case;
    return !waits && plan === undefined && fails === undefined;
  }

  async #start(): Promise<void> {
    const { reset } = this.#cases;
    if (reset !== undefined) await this.#host.script(`(\n${reset}\n) </dev/null >/dev/null 2>&1; :`);
    const { start = "" } = this.#case;
    if (typeof start === "string") {
      if (start !== "") await this.#script("start", start);
      return;
    }
    const ran = await this.#host.run(async () => {
      for (const task of start) await task;
    });
    if (ran.failure !== undefined) throw new Error(`its start state could not be made: ${ran.failure}`);
  }

  async #script(what: string, script: string): Promise<void> {
    try {
      await this.#host.script(`set -ex\n${script}`);
    } catch (error) {
      throw new Error(`its ${what} ${messageOf(error)}`);
    }
  }

  #attempt(options: AttemptOptions = {}): Promise<Attempt> {
    return attempt(this.#host, this.#case.task(), options);
  }

  #asPredicted({ status, error, changes }: Attempt): string[] {
    const { fails, plan, changes: expected } = this.#case;
    const failure = differentFailure(plan === undefined ? fails : undefined, error);
    if (failure !== undefined) return [failure];
    if (error !== undefined) return [];
    const wanted = plan ?? (expected.length > 0 ? "changed" : "ok");
    const judged = status === wanted ? [] : [`the check says ${status}, expected ${wanted}`];
    // a condition of the task's own may say what counts as changed
    const hasOwn = this.#case.task().options.changedWhen !== undefined;
    return [
      ...(hasOwn ? [] : judged),
      ...(plan === "unknown" ? [] : found(differentChanges(expected, changes))),
    ];
  }

  /** What the case says of its end, on the host. */
  async #atEnd(): Promise<string[]> {
    const { end } = this.#case;
    const facts = end.filter((one) => typeof one !== "string");
    const values = await this.#read(facts.flatMap(known));
    const problems = otherValues(facts, values).map((line) => `at the end, ${line}`);
    for (const script of end) {
      if (typeof script !== "string") continue;
      await this.#script("end", script).catch((error: unknown) => problems.push(messageOf(error)));
    }
    return problems;
  }

  async #doneAgain(): Promise<string[]> {
    const { again = [] } = this.#case;
    const second = await this.#attempt();
    const foreseen = await this.#attempt({ check: true });
    return [
      ...found(differentFailure(undefined, second.error)),
      ...found(differentChanges(again, second.changes)).map((line) => `applied again: ${line}`),
      ...found(differentFailure(undefined, foreseen.error)),
      ...found(differentChanges(again, foreseen.changes)).map((line) => `checked again: ${line}`),
      ...(await this.#atEnd()).map((line) => `applied again: ${line}`),
    ];
  }

  /**
   * Runs the case once more in a run that knows all facts that tasks may have asked for. The steps are counted
   * meanwhile.
   */
  async #beliefs(panel: readonly FactOf[], altered: readonly string[]): Promise<string[]> {
    await this.#start();
    const files = await factsOfFiles(this.#host, altered);
    await armInterruption(this.#host);
    const { error, wrong } = await this.#attempt({
      before: () => learn([...panel, ...files]),
      after: wrongBeliefs,
      alter: interruptible,
    });
    return [...found(differentFailure(undefined, error)), ...wrong];
  }

  async #interruptedAt(
    step: number,
    panel: readonly FactOf[],
    end: ReadonlyMap<string, unknown>,
  ): Promise<string[]> {
    const at = (line: string) => `killed at step ${step} and run again: ${line}`;
    await this.#start();
    await armInterruption(this.#host, step);
    const cut = await this.#attempt({ alter: interruptible });
    if (cut.error === undefined) return [at("it was not interrupted")];
    const second = await this.#attempt();
    const left = await this.#attempt({ check: true });
    const { again = [] } = this.#case;
    const problems = [
      ...found(differentFailure(undefined, second.error)),
      ...found(differentFailure(undefined, left.error)),
      ...found(differentChanges(again, left.changes)),
      ...(await this.#atEnd()),
    ];
    const { random = [] } = this.#cases;
    const values = new Map(
      [...(await this.#read(panel))].map(([id, value]) => [id, without(value, random)] as const),
    );
    const expected = panel.flatMap(({ fact, key }) => {
      const id = idOf(fact.name, key);
      return end.has(id) ? [fact.is(key, without(end.get(id), random))] : [];
    });
    return [...problems, ...otherValues(expected, values)].map(at);
  }

  /** Most attempts fail, which is right; they must have no other effect. */
  async #attackedBy(foe: Foe): Promise<string[]> {
    const gained: string[] = [];
    for (let round = 0; round < this.#options.attacks && gained.length === 0; round++) {
      await this.#start();
      gained.push(...(await new Attack(this.#host, foe).during(() => this.#attempt())));
    }
    return gained;
  }

  async #read(facts: readonly FactOf[]): Promise<ReadonlyMap<string, unknown>> {
    return endOf(await this.#host.run(async () => await readAll(facts)));
  }

  #panelWith(...attempts: readonly Attempt[]): FactOf[] {
    const all = [
      ...this.#panel,
      ...attempts.flatMap(({ asked }) => asked),
      ...attempts.flatMap(({ changes }) => changes.flatMap(({ sets }) => sets.flatMap(known))),
    ];
    const host = all.filter(({ fact }) => fact.about !== "world");
    return [...new Map(host.map((one) => [idOf(one.fact.name, one.key), one])).values()];
  }
}

/** Facts that a check's changes set and that do not hold at the end, of those that are looked at there. */
function stillOther({ changes }: Attempt, end: ReadonlyMap<string, unknown>): string[] {
  const all = changes.flatMap(({ sets }) => sets).filter(({ fact }) => factNamed(fact)?.about !== "world");
  const last = new Map(all.map((value) => [idOf(value.fact, value.key), value]));
  return otherValues([...last.values()], end).map((line) => `the check foresaw something else: ${line}`);
}

/** A fact's value without the properties of these names. */
function without(value: unknown, names: readonly string[]): unknown {
  if (names.length === 0 || value === null || typeof value !== "object" || Buffer.isBuffer(value))
    return value;
  if (Array.isArray(value)) return value.map((one: unknown) => without(one, names));
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) =>
      names.includes(name) ? [] : [[name, without(one, names)]],
    ),
  );
}

function factsNamedIn({ list, facts = [] }: Cases): FactOf[] {
  const values = [...facts, ...list.flatMap((one) => [...(one.facts ?? []), ...one.end])];
  const named = values.flatMap((value) => (typeof value === "string" ? [] : known(value)));
  return [...new Map(named.map((one) => [idOf(one.fact.name, one.key), one])).values()];
}

function known({ fact: name, key }: FactValue): FactOf[] {
  const fact = factNamed(name);
  return fact ? [{ fact, key }] : [];
}

function endOf<T>({ value, failure }: Ran<T>): T {
  if (value === undefined) throw new Error(failure ?? "the run came to no end");
  return value;
}

const found = (problem: string | undefined): string[] => (problem === undefined ? [] : [problem]);
