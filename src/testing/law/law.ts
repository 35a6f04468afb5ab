/** Holds modules to the law: all their cases, without a host and on real ones. */
import { messageOf } from "../../base/errors.ts";
import type { ModuleCase } from "../case.ts";
import type { Cases } from "../cases.ts";
import { holdWithoutHost } from "../pure.ts";
import { type ArticleOutcome, CaseOnHost, type CaseOptions } from "./case-on-host.ts";
import { LawHost, type LawTarget } from "./law-host.ts";
import type { LawOutcome, LawReport, OnlyOnHosts } from "./report.ts";
import { Tally } from "./tally.ts";

export interface LawRequest extends Partial<CaseOptions> {
  readonly cases: readonly Cases[];
  /**
   * Hosts that may be thrown away: the cases do to them what they like. Without any, only checks that need no host run.
   */
  readonly hosts: readonly LawTarget[];
  /** Which cases are run. Default: all. */
  readonly only?: (one: ModuleCase, module: string) => boolean;
  /** Called with the outcome of each article of each case as soon as it is known. */
  readonly onOutcome?: (outcome: LawOutcome) => void;
}

/** Three points of each case: before its first program, half-way, and after its last. */
const usualInterruptions = 3;
const usualAttacks = 5;

/**
 * Holds modules to the law. For every case, on every host: a check predicts; a run makes exactly what was predicted;
 * done again, both find nothing left; what a change says it sets is so, and what it says nothing of is not altered;
 * killed half-way and done again, it ends in the same state; and a user in whose directories it works gains nothing.
 *
 * @param request the cases, and hosts that may be thrown away
 * @returns a row for each module and suite, and what failed
 *
 * @example
 * const { failures } = await holdToLaw({ cases: [motd], hosts: [{ name: "web1", inventory: lab, access }] });
 */
export async function holdToLaw({
  cases,
  hosts: targets,
  only = () => true,
  onOutcome,
  interruptions = usualInterruptions,
  attacks = usualAttacks,
}: LawRequest): Promise<LawReport> {
  const tally = new Tally(onOutcome);
  const onlyOnHosts: OnlyOnHosts[] = [];
  for (const { module, list, facts: shared } of cases) {
    for (const one of list) {
      if (one.facts === undefined || !only(one, module)) continue;
      const { name } = one;
      const problems: string[] = [];
      try {
        const facts = await holdWithoutHost(one, shared);
        if (facts.length > 0 && targets.length === 0) onlyOnHosts.push({ module, name, facts });
      } catch (error) {
        problems.push(messageOf(error));
      }
      tally.add({ module, suite: undefined, name, article: "pure", problems });
    }
  }
  const opened = targets.map((target) => new LawHost(target));
  try {
    // one after the other: an unreachable host is reported before anything is done
    for (const host of opened) await host.script(":");
    await Promise.all(opened.map((host) => holdOn(host)));
  } finally {
    await Promise.all(opened.map((host) => host.close()));
  }
  const { rows, failures } = tally.report(
    cases,
    opened.map(({ suite }) => suite),
  );
  return { rows, failures, onlyOnHosts };

  async function holdOn(host: LawHost): Promise<void> {
    for (const all of cases) {
      const wanted = all.list.filter((one) => one.start !== undefined && only(one, all.module));
      if (wanted.length === 0) continue;
      try {
        if (all.setup !== undefined) await host.script(`set -e\n${all.setup}`);
      } catch (error) {
        tally.add({
          module: all.module,
          suite: host.suite,
          name: "setup",
          article: "applies",
          problems: [messageOf(error)],
        });
        continue;
      }
      for (const one of wanted) await holdOne(host, all, one);
    }
  }

  async function holdOne(host: LawHost, all: Cases, one: ModuleCase): Promise<void> {
    const { module } = all;
    const { suite } = host;
    const add = ({ article, problems }: ArticleOutcome) =>
      tally.add({ module, suite, name: one.name, article, problems });
    try {
      for await (const outcome of new CaseOnHost(all, one, host, { interruptions, attacks }).hold())
        add(outcome);
    } catch (error) {
      add({ article: "applies", problems: [messageOf(error)] });
      await host.reconnect();
    }
  }
}
