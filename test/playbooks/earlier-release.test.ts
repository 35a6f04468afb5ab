import { describe, expect, it } from "vitest";
import { earlierRelease } from "../../playbooks/parts/earlier-release.ts";

const hosts = (...lists: readonly string[][]) =>
  lists.map((releases, index) => ({ host: `web${index + 1}`, releases }));

describe("the release that all servers go back to", () => {
  it("is the one before the newest", () => {
    expect(earlierRelease(hosts(["z", "a", "b"], ["a", "b"]))).toBe("a");
  });

  it("is what the others serve where a deployment has stopped half-way", () => {
    expect(earlierRelease(hosts(["z", "a", "b"], ["z", "a"], ["z", "a"]))).toBe("a");
    expect(earlierRelease(hosts(["z", "a"], ["z", "a"], ["z", "a", "b"]))).toBe("a");
  });

  it.each([
    ["one release", [["a"], ["a"]]],
    ["none", [[], []]],
  ])("can't be where the servers have had %s", (_, lists) => {
    expect(() => earlierRelease(hosts(...lists))).toThrow("there is no earlier release");
  });

  it.each([
    [
      "different releases before the newest",
      [
        ["a", "c"],
        ["b", "c"],
      ],
    ],
    [
      "two releases that could be meant",
      [
        ["a", "b"],
        ["b", "a"],
      ],
    ],
  ])("is asked for where the servers have %s", (_, lists) => {
    expect(() => earlierRelease(hosts(...lists))).toThrow("the servers have no release in common");
  });
});
