/** How scripts on hosts say why they refuse. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { refuse, statedRefusal } from "../../src/base/refusal.ts";
import { rawScript } from "../../src/base/script.ts";
import { change } from "../../src/core/facts/change.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import { command } from "../../src/modules/index.ts";
import { runHere } from "../modules/local.ts";

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

const refusing = defineModule({
  name: "refusing",
  summary: "Is refused.",
  params: {},
  async *plan() {
    const script = rawScript(`${refuse}\necho noise >&2; sr_refuse 'it is full' 'make room'`);
    yield change({ what: "made", script });
  },
});

it("a refusal is told once, by the error, and never with its marks", async () => {
  const { error, events } = await runHere(() => refusing({}));
  expect(error).toMatchObject({ message: "made: it is full", hint: "make room" });
  const printed = events.flatMap((event) => (event.type === "task:output" ? [event.text] : []));
  expect(printed).toEqual(["noise"]);
});

it("what a command of the user's prints is told as it is", async () => {
  const [mark = ""] = said("'it is full'").filter((line) => line.includes("it is full"));
  const { error, events } = await runHere(() =>
    command({ argv: ["sh", "-c", 'echo "$0" >&2; exit 3', mark] }),
  );
  expect(error?.message).toMatch(/ended with status 3/);
  const printed = events.flatMap((event) => (event.type === "task:output" ? [event.text] : []));
  expect(printed).toEqual([mark]);
});
