/** Counts what came of cases, by module, suite and article. */
import type { Cases } from "../cases.ts";
import type { LawFailure, LawReport } from "./report.ts";
import { type Count, columns, type LawRow } from "./table.ts";

export class Tally {
  readonly #counts = new Map<string, { passed: number; failed: number }>();
  readonly #failures: LawFailure[] = [];
  readonly #onFailure: ((failure: LawFailure) => void) | undefined;

  constructor(onFailure: ((failure: LawFailure) => void) | undefined) {
    this.#onFailure = onFailure;
  }

  /** @param outcome its problems may be none */
  add(outcome: LawFailure): void {
    const { module, suite, article, problems } = outcome;
    const id = idOf(module, suite, article);
    const count = this.#counts.get(id) ?? { passed: 0, failed: 0 };
    this.#counts.set(id, count);
    if (problems.length === 0) {
      count.passed++;
      return;
    }
    count.failed++;
    this.#failures.push(outcome);
    this.#onFailure?.(outcome);
  }

  report(cases: readonly Cases[], suites: readonly string[]): LawReport {
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
