/** The scripts that make throw-away hosts take them down however they end. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const checkout = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "showrunner-end-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A script that has made something, comes to this end, and takes a moment to take away what it made. */
function ended(how: string): { status: number | null; stdout: string; stderr: string } {
  const file = join(folder, "script.ts");
  writeFileSync(
    file,
    `import { atWhateverEnd } from "${checkout}/scripts/whatever-end.ts";
const leave = atWhateverEnd(async () => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  process.stdout.write("down\\n");
});
try {
  ${how}
} finally {
  await leave();
}
`,
  );
  return spawnSync(join(checkout, "node_modules/.bin/jiti"), [file], { encoding: "utf8" });
}

const forEver = "await new Promise((resolve) => setTimeout(resolve, 20_000));";

describe("what a script made goes", () => {
  it("when the script is done", () => {
    expect(ended("")).toMatchObject({ status: 0, stdout: "down\n" });
  });

  it("when a promise fails that nobody waits for", () => {
    const { status, stdout, stderr } = ended(`void Promise.reject(new Error("stray")); ${forEver}`);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "down\n" });
    expect(stderr).toContain("stray");
  });

  it("when a timer throws", () => {
    const { status, stdout } = ended(`setTimeout(() => { throw new Error("late"); }, 1); ${forEver}`);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "down\n" });
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"])("at %s, and again while it goes", (signal) => {
    const twice = `process.kill(process.pid, "${signal}"); setTimeout(() => process.kill(process.pid, "${signal}"), 20);`;
    expect(ended(`${twice} ${forEver}`)).toMatchObject({ status: 99, stdout: "down\n" });
  });
});

it("all scripts that bring hosts up", () => {
  for (const name of ["scripts/law.ts", "scripts/chaos.ts", "scripts/prove-site.ts", "bench/run.ts"]) {
    const text = readFileSync(join(checkout, name), "utf8");
    expect(text, name).toMatch(/\bup\(/);
    expect(text, name).toContain("atWhateverEnd(");
  }
});
