import { expect, test } from "vitest";
import { pendingId } from "../../src/core/lease/handler-identity.ts";
import { OwnHandlers } from "../../src/core/lease/own-handlers.ts";
import { pendingHandlerOf } from "../../src/core/lease/pending-handler.ts";
import { PendingRecords } from "../../src/core/lease/pending-records.ts";
import { FakeConnection, type FakeHost } from "../../src/transport/fake.ts";
import { Session } from "../../src/transport/session.ts";
import { print } from "./harness.ts";

const handler = { task: print({ text: "bell" }), become: undefined };
const id = pendingId(handler);
const play = { playbook: "site", play: "web" };

function onFake(respond: FakeHost["respond"] = () => ({ status: 0 })) {
  const connection = new FakeConnection({ respond });
  const records = new PendingRecords(new Session(async () => connection));
  const told = () =>
    connection.scripts.flatMap((script) =>
      script.includes("rm -f --") ? "rm" : script.includes(id) ? "write" : [],
    );
  return { records, told };
}

test("a record that is being taken back is written down again by a change that comes meanwhile", async () => {
  const { records, told } = onFake();
  await records.write(undefined, [handler], play);
  const takingBack = records.takeBack([id]);
  await records.write(undefined, [handler], play);
  records.confirm([id]);
  expect(await takingBack).toBe(undefined);
  expect(told()).toEqual(["write", "rm", "write"]);
  expect(records.writtenAs(id)).toEqual([undefined]);
});

test("the record of a pending handler is taken back by nothing, and removed when the handler has run", async () => {
  const { records, told } = onFake();
  await records.write(undefined, [handler], play);
  records.confirm([id]);
  await records.takeBack([id]);
  expect(records.writtenAs(id)).toEqual([undefined]);
  await records.remove(records.of(id));
  expect(records.writtenAs(id)).toEqual([]);
  expect(told()).toEqual(["write", "rm"]);
});

test("a record that is read again is still this run's own, and taken back where the handler is not pending", async () => {
  const { records, told } = onFake();
  const own = pendingHandlerOf(handler, { ...play, run: "this" });
  await records.write(undefined, [handler], { ...play, run: "this" });
  const other = pendingHandlerOf(handler, { playbook: "other", play: "web", run: "that" });
  expect(records.found(undefined, [own, other], "this")).toEqual([other]);
  expect(await records.takeBack([id])).toBe(undefined);
  expect(told()).toEqual(["write", "rm"]);
  expect(records.writtenAs(id)).toEqual([undefined]);
});

test("a record that this run wrote under another name of the host is not told under this one", () => {
  const { records } = onFake();
  records.found(undefined, [pendingHandlerOf(handler, { ...play, run: "this" })], "this");
  expect(records.written).toEqual([]);
});

test("a record that the host does not remove is still known to be written down", async () => {
  const { records } = onFake((script) => ({ status: script.includes("rm -f --") ? 1 : 0 }));
  await records.write(undefined, [handler], play);
  expect(await records.takeBack([id])).toEqual([""]);
  expect(records.writtenAs(id)).toEqual([undefined]);
});

test("what another run writes down while a handler runs stays", async () => {
  const { records } = onFake();
  const [first, second] = [1, 2].map((since) => ({
    ...pendingHandlerOf(handler, { ...play, run: "that" }),
    since,
  }));
  records.found(undefined, first ? [first] : [], "this");
  const ran = records.of(id);
  records.found(undefined, second ? [second] : [], "this");
  await records.remove(ran);
  expect(records.writtenAs(id)).toEqual([undefined]);
});

test("that a handler has run and the host was lost before that could be noted is told: it runs once more", async () => {
  let isLost = false;
  const { records } = onFake(() => (isLost ? "die" : { status: 0 }));
  const told: string[] = [];
  const ownHandlers = new OwnHandlers(records, {
    playbook: "site",
    id: "this",
    check: false,
    hasPlay: () => true,
    isPending: () => false,
    same: (text: string) => text,
    becomeAs: (user) => ({ user }),
    tell: (text) => told.push(text),
  });
  await ownHandlers.writeAhead(undefined, [handler], { play: "web", by: undefined });
  records.confirm([id]);
  await ownHandlers.resolve([handler]);
  const queued = { ids: [id], handler };
  const written = ownHandlers.records(queued);
  expect(written).toHaveLength(1);
  isLost = true;
  await ownHandlers.ran(queued, written);
  expect(told).toEqual([
    "print bell has run, but the host was lost before that could be written down there (the connection was lost): the next run runs it once more",
  ]);
  expect(records.writtenAs(id)).toEqual([undefined]);
});
