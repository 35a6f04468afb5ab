import { describe, expect, it } from "vitest";
import { type Block, blockInText } from "../../../src/modules/files/edit-block.ts";

const marks = { begin: "<", end: ">" };
const cases: readonly [what: string, text: string, wanted: Partial<Block>, expected: string][] = [
  ["is added at the end", "a\n", {}, "a\n<\nx\ny\n>\n"],
  ["is added to nothing", "", {}, "<\nx\ny\n>\n"],
  ["is added after a last line that has no end", "a", {}, "a\n<\nx\ny\n>\n"],
  ["is left alone where it is", "a\n<\nx\ny\n>\nb\n", {}, "a\n<\nx\ny\n>\nb\n"],
  ["is replaced where it stands", "a\n<\nz\n>\nb\n", {}, "a\n<\nx\ny\n>\nb\n"],
  ["is there once", "<\nz\n>\na\n<\nx\ny\n>\n", {}, "<\nx\ny\n>\na\n"],
  ["ends its lines as the file does", "a\r\n<\r\nz\r\n>\r\n", {}, "a\r\n<\r\nx\r\ny\r\n>\r\n"],
  [
    "takes nothing with it that stands behind a mark whose other one is gone",
    "<\na\nb\n",
    {},
    "<\nx\ny\n>\na\nb\n",
  ],
  ["does so, too, where the end alone is there", "a\n>\nb\n", {}, "a\n<\nx\ny\n>\nb\n"],
  ["begins at the last of several beginnings", "<\na\n<\nz\n>\nb\n", {}, "<\nx\ny\n>\na\nb\n"],
  ["takes the place of lines", "x\nz\nz1\n", { replaces: /^[xz]$/ }, "z1\n<\nx\ny\n>\n"],
  ["leaves with its marks", "a\n<\nx\n>\nb", { lines: [] }, "a\nb"],
  ["is not there, and leaves nothing changed", "a\nb", { lines: [] }, "a\nb"],
];

describe("a block", () => {
  it.each(cases)("%s", (_, text, wanted, expected) => {
    const block = { ...marks, lines: ["x", "y"], ...wanted };
    expect(blockInText(text, block)).toBe(expected);
    expect(blockInText(expected, block)).toBe(expected);
  });

  it("is put into a file of beginnings alone in time that grows with the file", () => {
    const block = { ...marks, lines: ["x"] };
    expect(blockInText("<\n".repeat(400_000), block)).toBe("<\nx\n>\n");
  });
});
