/**
 * Everything that must hold: lint, types, tests of parts, of the command line, and on real hosts. The last line counts them.
 * Where no hosts can be had the run says so, loudly, and is not a success.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type OtherNode, otherMajors, otherNode } from "./other-nodes.ts";
import { type Failure, firstLines, type TestReport } from "./test-reporter.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const total = { passed: 0 };
const skipped: string[] = [];
/** Told once more at the end: of a long output often only the tail is kept. */
const failures: Failure[] = [];

function bin(name: string): string {
  return join(root, "node_modules", ".bin", name);
}

function check(title: string, name: string, args: readonly string[]): void {
  say(title);
  const { status, stdout, stderr } = spawnSync(bin(name), args, { cwd: root, encoding: "utf8" });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  if (status === 0) total.passed++;
  else failures.push({ title, lines: firstLines(`${stderr}\n${stdout}`) });
}

/** @param node whose program is to run them, where it is another one than that of this script */
function vitest(title: string, args: readonly string[], node?: OtherNode): void {
  say(title);
  const folder = mkdtempSync(join(tmpdir(), "showrunner-test-"));
  const report = join(folder, "report.json");
  const PATH = [...(node ? [node.folder] : []), process.env["PATH"]].join(delimiter);
  const { status } = spawnSync(
    bin("vitest"),
    ["run", ...args, "--reporter=default", "--reporter=./scripts/test-reporter.ts"],
    { cwd: root, stdio: "inherit", env: { ...process.env, PATH, TEST_REPORT: report } },
  );
  const read = reportIn(report);
  rmSync(folder, { recursive: true });
  total.passed += read?.passed ?? 0;
  skipped.push(...(read?.skipped ?? []));
  const where = (failed: string) => (node ? `${failed}, on Node.js ${node.major}` : failed);
  for (const { title: failed, lines } of read?.failures ?? []) failures.push({ title: where(failed), lines });
  if (status !== 0 && !read?.failures.length)
    failures.push({ title: `${title} ended with status ${status}, without saying why`, lines: [] });
}

function reportIn(path: string): TestReport | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** What may differ between versions of Node.js: how code is loaded, run and found again, streams, and cryptography. */
const differing = [
  ...[
    "base/",
    "templates/",
    "core/engine.test",
    "core/play-run",
    "core/plan.test",
    "report/plain",
    "report/tty",
  ],
  ...["secrets/secret", "secrets/vault", "transport/ssh-", "transport/shell"],
  ...["cli/loading", "cli/load-typescript", "cli/playbook", "cli/stray-errors"],
].map((name) => `test/${name}`);

function otherVersions(): void {
  for (const major of otherMajors) {
    const node = otherNode(major);
    if ("missing" in node) skipped.push(`tests on Node.js ${major}: ${node.missing}`);
    else
      vitest(
        `tests on Node.js ${major}`,
        ["--project=unit", "--project=integration", "--project=cli", ...differing],
        node,
      );
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
  "mariadb-client",
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
// what runs in a browser knows other names
check("types of the status page", "tsc", ["-p", "test/roles/status-page"]);
for (const project of ["unit", "integration", "cli"]) vitest(`${project} tests`, ["--project", project]);
otherVersions();
if (missing === undefined) vitest("lab tests", ["--project", "lab"]);

if (missing !== undefined) {
  process.stdout.write(
    `\n!!! INCOMPLETE: the tests on real hosts did not run: ${missing}.\n!!! This run proves nothing about real hosts.\n`,
  );
}
if (skipped.length > 0)
  process.stdout.write(
    `\n!!! ${skipped.length} tests were skipped:\n${skipped.map((test) => `!!!   ${test}\n`).join("")}`,
  );
for (const { title, lines } of failures)
  process.stdout.write(`\n=== FAILED: ${title}\n${lines.map((line) => `    ${line}\n`).join("")}`);
process.stdout.write(`\n${total.passed} passed, ${failures.length} failed\n`);
process.exitCode = failures.length > 0 ? 1 : missing === undefined ? 0 : 3;
