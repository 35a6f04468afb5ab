/** Counts the outcomes of cases, by module, suite and article. */
import type { Cases } from "../cases.ts";
import type { LawOutcome, LawReport } from "./report.ts";
import { type Count, columns, type LawRow } from "./table.ts";

export class Tally {
  readonly #counts = new Map<string, { passed: number; failed: number }>();
  readonly #failures: LawOutcome[] = [];
  readonly #onOutcome: ((failure: LawOutcome) => void) | undefined;

  constructor(onOutcome: ((failure: LawOutcome) => void) | undefined) {
    this.#onOutcome = onOutcome;
  }

  /** @param outcome its problems may be none */
  add(outcome: LawOutcome): void {
    const { module, suite, article, problems } = outcome;
    this.#onOutcome?.(outcome);
    const id = idOf(module, suite, article);
    const count = this.#counts.get(id) ?? { passed: 0, failed: 0 };
    this.#counts.set(id, count);
    if (problems.length === 0) {
      count.passed++;
      return;
    }
    count.failed++;
    this.#failures.push(outcome);
  }

  report(cases: readonly Cases[], suites: readonly string[]): Omit<LawReport, "onlyOnHosts"> {
    const rows = cases.flatMap(({ module }) =>
      (suites.length > 0 ? suites : [undefined]).map((suite): LawRow => {
        const counts = columns.map((column) =>
          this.#count(module, column === "pure" ? undefined : suite, column),
        );
        return { module, suite: suite ?? "no host", counts };
      }),
    );
    return { rows, failures: this.#failures };
  }

  #count(module: string, suite: string | undefined, article: string): Count {
    return this.#counts.get(idOf(module, suite, article)) ?? { passed: 0, failed: 0 };
  }
}

const idOf = (module: string, suite: string | undefined, article: string) =>
  [module, suite ?? "", article].join("\0");
