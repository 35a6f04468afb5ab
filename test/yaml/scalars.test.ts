/** Scalars are to us what they are to Ansible, by a table that its loader made; or they are refused. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { read, refusal } from "./read.ts";

type Row = [text: string, type: string, python: string, keyType: string, keyInPython: string];

const table: { from: string; rows: Row[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, "scalars-pyyaml.json"), "utf8"),
);
/** Python's values that are refused here, and that alone. */
const refused = Symbol("refused");

/** What a value of Python's must be here: the same, and written the same; else it must be refused. */
function wanted(text: string, type: string, python: string): unknown {
  if (type === "str") return python;
  if (type === "NoneType") return null;
  if (type === "bool") return python === "True";
  if (type === "int") return Number.isSafeInteger(Number(python)) ? Number(python) : refused;
  if (type === "float") return String(Number(python)) === python ? Number(python) : refused;
  return type.startsWith("date") && text === python ? text : refused;
}

/** A key is a text: what is none to Python must be written just so, and must not be one of its words. */
function wantedKey(text: string, type: string, python: string): unknown {
  const isAlike = type === "str" || (/^(?:int|float|date)/.test(type) && text === python);
  return isAlike ? python : refused;
}

function found(text: string): unknown {
  return refusal(text) === undefined ? read(text) : refused;
}

const isTagged = ([text]: Row) => text.startsWith("!");
const isNoKey = ([text]: Row) => text.includes(" #") || text.startsWith("- ");
const rows = table.rows.filter((row) => !isTagged(row));

describe(`of the scalars of ${table.from},`, () => {
  it.each(rows)("%j is what it is there", (text, type, python) => {
    const expected = wanted(text, type, python);
    expect(found(`v: ${text}\n`)).toEqual(expected === refused ? refused : { v: expected });
  });

  it.each(rows.filter((row) => !isNoKey(row)))(
    "%j is the key that it is there",
    (text, _, __, type, python) => {
      const expected = wantedKey(text, type, python);
      expect(found(`${text}: v\n`)).toEqual(expected === refused ? refused : { [String(expected)]: "v" });
    },
  );

  it.each(table.rows.filter(isTagged))("%j is what it is there, or is refused", (text, type, python) => {
    const bare = text.replace(/^!\S* /, "").replaceAll("'", "");
    const expected = wanted(bare, type, python);
    expect([refused, expected === refused ? refused : { v: expected }]).toContainEqual(found(`v: ${text}\n`));
  });

  it("the table is what the PyYAML of this machine says, where there is one of that version", ({ skip }) => {
    const python = spawnSync("python3", [join(import.meta.dirname, "pyyaml.py")], {
      input: JSON.stringify(table.rows.map(([text]) => text)),
      encoding: "utf8",
    });
    if (python.status !== 0) return skip("there is no PyYAML");
    const here: typeof table = JSON.parse(python.stdout);
    if (here.from !== table.from) return skip(`there is ${here.from}`);
    expect(here.rows).toEqual(table.rows);
  });
});

describe("a text that is JSON is read by JSON's rules, as Ansible does it:", () => {
  it("numbers may have an exponent without a sign", () => {
    expect(read('{"a": 15e-1, "b": 1.5E0, "c": "1e3"}')).toEqual({ a: 1.5, b: 1.5, c: "1e3" });
    expect(read('{"a": 15e-1, "b": "x",}')).toEqual({ a: "15e-1", b: "x" });
    expect(refusal('{"a": 1e3}')).toBe(
      "1:7: Ansible writes this number with .0 at its end, here it would be written without",
    );
  });

  it("and integers that would be rounded are refused in it, too", () => {
    expect(refusal('{\n  "a": [9007199254740993]\n}')).toMatch(/^2:9: an integer beyond 9007199254740991/);
  });
});
