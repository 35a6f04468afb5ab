import { expect, test } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { debtId } from "../../src/core/lease/handler-identity.ts";
import { Settlement } from "../../src/core/lease/own-handlers.ts";
import { debtOf } from "../../src/core/lease/pending-handler.ts";
import { Debts } from "../../src/core/lease/pending-records.ts";
import { FakeConnection } from "../../src/transport/fake.ts";
import { Session } from "../../src/transport/session.ts";
import { print } from "./harness.ts";

const handler = { task: print({ text: "bell" }), become: undefined };
const id = debtId(handler);
const play = { playbook: "site", play: "web" };

function onFake(respond: (script: string) => { status: number } = () => ({ status: 0 })) {
  const connection = new FakeConnection({ respond });
  const debts = new Debts(new Session(async () => connection));
  const told = () =>
    connection.scripts.flatMap((script) =>
      script.includes("rm -f --") ? "rm" : script.includes(id) ? "write" : [],
    );
  return { debts, told };
}

test("a debt that is being taken back is written down again by a change that comes meanwhile", async () => {
  const { debts, told } = onFake();
  await debts.write(undefined, [handler], play);
  const takingBack = debts.takeBack([id]);
  await debts.write(undefined, [handler], play);
  debts.confirm([id]);
  expect(await takingBack).toBe(undefined);
  expect(told()).toEqual(["write", "rm", "write"]);
  expect(debts.writtenAs(id)).toEqual([undefined]);
});

test("a debt that is owed is taken back by nothing, and struck out when it is paid", async () => {
  const { debts, told } = onFake();
  await debts.write(undefined, [handler], play);
  debts.confirm([id]);
  await debts.takeBack([id]);
  expect(debts.writtenAs(id)).toEqual([undefined]);
  await debts.strike(debts.records(id));
  expect(debts.writtenAs(id)).toEqual([]);
  expect(told()).toEqual(["write", "rm"]);
});

test("a debt that is read again is still this run's own, and taken back where it is not owed", async () => {
  const { debts, told } = onFake();
  const own = debtOf(handler, { ...play, run: "this" });
  await debts.write(undefined, [handler], { ...play, run: "this" });
  const other = debtOf(handler, { playbook: "other", play: "web", run: "that" });
  expect(debts.found(undefined, [own, other], "this")).toEqual([other]);
  expect(await debts.takeBack([id])).toBe(undefined);
  expect(told()).toEqual(["write", "rm"]);
  expect(debts.writtenAs(id)).toEqual([undefined]);
});

test("a debt that this run wrote under another name of the host is not told under this one", () => {
  const { debts } = onFake();
  debts.found(undefined, [debtOf(handler, { ...play, run: "this" })], "this");
  expect(debts.written).toEqual([]);
});

test("a debt that the host does not strike out is still known to be written down", async () => {
  const { debts } = onFake((script) => ({ status: script.includes("rm -f --") ? 1 : 0 }));
  await debts.write(undefined, [handler], play);
  expect(await debts.takeBack([id])).toEqual([""]);
  expect(debts.writtenAs(id)).toEqual([undefined]);
});

test("what another run writes down while a handler runs is not paid by it", async () => {
  const { debts } = onFake();
  const [first, second] = [1, 2].map((since) => ({ ...debtOf(handler, { ...play, run: "that" }), since }));
  debts.found(undefined, first ? [first] : [], "this");
  const paid = debts.records(id);
  debts.found(undefined, second ? [second] : [], "this");
  await debts.strike(paid);
  expect(debts.writtenAs(id)).toEqual([undefined]);
});

test("that a handler has run and the host was lost before that could be noted is told: it runs once more", async () => {
  let isLost = false;
  const { debts } = onFake(() => {
    if (isLost) throw new ShowrunnerError("host.lost", "the remote shell ended");
    return { status: 0 };
  });
  const told: string[] = [];
  const settlement = new Settlement(debts, {
    playbook: "site",
    run: "this",
    check: false,
    hasPlay: () => true,
    owes: () => false,
    becomeAs: (user) => ({ user }),
    tell: (text) => told.push(text),
  });
  await settlement.owe(undefined, [handler], { play: "web", by: undefined });
  debts.confirm([id]);
  await settlement.settle([handler]);
  const owed = { ids: [id], handler };
  const records = settlement.records(owed);
  expect(records).toHaveLength(1);
  isLost = true;
  await settlement.paid(owed, records);
  expect(told).toEqual([
    "print bell has run, but the host was lost before that could be noted there (the remote shell ended): the next run runs it once more",
  ]);
  expect(debts.writtenAs(id)).toEqual([undefined]);
});
