/** What a run keeps of each host's reads is shared by all hosts that read the same. */
import { expect, it } from "vitest";
import { Expectations } from "../../src/core/facts/expectations.ts";
import { HostReads } from "../../src/core/facts/host-reads.ts";
import { ReadTable } from "../../src/core/facts/read.ts";
import { switchFact } from "./harness.ts";

const step = { play: "play", step: "step" };

/** A host on which a step's tasks have asked for these switches. */
function after(table: ReadTable, ...names: string[]): HostReads {
  const host = new HostReads(table, true);
  host.begin(step);
  for (const name of names) host.note(step, table.of("root", switchFact, name), 10);
  host.end(step);
  return host;
}

it("is one object for a fact, a key and a user, however the key is made", () => {
  const table = new ReadTable();
  const read = table.of("root", switchFact, ["s", 1].join(""));
  expect(table.of("root", switchFact, "s1")).toBe(read);
  expect(table.of(undefined, switchFact, "s1")).not.toBe(read);
  expect(table.of("root", switchFact, "s2")).not.toBe(read);
});

it("is one list for all hosts that have read the same in a step", () => {
  const table = new ReadTable();
  const [first, second, other] = [
    ["a", "b", "a"],
    ["a", "b", "a"],
    ["a", "b"],
  ].map((names) => after(table, ...names).steps.map(({ reads }) => reads));
  expect(second?.[0]).toBe(first?.[0]);
  expect(other?.[0]).not.toBe(first?.[0]);
  expect(first?.[0]?.map(({ read, times }) => [read.key, times])).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
});

it("is a host's own where the host reads more after its step has ended", () => {
  const table = new ReadTable();
  const [first, second] = [after(table, "a"), after(table, "a")];
  second.note(step, table.of("root", switchFact, "b"), 10);
  expect(first.steps[0]?.reads).toHaveLength(1);
  expect(second.steps[0]?.reads).toHaveLength(2);
});

it("is looked up in the history when the host asks for something, and not before", () => {
  const table = new ReadTable();
  const read = table.of(undefined, switchFact, "a");
  const expectations = new Expectations();
  let looked = 0;
  expectations.remember(() => {
    looked++;
    return [["step", [{ read, times: 1 }]]];
  });
  expectations.begin("step");
  expect(looked).toBe(0);
  expect(expectations.due(undefined, () => true)).toEqual([read]);
  expectations.due(undefined, () => true);
  expect(looked).toBe(1);
});

it("is not expected any more once all who wanted it have it", () => {
  const table = new ReadTable();
  const read = table.of(undefined, switchFact, "a");
  const expectations = new Expectations();
  expectations.begin("step");
  expectations.add("step", [{ read, times: 2 }]);
  expectations.met("step", read);
  expect(expectations.due(undefined, () => true)).toEqual([read]);
  expectations.met("step", read);
  expect(expectations.due(undefined, () => true)).toEqual([]);
});
