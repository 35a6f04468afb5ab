import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openJournal } from "../../src/core/journal.ts";

const base = mkdtempSync(join(tmpdir(), "showrunner-journal-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const time = new Date("2026-01-31T12:05:09Z");
const event = { type: "play:end", play: "x", time: 1 } as const;

it("has every event as soon as it came, for its owner's eyes only", () => {
  const folder = join(base, "private", "runs");
  const journal = openJournal(folder, "site", time);
  journal.subscribe(event);
  const file = join(folder, "2026-01-31T12-05-09-site.jsonl");
  expect(journal.file).toBe(file);
  expect(readFileSync(file, "utf8")).toBe(`${JSON.stringify(event)}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  journal.close();
  journal.close();
});

it("leaves no file of a run that never began", () => {
  const folder = join(base, "none");
  openJournal(folder, "site", time).close();
  expect(() => readdirSync(folder)).toThrow("ENOENT");
});

it("keeps runs of the same second apart, and a strange name inside its folder", () => {
  const folder = join(base, "twice");
  for (let i = 0; i < 2; i++) {
    const journal = openJournal(folder, "../a b", time);
    journal.subscribe(event);
    journal.close();
  }
  expect(readdirSync(folder).sort()).toEqual([
    "2026-01-31T12-05-09-.._a_b-2.jsonl",
    "2026-01-31T12-05-09-.._a_b.jsonl",
  ]);
});
