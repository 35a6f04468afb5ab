import { describe, expect, it } from "vitest";
import {
  type BatchSize,
  batchSize,
  inBatches,
  inOrder,
  type Tolerance,
  tooManyFailed,
} from "../../src/core/plays/rolling.ts";

describe("the size of a batch", () => {
  it.each<[BatchSize, number, number | undefined]>([
    [3, 10, 3],
    [30, 10, 30],
    ["3", 10, 3],
    ["30%", 10, 3],
    ["39%", 10, 3],
    ["1%", 10, 1],
    ["50%", 3, 1],
    ["33.4%", 3, 1],
    ["100%", 7, 7],
    [0, 10, undefined],
    [-1, 10, undefined],
    [1.5, 10, undefined],
    [Number.NaN, 10, undefined],
    ["0%", 10, undefined],
    ["101%", 10, undefined],
    ["-5%", 10, undefined],
  ])("%j of %i hosts is %s", (size, total, expected) => {
    expect(batchSize(size, total)).toBe(expected);
  });
});

describe("batches", () => {
  it.each<[number, BatchSize[], number[]]>([
    [5, [], [5]],
    [0, [], []],
    [0, [2], []],
    [5, [2], [2, 2, 1]],
    [5, [9], [5]],
    [6, [1, 2], [1, 2, 2, 1]],
    [10, [1, "50%"], [1, 5, 4]],
    [10, [1, 5, "100%"], [1, 5, 4]],
    [4, ["10%"], [1, 1, 1, 1]],
    [3, ["1", "50%"], [1, 1, 1]],
  ])("of %i hosts by %j have %j", (total, sizes, expected) => {
    const hosts = Array.from({ length: total }, (_, index) => index);
    const batches = inBatches(hosts, sizes);
    expect(batches.map(({ length }) => length)).toEqual(expected);
    expect(batches.flat()).toEqual(hosts);
  });
});

describe("the order of hosts", () => {
  const hosts = ["b", "a10", "a2", "B"].map((name) => ({ name }));
  const ordered = (order: Parameters<typeof inOrder>[1], random?: () => number) =>
    inOrder(hosts, order, random).map(({ name }) => name);

  it.each([
    ["inventory", ["b", "a10", "a2", "B"]],
    ["reverseInventory", ["B", "a2", "a10", "b"]],
    ["sorted", ["B", "a10", "a2", "b"]],
    ["reverseSorted", ["b", "a2", "a10", "B"]],
  ] as const)("%s", (order, expected) => {
    expect(ordered(order)).toEqual(expected);
  });

  it("shuffled has every host once, as chance will", () => {
    expect(ordered("shuffle", () => 0)).toEqual(["b", "a10", "a2", "B"]);
    expect(ordered("shuffle", () => 0.999)).toEqual(["B", "a2", "a10", "b"]);
    expect(ordered("shuffle").sort()).toEqual(["B", "a10", "a2", "b"]);
  });
});

describe("too many have failed", () => {
  it.each<[number, number, Tolerance, boolean]>([
    [0, 4, {}, false],
    [3, 4, {}, false],
    [4, 4, {}, true],
    [1, 1, {}, true],
    [0, 4, { anyErrorsFatal: true }, false],
    [1, 4, { anyErrorsFatal: true }, true],
    [1, 4, { anyErrorsFatal: true, maxFailPercentage: 100 }, true],
    [0, 4, { maxFailPercentage: 0 }, false],
    [1, 100, { maxFailPercentage: 0 }, true],
    // equalled is not exceeded
    [1, 4, { maxFailPercentage: 25 }, false],
    [2, 4, { maxFailPercentage: 49 }, true],
    [2, 4, { maxFailPercentage: 50 }, false],
    [1, 3, { maxFailPercentage: 33 }, true],
    [1, 3, { maxFailPercentage: 34 }, false],
    [29, 100, { maxFailPercentage: 29 }, false],
    // nobody is left: allowed where 100 % is
    [4, 4, { maxFailPercentage: 99 }, true],
    [4, 4, { maxFailPercentage: 100 }, false],
    // a batch whose hosts had all failed before
    [0, 0, {}, false],
    [0, 0, { maxFailPercentage: 0 }, false],
  ])("%i of %i with %j: %s", (failed, size, tolerance, expected) => {
    expect(tooManyFailed(failed, size, tolerance)).toBe(expected);
  });
});
