import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { controlFolder } from "../../src/transport/control-folder.ts";

let parent: string;
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), "parent-"));
  vi.stubEnv("TMPDIR", parent);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(parent, { recursive: true });
});

function folder(name: string, age: "old" | "new", ...files: readonly string[]): void {
  const path = join(parent, name);
  mkdirSync(path);
  for (const file of files) writeFileSync(join(path, file), "");
  const hours = (count: number) => new Date(Date.now() - count * 60 * 60 * 1000);
  if (age === "old") utimesSync(path, hours(2), hours(2));
}

it("the folders that killed runs left are taken away, and none that may be in use or somebody else's", () => {
  folder("sr-killed", "old");
  folder("sr-asking", "old", "askpass");
  folder("sr-begins", "new");
  folder("sr-stands", "old", "c");
  folder("sr-others-own", "old");
  symlinkSync(join(parent, "sr-others-own"), join(parent, "sr-a-link"));
  const made = controlFolder();
  expect(statSync(made).mode & 0o777).toBe(0o700);
  expect(readdirSync(parent).sort()).toEqual(
    ["sr-a-link", "sr-begins", "sr-others-own", "sr-stands", basename(made)].sort(),
  );
});
