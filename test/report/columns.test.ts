/** Rows of cells, in whatever width there is. */
import { describe, expect, it } from "vitest";
import { inColumns } from "../../src/report/columns.ts";

const rows = [
  ["control", "what it asks", "why"],
  ["os-02", "only root can read the file", ""],
  ["ssh", "no", "a reason that is long enough to be parted into lines"],
];

describe("rows", () => {
  it("stand below each other, as wide as they are where there is room", () => {
    expect(
      inColumns([
        ["a", "bcd", "e"],
        ["abc", "", "f"],
      ]),
    ).toEqual(["a    bcd  e", "abc       f"]);
  });

  it("fit into a width: long cells go on below, at the ends of words", () => {
    const lines = inColumns(rows, 50);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(50);
    expect(lines.slice(0, 3)).toEqual([
      "control  what it asks         why",
      "os-02    only root can read",
      "         the file",
    ]);
    expect(lines.join(" ").replaceAll(/\s+/g, " ")).toContain("a reason that is long");
  });

  it("cut a word that is wider than its column", () => {
    expect(inColumns([["x".repeat(25), "y"]], 13)).toEqual([
      `${"x".repeat(10)}  y`,
      "x".repeat(10),
      "x".repeat(5),
    ]);
  });

  it("may have fewer cells than others, or none", () => {
    expect(inColumns([["a", "b"], ["c"], []])).toEqual(["a  b", "c", ""]);
    expect(inColumns([])).toEqual([]);
  });

  it("are laid out in linear time, however many and wide they are", () => {
    const started = performance.now();
    inColumns(
      Array.from({ length: 200_000 }, (_, index) => [`${index}`, "b"]),
      80,
    );
    inColumns([["x ".repeat(500_000), "y".repeat(500_000)]], 80);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it("cost no more than their own cells: neither another row's number of cells nor one long cell fills them up", () => {
    const rows = Array.from({ length: 999 }, () => ["a", "b"]);
    const before = process.cpuUsage();
    inColumns([...rows, Array.from({ length: 65_536 }, () => "")]);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000_000).toBeLessThan(2);
    const [first = ""] = inColumns([...rows, ["x".repeat(65_536), "y"]]);
    expect(first.length).toBeLessThan(300);
  });
});
