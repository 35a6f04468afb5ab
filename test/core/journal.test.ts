import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { secret } from "../../src/base/secret.ts";
import type { TimedEvent } from "../../src/core/events/events.ts";
import { openJournal } from "../../src/core/events/journal.ts";
import { bounded } from "../../src/core/events/journal-bounds.ts";
import { eventsOf, keptRuns, overviewOf, pruneRuns } from "../../src/core/events/journals.ts";
import { play } from "../../src/core/plays/play.ts";
import { at, end, ended, start, task } from "../report/events.ts";
import { FakeSwitches, print, runOn } from "./harness.ts";

const base = mkdtempSync(join(tmpdir(), "showrunner-journal-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const time = new Date("2026-01-31T12:05:09.123Z");
const event = { type: "play:end", play: "x", time: 1 } as const;

function journalOf(folder: string, events: readonly TimedEvent[], begin = time): string {
  const journal = openJournal(folder, "site", begin);
  for (const one of events) journal.subscribe(one);
  const { file = "" } = journal;
  journal.close();
  return file;
}

describe("a journal", () => {
  it("has every event as soon as it came, for its owner's eyes only", () => {
    const folder = join(base, "private", "runs");
    const journal = openJournal(folder, "site", time);
    journal.subscribe(event);
    const file = join(folder, "2026-01-31T12-05-09-123-site.jsonl");
    expect(journal.file).toBe(file);
    expect(readFileSync(file, "utf8")).toBe(`${JSON.stringify(event)}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    journal.close();
    journal.close();
  });

  it("has what tells of nothing done by the end of the turn, or with the next event that tells of something", async () => {
    const journal = openJournal(join(base, "quiet"), "site", time);
    const shown = task("apt", "curl");
    const begun = at({ type: "task:start", host: "a", step: "s", task: shown });
    const ok = at(ended("a", shown));
    const types = () =>
      readFileSync(journal.file ?? "", "utf8")
        .trim()
        .split("\n")
        .map((line): unknown => JSON.parse(line).type);
    journal.subscribe(event);
    journal.subscribe(begun);
    journal.subscribe(ok);
    expect(types()).toEqual(["play:end"]);
    await new Promise(setImmediate);
    expect(types()).toEqual(["play:end", "task:start", "task:end"]);
    journal.subscribe(begun);
    journal.subscribe(event);
    expect(types()).toEqual(["play:end", "task:start", "task:end", "task:start", "play:end"]);
    journal.close();
  });

  it("leaves no file of a run that never began", () => {
    const folder = join(base, "none");
    openJournal(folder, "site", time).close();
    expect(() => readdirSync(folder)).toThrow("ENOENT");
  });

  it("keeps runs of the same moment apart and in order, and a strange name inside its folder", () => {
    const folder = join(base, "twice");
    for (let i = 0; i < 2; i++) {
      const journal = openJournal(folder, "../a b", time);
      journal.subscribe(event);
      journal.close();
    }
    expect(readdirSync(folder).sort()).toEqual([
      "2026-01-31T12-05-09-123-.._a_b.jsonl",
      "2026-01-31T12-05-09-124-.._a_b.jsonl",
    ]);
  });

  it("never holds a secret: not from a task's title, a command's output, a diff or an error", async () => {
    const password = "open-sesame-4711";
    secret(password);
    const folder = join(base, "secret");
    const journal = openJournal(folder, "site", time);
    const host = new FakeSwitches();
    host.failOn = /again/;
    const steps = {
      work: async () => {
        await print({ text: password });
        await print({ text: `${password} again` });
      },
    };
    await runOn({ h: host }, [play("p", { hosts: "all" }, steps)], { subscribers: [journal.subscribe] });
    journal.close();
    const [run] = keptRuns(folder);
    const text = readFileSync(run?.file ?? "", "utf8");
    expect(text).toContain('"run:end"');
    expect(text).toContain("********");
    expect(text).not.toContain(password);
    expect(text).not.toContain(Buffer.from(password).toString("base64"));
  });
});

describe("a journal that can't be written", () => {
  it("is named by a warning, and the run goes on", async () => {
    const folder = join(base, "no-folder");
    writeFileSync(folder, "");
    const { subscribe } = openJournal(folder, "site", time);
    const texts: string[] = [];
    const { exitCode } = await runOn(
      { a: new FakeSwitches() },
      [play("p", { hosts: "all" }, { one: () => print({ text: "x" }) })],
      { subscribers: [subscribe, (event) => event.type === "warning" && texts.push(event.text)] },
    );
    expect(exitCode).toBe(0);
    expect(texts).toEqual([
      expect.stringMatching(
        `^the run's journal in ${folder} can't be written, and keeps nothing from here on: EEXIST`,
      ),
    ]);
  });
});

describe("what is cut", () => {
  const many = Array.from({ length: 20_000 }, (_, line) => `line ${line}`);

  it("of a small event is nothing", () => {
    const small = at(
      ended("h", task("copy", "/x"), { changes: [{ what: "mode", before: "0600", after: "0644" }] }),
    );
    expect(bounded(small)).toEqual(small);
  });

  it("of a large diff is all but what differs and a few lines around it", () => {
    const after = many.with(10_000, "another line");
    const diff = { path: "/x", before: many.join("\n"), after: after.join("\n") };
    const cut = bounded(at(ended("h", task("copy", "/x"), { changes: [{ what: "content", diff }] })));
    expect(cut).toMatchObject({
      changes: [
        {
          diff: {
            before:
              "… 9997 lines that stay\nline 9997\nline 9998\nline 9999\nline 10000\nline 10001\nline 10002\nline 10003\n… 9996 lines that stay",
            after: expect.stringContaining("line 9999\nanother line\nline 10001"),
          },
        },
      ],
    });
  });

  it.each([
    { what: "a new large file", diff: { path: "/x", before: "", after: many.join("\n") } },
    {
      what: "a large file of one line",
      diff: { path: "/x", before: "x".repeat(100_000), after: "y".repeat(100_000) },
    },
    { what: "a large value", before: many, after: "x".repeat(100_000) },
  ])("of $what is what goes beyond a bound", (change) => {
    const cut = bounded(at(ended("h", task("copy", "/x"), { changes: [change] })));
    expect(JSON.stringify(cut).length).toBeLessThan(70_000);
    expect(JSON.stringify(cut)).toContain("characters left out");
  });

  it("of endless output is what comes after the first megabytes, which is said once", () => {
    const output = at({
      type: "task:output",
      host: "h",
      task: 1,
      stream: "stdout",
      text: "x".repeat(1_000_000),
    });
    const file = journalOf(join(base, "chatty"), [...Array.from({ length: 4_000 }, () => output), event]);
    expect(statSync(file).size).toBeLessThan(9 * 1024 * 1024);
    const text = readFileSync(file, "utf8");
    expect(text.match(/their output is left out/g)).toHaveLength(1);
    expect(text).toContain('"play:end"');
  });
});

describe("the runs that are kept", () => {
  it("are listed from the newest, with how they began and ended; a killed one has no end", () => {
    const folder = join(base, "kept");
    const events = [...start(["h"]), end({ h: { changed: 2 } }, 2)].map((one) => at(one));
    journalOf(folder, events);
    const killed = journalOf(folder, events, new Date(time.getTime() + 5_000));
    truncateSync(killed, statSync(killed).size - 20);
    writeFileSync(join(folder, "notes.txt"), "not a journal");
    const [newest, oldest, ...others] = keptRuns(folder);
    expect(others).toEqual([]);
    if (!newest || !oldest) throw new Error("there should be two");
    expect(overviewOf(newest)).toMatchObject({ began: 1000, start: { playbook: "site" }, end: undefined });
    expect(overviewOf(oldest)).toMatchObject({ end: { exitCode: 2, totals: { changed: 2 } } });
    expect(eventsOf(newest).map(({ type }) => type)).toEqual(["run:start", "play:start", "step:start"]);
    expect(eventsOf(oldest)).toEqual(events);
  });

  it("are none where nothing ever ran, and an empty journal is a run that did not end", () => {
    expect(keptRuns(join(base, "nowhere"))).toEqual([]);
    const file = join(base, "empty-2026.jsonl");
    writeFileSync(file, "");
    expect(overviewOf({ id: "x", file })).toMatchObject({ start: undefined, end: undefined });
  });

  function filled(name: string, count: number, size: number, ageInDays: (index: number) => number): string {
    const folder = join(base, name);
    mkdirSync(folder);
    for (let index = 0; index < count; index++) {
      const file = join(folder, `2026-01-${String(index + 1).padStart(2, "0")}T00-00-00-000-site.jsonl`);
      writeFileSync(file, "");
      truncateSync(file, size);
      const written = new Date(time.getTime() - ageInDays(index) * 24 * 60 * 60 * 1000);
      utimesSync(file, written, written);
    }
    return folder;
  }

  it("that can't be read are refused with the folder, or the journal, by name", () => {
    const folder = join(base, "not-a-folder");
    writeFileSync(folder, "");
    const problem = (body: () => unknown) => {
      try {
        body();
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(problem(() => keptRuns(folder))).toMatchObject({
      code: "file.missing",
      message: expect.stringMatching(`^the runs that are kept can't be read: ENOTDIR.*${folder}`),
      hint: expect.stringContaining(folder),
    });
    const gone = { id: "x", file: join(base, "gone.jsonl") };
    for (const read of [overviewOf, eventsOf])
      expect(problem(() => read(gone))).toMatchObject({
        code: "file.missing",
        message: expect.stringMatching(`^the journal of a run can't be read: ENOENT.*${gone.file}`),
      });
  });

  it("go after 30 days, but for the newest 10", () => {
    const old = filled("old", 14, 10, () => 31);
    pruneRuns(old, time.getTime());
    expect(keptRuns(old)).toHaveLength(10);
    expect(keptRuns(old).at(-1)?.id).toBe("2026-01-05T00-00-00-000-site");
    const mixed = filled("mixed", 14, 10, (index) => (index < 2 ? 31 : 1));
    pruneRuns(mixed, time.getTime());
    expect(keptRuns(mixed)).toHaveLength(12);
  });

  it("go from the oldest beyond 100 MB together, but for the newest 10", () => {
    const megabyte = 1024 * 1024;
    const large = filled("large", 14, 9 * megabyte, () => 1);
    pruneRuns(large, time.getTime());
    expect(keptRuns(large)).toHaveLength(11);
    const huge = filled("huge", 14, 50 * megabyte, () => 1);
    pruneRuns(huge, time.getTime());
    expect(keptRuns(huge)).toHaveLength(10);
  });
});
