/** What a text as a whole is to us: what it is to Ansible, or it is refused at its line and column. */
import { describe, expect, it } from "vitest";
import { read, refusal } from "./read.ts";

describe("a merge key", () => {
  it.each([
    [
      "gives what isn't written, in front",
      "b: 0\n<<: {a: 1, b: 2}\nc: 3",
      [
        ["a", 1],
        ["b", 0],
        ["c", 3],
      ],
    ],
    [
      "takes of a list the first",
      "<<: [{a: 1}, {a: 2, b: 3}]",
      [
        ["a", 1],
        ["b", 3],
      ],
    ],
    [
      "may be there several times: then the last wins",
      "<<: {a: 1}\n<<: {a: 2, b: 3}",
      [
        ["a", 2],
        ["b", 3],
      ],
    ],
    [
      "merges what was merged",
      "x: &x {<<: {a: 1}, b: 2}\n<<: *x",
      [
        ["a", 1],
        ["b", 2],
        ["x", { a: 1, b: 2 }],
      ],
    ],
    [
      "merges an anchored list",
      "x: &x [{a: 1}, {a: 2}]\n<<: *x",
      [
        ["a", 1],
        ["x", [{ a: 1 }, { a: 2 }]],
      ],
    ],
    ["in quotes is a key", '"<<": {a: 1}', [["<<", { a: 1 }]]],
  ])("%s", (_, text, entries) => {
    expect(Object.entries(Object(read(text)))).toEqual(entries);
  });

  it.each(["<<: 5", "<<:", "<<: [5]", "<<: [[{a: 1}]]", "x: &x 5\n<<: *x"])("of %j is refused", (text) => {
    expect(refusal(text)).toMatch(/^\d:\d: <<: expected a mapping, or a list of mappings, to be merged$/);
  });
});

it("what is anchored is one value for all its aliases", () => {
  expect(read("- &a {x: [1, &b 2]}\n- *a\n- *b")).toEqual([{ x: [1, 2] }, { x: [1, 2] }, 2]);
  expect(read("&k on_: 1\nl: *k")).toEqual({ on_: 1, l: "on_" });
});

it.each([
  ["on: push", "1:1: the key on is the truth value true to Ansible"],
  ["a:\n  no: x", "2:3: the key no is the truth value false to Ansible"],
  ["{22:30: x}", "1:2: the key 22:30 is 1350 to Ansible"],
  ["0755: x", "1:1: the key 0755 is 493 to Ansible"],
  ["1.50: x", "1:1: the key 1.50 is 1.5 to Ansible"],
  ["~: x", "1:1: the key ~ is nothing to Ansible (null)"],
  [": x", "1:1: there is no key before the colon"],
  [
    "0xFFFFFFFFFFFFFFFF: x",
    "1:1: the key 0xFFFFFFFFFFFFFFFF is a number or a date to Ansible, which writes it in another form",
  ],
  ["[a]: x", "1:1: expected a name as the key"],
  ["a: &a b\n*a : x", "2:1: expected a name as the key"],
  ["1: x\n'1': y", '2:1: the key "1" is written twice'],
  ["- &a 1\n- &a 2", '2:6: the anchor "&a" is written twice'],
  ["- &y:4", "1:7: an anchor is made of letters of ASCII, digits, _ and -"],
  ["- *a", '1:3: there is no anchor "&a" before it'],
  ["- &a [*a]", '1:7: "*a" stands for what it is a part of'],
  ["a: ! 12", '1:6: the tag "!" is not supported'],
  ["a: !!set {x}", "1:4: the tag !!set is not supported for such a value"],
  ["a: !!binary aGk=", "1:4: the tag !!binary is not supported for such a value"],
  ["a: !!float 3", "1:4: the tag !!float is not supported for such a value"],
  ["a: !mine x", "1:4: the tag !mine is not supported for such a value"],
  ["%YAML 1.2\n---\na: !!set {x}", "3:4: the tag !!set is not supported for such a value"],
  ["a: - 1", "1:4: a list can't begin on its key's line"],
  ["a: 1\n---\nb: 2", "2:1: a second document begins here"],
  ["a: x\u2028y", "1:5: the character U+2028 can't stand in YAML as it is"],
  ["a: x\u0085y", "1:5: the character U+0085 can't stand in YAML as it is"],
  ["a: 1\n# \u001b[1m", "2:3: the character U+001B can't stand in YAML as it is"],
  ["a: 1\rb: 2", "1:5: the character U+000D can't stand in YAML as it is"],
])("%j is refused", (text, message) => {
  if (typeof message === "string") expect(refusal(text)).toBe(message);
  else expect(refusal(text)).toMatch(message);
});

it.each([
  ["80: http\n443: https", { 80: "http", 443: "https" }],
  ["y: 1\nn: 2", { y: 1, n: 2 }],
  ["'on': 1\n\"22:30\": 2", { on: 1, "22:30": 2 }],
  [
    "2024-01-02: 1\n1.5: 2\n12345678901234567890: 3",
    { "2024-01-02": 1, "1.5": 2, "12345678901234567890": 3 },
  ],
  ["__proto__: {x: 1}", JSON.parse('{"__proto__": {"x": 1}}')],
  ["%YAML 1.2\n---\na: [0o17, yes, 010]", { a: ["0o17", true, 8] }],
  ["\uFEFFa: 1\r\nb: 2\r\n", { a: 1, b: 2 }],
  ['{"a": "\\u2028\u2028", "b": "\\/"}', { a: "\u2028\u2028", b: "/" }],
  ['{\n\t"a": [1,\n\t\t2]\n}', { a: [1, 2] }],
  ["a: !unsafe 08:30\nb: !unsafe yes", { a: "08:30", b: "yes" }],
  ["", null],
])("%j is read", (text, value) => {
  expect(read(text)).toEqual(value);
});
