import { describe, expect, it } from "vitest";
import { figureOf, rowsOf } from "../../scripts/prove/figures.ts";

const load = (failedAt: readonly number[], longestSilence = 0.01) => ({
  sent: 900,
  answered: new Map([["ok", 900 - failedAt.length]]),
  failures: failedAt.map((sentAt) => ({ sentAt, why: "Error: ECONNRESET" })),
  longestSilence,
});

describe("a load", () => {
  it("is as it must be where no request failed", () => {
    expect(figureOf("50 reloads", load([]), undefined, [])).toEqual({
      what: "50 reloads",
      load: { requests: 900, failed: 0, away: 0.01 },
      wrong: [],
    });
  });

  it("may lose no request unless a balancer dies", () => {
    expect(figureOf("50 reloads", load([1000, 1001]), undefined, []).wrong).toEqual([
      "2 requests failed: Error: ECONNRESET",
    ]);
  });

  it("may lose requests for 4 seconds once a balancer dies, and not later", () => {
    expect(figureOf("lb1 off", load([990, 1000, 4999], 3.2), 1000, []).wrong).toEqual([]);
    expect(figureOf("lb1 off", load([1000, 5001], 3.2), 1000, []).wrong).toEqual([
      "1 requests failed later than 4 s after the balancer died: Error: ECONNRESET",
    ]);
  });

  it("may be without an answer for 4 seconds, and not longer", () => {
    expect(figureOf("lb1 off", load([1000], 4.2), 1000, []).wrong).toEqual([
      "nobody answered for 4.2 s, more than 4",
    ]);
  });

  it("proves nothing where no request was sent, and tells what else was wrong", () => {
    const nothing = { ...load([]), sent: 0 };
    expect(figureOf("x", nothing, undefined, ["the address did not move"]).wrong).toEqual([
      "no request was sent",
      "the address did not move",
    ]);
  });

  it("is a row of the table", () => {
    const [head, ...rows] = rowsOf([
      figureOf("50 reloads", load([], 0.012), undefined, []),
      { what: "again", told: "0 changes, 12 s", wrong: [] },
      { what: "ports", wrong: ["web1 → db1"] },
    ]);
    expect(head).toEqual(["what", "requests", "failed", "seconds away", ""]);
    expect(rows).toEqual([
      ["50 reloads", "900", "0", "0.01", "as it must be"],
      ["again", "", "", "", "0 changes, 12 s"],
      ["ports", "", "", "", "WRONG"],
    ]);
  });
});
