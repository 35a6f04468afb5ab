/**
 * A vitest reporter: writes what came of a run to the file that `TEST_REPORT` names, as a `TestReport`. Vitest's own
 * `json` keeps neither the failures of hooks nor what a test says that took too long.
 */
import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** What failed, in a few lines. */
export interface Failure {
  /** A file and a test's full name, say. */
  readonly title: string;
  /** The first lines of why. */
  readonly lines: readonly string[];
}

export interface TestReport {
  readonly passed: number;
  /** By file and name. */
  readonly skipped: readonly string[];
  readonly failures: readonly Failure[];
}

/** @returns the first lines of a text that say anything */
export function firstLines(text: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(0, 12);
}

class TestReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const having = (state: string) => tests.filter((test) => test.result().state === state);
    const report: TestReport = {
      passed: having("passed").length,
      skipped: having("skipped").map((test) => `${test.module.relativeModuleId}: ${test.fullName}`),
      failures: [...modules.flatMap(failuresIn), ...failure("an error outside any test", unhandled)],
    };
    const path = process.env["TEST_REPORT"];
    if (path !== undefined) writeFileSync(path, JSON.stringify(report));
  }
}

function failuresIn(module: TestModule): Failure[] {
  const file = module.relativeModuleId;
  const suites = [...module.children.allSuites()];
  const tests = [...module.children.allTests("failed")];
  return [
    ...failure(file, module.errors()),
    ...suites.flatMap((suite) => failure(`${file}: ${suite.fullName}`, suite.errors())),
    ...tests.flatMap((test) => {
      const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1);
      return failure(`${file}: ${test.fullName} (${seconds} s)`, test.result().errors ?? []);
    }),
  ];
}

/** @returns nothing where there is no error */
function failure(title: string, errors: readonly SerializedError[]): Failure[] {
  if (errors.length === 0) return [];
  const said = errors.map(({ name, message, diff, stacks = [] }) => {
    const places = stacks.slice(0, 2).map(({ file, line }) => `  at ${file}:${line}`);
    return [`${name}: ${message}`, ...places, diff ?? ""].join("\n");
  });
  return [{ title, lines: firstLines(said.join("\n")) }];
}

export default TestReporter;
