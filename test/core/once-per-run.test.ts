/** What the control machine works out once a run. */
import { expect, it } from "vitest";
import { play } from "../../src/core/plays/play.ts";
import { oncePerRun } from "../../src/core/steps/once-per-run.ts";
import { FakeSwitches, runOn } from "./harness.ts";

const hosts = () => ({ a: new FakeSwitches(), b: new FakeSwitches(), c: new FakeSwitches() });

it("is done once for all hosts, batches and plays of a run, and anew in the next run", async () => {
  let asked = 0;
  const answer = oncePerRun(async (...words: string[]) => `${words.join(" ")} ${++asked}`);
  const given: string[] = [];
  const plays = (["one", "two"] as const).map((name) =>
    play(name, { hosts: "all", serial: 1 }, { step: async () => void given.push(await answer("main", "x")) }),
  );
  await runOn(hosts(), plays);
  expect(given).toEqual(Array(6).fill("main x 1"));
  await runOn(hosts(), plays);
  expect(given.slice(6)).toEqual(Array(6).fill("main x 2"));
});

it("is done for each choice of words, and fails for all that ask for what fails", async () => {
  let asked = 0;
  const answer = oncePerRun(async (word: string) => {
    asked++;
    if (word === "bad") throw new Error("no answer");
    return word;
  });
  const given: string[] = [];
  const step = async () => {
    given.push(await answer("good"));
    await answer("bad");
  };
  const ran = await runOn(hosts(), [play("p", { hosts: "all" }, { step })]);
  expect(given).toEqual(["good", "good", "good"]);
  expect(asked).toBe(2);
  expect(ran.of("host:failed").map(({ error }) => error.message)).toEqual(Array(3).fill("no answer"));
});

it("is no work of code outside any step", () => {
  expect(() => oncePerRun(async () => "x")()).toThrow("outside any host");
});
