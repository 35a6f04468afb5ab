/** What a plan knows of everything below a directory that it removes. */
import { expect, it } from "vitest";
import { FactStore } from "../../src/core/facts/fact-store.ts";
import { newWorld } from "../../src/core/facts/world.ts";
import { Session } from "../../src/transport/session.ts";
import { FakeSwitches, switchFact } from "./harness.ts";

const path = "/srv/app/inner/light";

/** A plan on a host where the switch is on. */
function planning() {
  const host = new FakeSwitches({ [path]: "on" });
  const session = new Session(async () => host.connection);
  const facts = new FactStore(session, newWorld(true));
  return { facts, light: () => facts.read(undefined, switchFact, path) };
}

const gone = switchFact.allBelow("/srv/app", "gone");

it("is certain where the removal is, whether it was read before or not", async () => {
  for (const isRead of [true, false]) {
    const { facts, light } = planning();
    if (isRead) expect(await light()).toEqual({ value: "on", tentative: false });
    facts.predict([], [gone], false);
    expect(await light()).toEqual({ value: "gone", tentative: false });
  }
});

it("is as likely as the removal", async () => {
  const { facts, light } = planning();
  facts.predict([], [gone], true);
  expect(await light()).toEqual({ value: "gone", tentative: true });
});

it("is what a later change makes of it", async () => {
  const { facts, light } = planning();
  facts.predict([switchFact.is(path, "off")], [], false);
  facts.predict([], [gone], false);
  facts.predict([switchFact.is(path, "dim")], [], false);
  expect(await light()).toEqual({ value: "dim", tentative: false });
});

it("is uncertain once a later change may alter it", async () => {
  const { facts, light } = planning();
  facts.predict([], [gone], false);
  facts.predict([], [switchFact.below("/srv/app/inner")], false);
  expect(await light()).toEqual({ value: "gone", tentative: true });
});

it("says nothing of what lies beside the directory", async () => {
  const { facts, light } = planning();
  facts.predict([], [switchFact.allBelow("/srv/ap", "gone")], false);
  expect(await light()).toEqual({ value: "on", tentative: false });
});
