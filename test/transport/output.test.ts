import { describe, expect, it } from "vitest";
import { LineSplitter } from "../../src/base/lines.ts";
import { Secret } from "../../src/base/secret.ts";
import { parseGrants } from "../../src/facts/mysql/grants.ts";
import { errantGtids, parseGtids, purgedGtids } from "../../src/facts/mysql/gtid.ts";
import { parseResultSets } from "../../src/facts/mysql/result-sets.ts";
import { MarkerReader } from "../../src/transport/frames.ts";
import { Kept, keptOutput, lastLines, shownOutput } from "../../src/transport/output.ts";

/** What came in such pieces, with a limit. */
function kept(pieces: readonly string[], limit: number): Kept {
  const all = new Kept(limit);
  for (const piece of pieces) all.push(Buffer.from(piece));
  return all;
}

describe("what is kept of an answer", () => {
  it("is all of it up to the limit, however small its pieces are", () => {
    const pieces = Array.from({ length: 1000 }, (_, at) => String(at % 10));
    expect(kept(pieces, 1000).all("standard output").toString()).toBe(pieces.join(""));
  });

  it("can't be taken for the whole where more came, and says how much", () => {
    const output = keptOutput(kept(["x".repeat(3000)], 2048), kept(["no\n"], 2048), 1);
    expect(() => output.stdout).toThrow(
      "it printed 2.9 KiB on its standard output, of which 2 KiB at most can be read",
    );
    expect(output.stderr.toString()).toBe("no\n");
  });

  it.each([1, 7, 1000, 100_000, 1_000_000])("is its end for an error, in pieces of %i bytes", (size) => {
    const text = Array.from({ length: 40_000 }, (_, at) => `line ${at}\n`).join("");
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
      text.slice(at * size, (at + 1) * size),
    );
    const output = keptOutput(kept(pieces, 1024), kept([], 1024), 1);
    expect(lastLines(output, 2)).toEqual(["line 39998", "line 39999"]);
    const [first, ...shown] = shownOutput(output).stdout.toString().trimEnd().split("\n");
    expect(first).toMatch(/^… [\d.]+ KiB left out$/);
    expect(shown.at(-1)).toBe("line 39999");
  });
});

describe("lines", () => {
  const told = async (text: string) => {
    const lines: string[] = [];
    const splitter = new LineSplitter((_, line) => lines.push(line));
    for (let at = 0; at < text.length; at += 50_000)
      await splitter.push("stdout", Buffer.from(text.slice(at, at + 50_000)));
    await splitter.end();
    return lines;
  };

  it("come in their order, over however many turns", async () => {
    const lines = Array.from({ length: 50_000 }, (_, at) => String(at));
    expect(await told(lines.join("\n"))).toEqual(lines);
  });

  it("that are long are cut, and say by how much", async () => {
    const [line = "", next] = await told(`${"x".repeat(1_000_000)}\nnext`);
    expect([line.length, line.slice(65_530), next]).toEqual([
      65_536 + "… 934464 characters left out".length,
      "xxxxxx… 934464 characters left out",
      "next",
    ]);
  });

  it("are cut after secrets are blanked: of one at the cut nothing stays", async () => {
    new Secret("a-secret-at-the-cut");
    const [line = ""] = await told(`${"x".repeat(65_530)}a-secret-at-the-cut${"y".repeat(100_000)}`);
    expect(line).not.toContain("a-sec");
  });
});

it("a marker without an end is output, and none of it is held back", () => {
  const pieces: string[] = [];
  const markers: unknown[] = [];
  const reader = new MarkerReader(
    "SRtoken",
    (piece) => pieces.push(piece.toString()),
    (marker) => markers.push(marker),
  );
  const forged = `SRtoken > ${"1".repeat(1000)}`;
  for (const chunk of [forged.slice(0, 100), forged.slice(100), "\nSRtoken < 1 0 0\n"])
    reader.push(Buffer.from(chunk));
  expect(pieces.join("")).toBe(`${forged}\n`);
  expect(markers).toEqual([{ kind: "end", id: 1, status: 0, left: false }]);
});

const mebibyte = 1024 * 1024;

it.each([
  ["result sets", parseResultSets, ["<resultset >", "<row>", '<field name="', '<field name="a">', "<", ">"]],
  [
    "grants",
    (text: string) => parseGrants([text]),
    ["GRANT ", "GRANT a ON b", "a, ", "(", "`", " ON ", " TO "],
  ],
  [
    "many grants",
    (text: string) => parseGrants(text.split("\n")),
    ["GRANT a ON `b`.* TO c\n", "GRANT a, b ON x\n"],
  ],
  [
    "positions",
    (text: string) => {
      const all = parseGtids(text);
      return [errantGtids(all, all), purgedGtids(all, all)];
    },
    ["1", "1-", "1-1-1,", ",", "-", "99999999999-"],
  ],
] as const)("a mebibyte of %s is read in a moment, whatever is in it", (_, parse, pieces) => {
  for (const piece of pieces) {
    const text = `<resultset ><row>GRANT ${piece.repeat(mebibyte / piece.length)}`;
    const before = process.cpuUsage();
    parse(text);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000, piece).toBeLessThan(500);
  }
});
