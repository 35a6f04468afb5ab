import { describe, expect, it } from "vitest";
import { lineInText, lineOutOfText, type PresentLine } from "../../../src/modules/files/edit-line.ts";

const cases: readonly [what: string, text: string, wanted: PresentLine, expected: string][] = [
  ["is added at the end", "a\nb\n", { line: "c" }, "a\nb\nc\n"],
  ["is added to nothing", "", { line: "c" }, "c\n"],
  ["is added after a last line that has no end", "a", { line: "c" }, "a\nc\n"],
  ["is left alone where it is", "a\nc\nb\n", { line: "c" }, "a\nc\nb\n"],
  ["is left alone as a last line without an end", "a\nc", { line: "c" }, "a\nc"],
  [
    "replaces the last line that matches",
    "a=1\nb\na=2\nc\n",
    { line: "a=3", regexp: /^a=/ },
    "a=1\nb\na=3\nc\n",
  ],
  [
    "replaces the first line that matches",
    "a=1\nb\na=2\n",
    { line: "a=3", regexp: /^a=/, firstmatch: true },
    "a=3\nb\na=2\n",
  ],
  ["replaces a commented line", "#Port 22\n", { line: "Port 2222", regexp: /^#?Port/ }, "Port 2222\n"],
  ["is not added where it is, though nothing matches", "new\n", { line: "new", regexp: /^old/ }, "new\n"],
  ["is added where nothing matches", "a\n", { line: "new", regexp: /^old/ }, "a\nnew\n"],
  ["is inserted after the last match", "x1\nx2\ny\n", { line: "n", insertafter: /^x/ }, "x1\nx2\nn\ny\n"],
  [
    "is inserted after the first match",
    "x1\nx2\ny\n",
    { line: "n", insertafter: /^x/, firstmatch: true },
    "x1\nn\nx2\ny\n",
  ],
  ["is inserted before the last match", "x1\nx2\n", { line: "n", insertbefore: /^x/ }, "x1\nn\nx2\n"],
  [
    "is inserted before the first match",
    "x1\nx2\n",
    { line: "n", insertbefore: /^x/, firstmatch: true },
    "n\nx1\nx2\n",
  ],
  ["is inserted after a last line that matches", "a\nx", { line: "n", insertafter: /^x/ }, "a\nx\nn\n"],
  ["goes to the end where insertafter matches nothing", "a\n", { line: "n", insertafter: /^x/ }, "a\nn\n"],
  ["goes to the end where insertbefore matches nothing", "a\n", { line: "n", insertbefore: /^x/ }, "a\nn\n"],
  ["goes to the beginning", "a\n", { line: "n", insertbefore: "BOF" }, "n\na\n"],
  ["goes to the end", "a\n", { line: "n", insertafter: "EOF" }, "a\nn\n"],
  [
    "is replaced where regexp matches, whatever insertafter says",
    "a=1\nx\n",
    { line: "a=2", regexp: /^a/, insertafter: /^x/ },
    "a=2\nx\n",
  ],
  [
    "is made of the groups",
    "PATH=/bin\n",
    { line: "PATH=\\1:/opt", regexp: /^PATH=(\/bin)$/, backrefs: true },
    "PATH=/bin:/opt\n",
  ],
  [
    "is made of named groups",
    "a b\n",
    { line: "\\g<y> \\g<1>", regexp: /^(?<x>a) (?<y>b)$/, backrefs: true },
    "b a\n",
  ],
  [
    "is not made where the groups match nothing",
    "x\n",
    { line: "\\1", regexp: /^(a)/, backrefs: true },
    "x\n",
  ],
  [
    "takes a group that took no part as empty",
    "a\n",
    { line: "[\\1\\2]", regexp: /^(a)|(b)/, backrefs: true },
    "[a]\n",
  ],
  ["keeps a backslash without backrefs", "a\n", { line: "\\1", regexp: /^a/ }, "\\1\n"],
  ["keeps dollar signs", "a\n", { line: "$& $1 $$", regexp: /^a/ }, "$& $1 $$\n"],
  ["keeps the file's carriage returns", "a=1\r\nb\r\n", { line: "a=2", regexp: /^a=/ }, "a=2\r\nb\r\n"],
  ["is added with the file's carriage returns", "a\r\n", { line: "b" }, "a\r\nb\r\n"],
  ["may be empty", "a\n", { line: "", insertbefore: "BOF" }, "\na\n"],
  ["is matched to its end without the newline", "ab\n", { line: "x", regexp: /^ab$/ }, "x\n"],
  ["keeps empty lines", "\n\na\n\n", { line: "b" }, "\n\na\n\nb\n"],
];

describe("the line", () => {
  for (const [what, text, wanted, expected] of cases)
    it(what, () => {
      expect(lineInText(text, wanted)).toBe(expected);
    });
});

const removals: readonly [
  what: string,
  text: string,
  by: { line?: string; regexp?: RegExp },
  expected: string,
][] = [
  ["all lines that match", "a1\nb\na2\n", { regexp: /^a/ }, "b\n"],
  ["all lines that are the line", "a\nb\na\naa\n", { line: "a" }, "b\naa\n"],
  ["a last line without an end", "a\nb", { line: "b" }, "a\n"],
  ["nothing where nothing matches", "a\n", { regexp: /x/ }, "a\n"],
  ["lines with carriage returns", "a\r\nb\r\n", { line: "a" }, "b\r\n"],
];

describe("removing a line removes", () => {
  for (const [what, text, by, expected] of removals)
    it(what, () => {
      expect(lineOutOfText(text, by)).toBe(expected);
    });
});
