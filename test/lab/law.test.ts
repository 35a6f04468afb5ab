/** The law itself: what it finds wrong in modules that break it, and a sample of those that keep it. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileFacts } from "../../src/facts/file-effects.ts";
import { inventory } from "../../src/inventory/index.ts";
import { change, defineFact, defineModule, sh, Type } from "../../src/kit/index.ts";
import {
  type Case,
  cases,
  holdToLaw,
  isCases,
  type LawReport,
  type LawTarget,
} from "../../src/testing/index.ts";
import { connector } from "../../src/transport/connect.ts";
import { testLab } from "./support.ts";

const lab = testLab("srlaw", 128, ["one"]);
beforeAll(() => lab.up(), 300_000);
afterAll(() => lab.down(), 60_000);

/** Whether a file holds a word, which is all that the modules below are about. */
const word = defineFact<string, string>({
  name: "law.word",
  restsOn: (path) => [path],
  script: (paths) => sh`for path in ${paths}; do cat "$path" 2>/dev/null || echo; done`,
  parse(stdout, paths) {
    const lines = stdout.toString().split("\n");
    return new Map(paths.map((path, index) => [path, lines[index] ?? ""]));
  },
});

type Way = "well" | "otherwise" | "twice" | "silently" | "by halves" | "blindly";

/** Writes a word into a file, in one of several ways, most of which break the law. */
const write = defineModule({
  name: "write",
  summary: "Writes a word.",
  params: { path: Type.String(), word: Type.String(), way: Type.Unsafe<Way>(Type.String()) },
  async *plan(host, { path, word: wanted, way }) {
    const before = await host.fact(word, path);
    if (before === wanted && way !== "twice") return;
    const script = {
      well: sh`t=$(mktemp -d) && echo ${wanted} >"$t/new" && mv -T -- "$t/new" ${path}`,
      otherwise: sh`echo other >${path}`,
      twice: sh`echo ${wanted} >${path}`,
      silently: sh`echo ${wanted} >${path}; echo ${wanted} >${`${path}.too`}`,
      "by halves": sh`grep -qs half ${path} && exit 1; echo half >${path}; sleep 0; echo ${wanted} >${path}`,
      blindly: sh`touch ${path}; sleep 0.05; chown nobody ${path}; echo ${wanted} >${path}`,
    }[way];
    yield change({
      what: "word",
      before: way === "otherwise" ? Math.random() : before,
      after: wanted,
      script,
      sets: [word.is(path, wanted)],
      touches: fileFacts(path),
    });
  },
});

type Params = Parameters<typeof write>[0];

function held(way: Way, more: Partial<Case<Params>> = {}, path = "/srv/word"): Promise<LawReport> {
  const one: Case<Params> = {
    name: way,
    params: { path, word: "hello", way },
    start: "",
    changes: ["word"],
    end: word.is(path, "hello"),
    ...more,
  };
  const reset = "userdel -rf mallory; rm -rf /srv/word* /home/mallory";
  return holdToLaw({ cases: [cases(write, [one], { reset })], hosts: [target()] });
}

function target(): LawTarget {
  const [{ name, address } = { name: "one", address: "" }] = lab.spec.hosts;
  return {
    name,
    inventory: inventory({ hosts: { [name]: { address } } }),
    access: { connect: connector("ssh", lab.settings(name)) },
  };
}

const wrong = ({ failures }: LawReport) =>
  failures.map(({ article, problems }) => `${article}: ${problems.join("; ")}`);

describe("a case", () => {
  it("counts in every column that it is held to", async () => {
    const { rows, failures } = await held("well");
    expect(failures).toEqual([]);
    const counts = rows[0]?.counts.map(({ passed }) => passed);
    // pure, predicts, applies, idempotent, facts, interrupted, hostile
    expect(counts).toEqual([0, 1, 1, 1, 1, 3, 0]);
  });

  it("fails where a check says other changes than are made", async () => {
    expect(wrong(await held("otherwise", { end: [] }))[0]).toMatch(/^applies: /);
    expect(wrong(await held("well", { changes: ["words"] }))).toEqual([
      "predicts: expected words, got word",
      "applies: expected words, got word",
    ]);
  });

  it("fails where the end is not as it says", async () => {
    const end = [word.is("/srv/word", "hello"), "test -s /srv/word", "grep -q hullo /srv/word"];
    expect(wrong(await held("well", { end }))).toEqual([
      expect.stringContaining("+ grep -q hullo /srv/word"),
    ]);
  });

  it("fails where the task finds something to do a second time, unless it always acts", async () => {
    expect(wrong(await held("twice"))).toEqual([
      expect.stringMatching(/^idempotent: applied again: expected no change, got word; checked again/),
      expect.stringContaining("interrupted: killed at step 1 and run again: expected no change, got word"),
    ]);
    expect(wrong(await held("twice", { again: ["word"] }))).toEqual([]);
  });

  it("fails where a change alters what it does not name", async () => {
    expect(wrong(await held("silently"))).toEqual([
      expect.stringMatching(/^facts: .*\/srv\/word\.too was altered, and the run goes by what it was/),
    ]);
  });

  it("fails where a run that was killed can't be taken up again", async () => {
    const found = wrong(await held("by halves"));
    expect(found.join("\n")).toMatch(/interrupted: killed at step 2 and run again/);
  });

  it("fails where a user steers root by the names in a directory", async () => {
    const start = "useradd -m mallory; su mallory -c 'mkdir /home/mallory/w'";
    const found = wrong(await held("blindly", { start }, "/home/mallory/w/word"));
    expect(found).toEqual([
      expect.stringMatching(/^hostile: mallory had root alter it: \/etc\/showrunner-law/),
    ]);
  });

  it("fails where its start state can't be made, and says why", async () => {
    expect(wrong(await held("well", { start: "echo oh dear >&2\nfalse" }))).toEqual([
      expect.stringMatching(/applies: its start ended with status 1: .*oh dear/),
    ]);
  });
});

describe("a sample of our modules", () => {
  // all of their cases are held by `npm run law`
  const folder = join(import.meta.dirname, "../law");
  const files = readdirSync(folder).filter((name) => name.endsWith(".cases.ts"));
  // what they install takes its time
  const slow = ["acme.cases.ts", "apt.cases.ts", "mysql-user.cases.ts"];

  it.each(files.filter((name) => !slow.includes(name)))(
    "%s: the first case that changes something holds",
    async (name) => {
      const { default: found }: { default?: unknown } = await import(join(folder, name));
      if (!isCases(found)) throw new Error(`${name} has no cases as its default export`);
      const first = found.list.find(({ start, changes }) => start !== undefined && changes.length > 0);
      const { failures } = await holdToLaw({
        cases: [found],
        hosts: [target()],
        only: (one) => one === first,
        interruptions: 1,
        attacks: 1,
      });
      expect(failures).toEqual([]);
    },
  );
});
