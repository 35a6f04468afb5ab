/** How scripts on hosts say why they refuse. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { refuse, statedRefusal } from "../../src/core/base/refusal.ts";

/** What a script prints that refuses. */
function said(words: string): string[] {
  const script = `${refuse}\n{ echo noise; sr_refuse ${words}; } 2>&1; echo "not reached"`;
  try {
    return execFileSync("sh", ["-c", script]).toString().split("\n");
  } catch (error) {
    return error instanceof Error && "stdout" in error ? String(error.stdout).split("\n") : [];
  }
}

it("a reason and what to do about it are told from what else is printed", () => {
  expect(statedRefusal(said("'it is full' 'make room'"))).toEqual({
    reason: "it is full",
    hint: "make room",
    rest: ["noise"],
  });
  expect(statedRefusal(said("'it is %s full'"))).toEqual({
    reason: "it is %s full",
    hint: undefined,
    rest: ["noise"],
  });
});

it("where nothing was refused, there is no reason", () => {
  expect(statedRefusal(["showrunner", "it is full"])).toBeUndefined();
});
