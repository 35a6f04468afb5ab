/** What is read behind a change is as true as what a task reads in its own turn. */
import { expect, it } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { Expectations } from "../../src/core/facts/expectations.ts";
import { FactStore } from "../../src/core/facts/fact-store.ts";
import { newWorld } from "../../src/core/facts/world.ts";
import { Session } from "../../src/transport/session.ts";
import { FakeSwitches, switchFact } from "./harness.ts";

const followed = { isFollowed: true, isReadBack: false, isJob: false };
const all = { sets: [], touches: ["everything" as const] };
const setsOne = { sets: [switchFact.is("s1", "on")], touches: [] };

/** A host of which a step's tasks are expected to read two switches. */
function expecting() {
  const host = new FakeSwitches({ s1: "off", s2: "off" });
  const session = new Session(async () => host.connection);
  const expectations = new Expectations();
  const world = newWorld();
  const reads = ["s1", "s2"].map((key) => ({ read: world.reads.of(undefined, switchFact, key), times: 9 }));
  expectations.add("step", reads);
  expectations.begin("step");
  const facts = new FactStore(session, world, undefined, expectations);
  const stateOf = async (name: string) => (await facts.read(undefined, switchFact, name)).value;
  return { host, session, facts, stateOf };
}

it.each(["before", "after"])(
  "is not taken for true where another change is being made that began %s this one",
  async (order) => {
    const { host, session, facts, stateOf } = expecting();
    await stateOf("s1");
    const job = () => facts.changing(undefined, setsOne, { ...followed, isFollowed: false });
    if (order === "before") job();
    const { behind, end } = facts.changing(undefined, all, followed);
    if (order === "after") job();
    if (!behind) throw new Error("nothing is read behind the change");
    const [answers] = session.send(undefined, [behind]);
    await answers;
    end(answers);
    host.switches["s1"] = "on";
    host.switches["s2"] = "on";
    expect([await stateOf("s1"), await stateOf("s2")]).toEqual(["on", "off"]);
  },
);

it("is left alone once it took a host too long", async () => {
  const { facts, stateOf } = expecting();
  await stateOf("s1");
  const { behind, end } = facts.changing(undefined, all, followed);
  expect(behind).toBeDefined();
  const late = Promise.reject(new ShowrunnerError("task.timeout", "did not end within 30 s"));
  end(late);
  await expect(late).rejects.toThrow("did not end");
  expect(facts.changing(undefined, all, followed).behind).toBeUndefined();
});

it("goes on where a change has left a process that prints", async () => {
  const { facts, stateOf } = expecting();
  await stateOf("s1");
  const left = Promise.reject(new ShowrunnerError("host.lost", "left a process"));
  facts.changing(undefined, all, followed).end(left);
  await expect(left).rejects.toThrow("left");
  expect(facts.changing(undefined, all, followed).behind).toBeDefined();
});
