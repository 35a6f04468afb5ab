import { describe, expect, it } from "vitest";
import { positionIn } from "../../playbooks/parts/replicates.ts";

describe("a primary's position", () => {
  it.each(["", "0-1-5", "0-1-5,2-3-40"])("is taken as the server prints it: %j", (position) => {
    expect(positionIn(`${position}\n`)).toBe(position);
  });

  it.each(["NULL", "0-1", "0-1-5,", "0-1-5' OR 1; --", "0-1-5\n0-1-6"])("is nothing else: %j", (printed) => {
    expect(() => positionIn(printed)).toThrow("the primary told no position");
  });
});
