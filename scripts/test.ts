/**
 * Everything that must hold: lint, types, unit tests, and the tests on real hosts. The last line counts them.
 * Where no hosts can be had the run says so, loudly, and is not a success.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const total: Count = { passed: 0, failed: 0, skipped: 0 };

function bin(name: string, args: readonly string[]): number {
  return (
    spawnSync(join(root, "node_modules", ".bin", name), args, { cwd: root, stdio: "inherit" }).status ?? 1
  );
}

function check(title: string, name: string, args: readonly string[]): void {
  say(title);
  if (bin(name, args) === 0) total.passed++;
  else total.failed++;
}

function vitest(project: string): void {
  say(`${project} tests`);
  const folder = mkdtempSync(join(tmpdir(), "showrunner-test-"));
  const report = join(folder, "report.json");
  const status = bin("vitest", [
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  const counted = countOf(report);
  rmSync(folder, { recursive: true });
  total.passed += counted.passed;
  total.skipped += counted.skipped;
  // a test file that can't even be loaded has no tests to fail
  total.failed += counted.failed === 0 && status !== 0 ? 1 : counted.failed;
}

function countOf(report: string): Count {
  try {
    const read: { numPassedTests: number; numFailedTests: number; numPendingTests: number } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    return { passed: read.numPassedTests, failed: read.numFailedTests, skipped: read.numPendingTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function say(title: string): void {
  process.stdout.write(`\n=== ${title}\n`);
}

/** Why the lab can't run here, if it can't. */
function labMissing(): string | undefined {
  if (process.platform !== "linux") return "the lab needs Linux";
  if (process.getuid?.() !== 0) return "the lab needs root";
  if (spawnSync("apt-get", ["--version"]).status !== 0)
    return "the lab needs Debian's apt-get, to install what it lacks";
  return undefined;
}

/** What the tests run besides Node: other shells, a database server of the machine's own, the usual clients. */
const needed = [
  "busybox",
  "bash",
  "dash",
  "curl",
  "openssh-client",
  "procps",
  "mariadb-server-core",
  "mariadb-client-core",
];

function installNeeded(): void {
  const isThere = (name: string) =>
    spawnSync("dpkg-query", ["-W", "-f=${Status}", name], { encoding: "utf8" }).stdout?.endsWith(
      " installed",
    );
  const lacking = needed.filter((name) => !isThere(name));
  if (lacking.length === 0) return;
  say(`installing ${lacking.join(", ")}`);
  const apt = (...args: string[]) =>
    spawnSync("apt-get", ["-qq", ...args], {
      stdio: "inherit",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  apt("update");
  apt("install", "-y", "--no-install-recommends", ...lacking);
}

const missing = labMissing();
if (missing === undefined) installNeeded();
check("lint", "biome", ["check", "--error-on-warnings"]);
check("types", "tsc", ["-p", "tsconfig.json"]);
vitest("unit");
vitest("cli");
if (missing === undefined) vitest("lab");

if (missing !== undefined) {
  process.stdout.write(
    `\n!!! INCOMPLETE: the tests on real hosts did not run: ${missing}.\n!!! This run proves nothing about real hosts.\n`,
  );
}
if (total.skipped > 0)
  process.stdout.write(`\n!!! ${total.skipped} tests were skipped: look above for which.\n`);
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed > 0 ? 1 : missing === undefined ? 0 : 3;
