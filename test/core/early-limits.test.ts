/** What is read early may take and print only so much in all: a host may be slow, or hostile. */
import { expect, it } from "vitest";
import { rawScript } from "../../src/base/script.ts";
import { Expectations } from "../../src/core/facts/expectations.ts";
import { defineFact } from "../../src/core/facts/fact.ts";
import { FactStore } from "../../src/core/facts/fact-store.ts";
import { newWorld } from "../../src/core/facts/world.ts";
import { FakeConnection } from "../../src/transport/fake.ts";
import { Session } from "../../src/transport/session.ts";
import type { ScriptRequest } from "../../src/transport/transport.ts";

const many = Array.from({ length: 20 }, (_, index) =>
  defineFact<string, string>({
    name: `test.long${index}`,
    script: () => rawScript(`print much ${index}`),
    parse: (stdout, keys) => new Map(keys.map((key) => [key, stdout.toString()])),
  }),
);

const text = "x".repeat(400 * 1024);

/** A host that prints much for each fact; tasks are expected to read all of these facts. */
function printing() {
  const connection = new FakeConnection({ respond: () => ({ stdout: text }) });
  const session = new Session(async () => connection);
  const sent: (readonly ScriptRequest[])[] = [];
  const send = session.send.bind(session);
  session.send = (become, requests) => {
    sent.push(requests);
    return send(become, requests);
  };
  const expectations = new Expectations();
  const world = newWorld();
  const reads = many.map((fact) => ({ read: world.reads.of(undefined, fact, ""), times: 1 }));
  expectations.add("step", reads);
  expectations.begin("step");
  return { session, sent, world, facts: new FactStore(session, world, undefined, expectations) };
}

it("holds the next task up for 30 seconds at most, however many facts there are", async () => {
  const { facts, sent } = printing();
  const [first] = many;
  if (!first) throw new Error("no fact");
  await facts.read(undefined, first, "");
  const [, ...early] = sent[0] ?? [];
  expect(early.length).toBeGreaterThan(0);
  expect(early.reduce((sum, { timeout = Number.POSITIVE_INFINITY }) => sum + timeout, 0)).toBe(30_000);
});

it("keeps 4 MiB in all of what nobody has asked for yet; what is beyond that is read in its turn", async () => {
  const { facts, session, world } = printing();
  const [first, ...others] = many;
  if (!first) throw new Error("no fact");
  await facts.read(undefined, first, "");
  await new Promise((resolve) => setTimeout(resolve, 300));
  const sizeOf = (fact: (typeof many)[number]) => facts.sizeOf(world.reads.of(undefined, fact, ""));
  const kept = others.reduce((sum, fact) => sum + sizeOf(fact), 0);
  expect(kept).toBeGreaterThan(3 * 1024 * 1024);
  expect(kept).toBeLessThanOrEqual(4 * 1024 * 1024);
  for (const fact of others.toReversed()) expect((await facts.read(undefined, fact, "")).value).toBe(text);
  expect(session.roundTrips).toBe(1 + 9); // ten of the nineteen had room
});
