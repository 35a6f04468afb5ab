/** What makes a value stale that was read before anybody asked for it: seen from one host's facts. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { sh } from "../../src/base/script.ts";
import { Expectations } from "../../src/core/facts/expectations.ts";
import { defineFact, nothingElse, type Touch } from "../../src/core/facts/fact.ts";
import { FactStore } from "../../src/core/facts/fact-store.ts";
import { newWorld } from "../../src/core/facts/world.ts";
import { FakeConnection } from "../../src/transport/fake.ts";
import { Session } from "../../src/transport/session.ts";
import { FakeSwitches, switchFact } from "./harness.ts";

const unfollowed = { isFollowed: false, isReadBack: false, isJob: false };
const followed = { ...unfollowed, isFollowed: true };
const job = { ...unfollowed, isJob: true };
const everything = { sets: [], touches: ["everything" as const] };
const setsOne = { sets: [switchFact.is("s1", "on")], touches: [] };
const setsOther = { sets: [switchFact.is("other", "on")], touches: [] };

afterEach(() => vi.restoreAllMocks());

/** A host whose tasks are expected to read two switches, as a user. */
function expecting(as?: string, world = newWorld(), names = ["s1", "s2"]) {
  const host = new FakeSwitches({ s0: "off", s1: "off", s2: "off" });
  const session = new Session(async () => host.connection);
  const expectations = new Expectations();
  const reads = names.map((key) => ({ read: world.reads.of(as, switchFact, key), times: 9 }));
  expectations.add("step", reads);
  expectations.begin("step");
  const facts = new FactStore(session, world, undefined, expectations);
  const become = as === undefined ? undefined : { user: as };
  const stateOf = async (name: string) => (await facts.read(become, switchFact, name)).value;
  return { host, session, facts, stateOf };
}

/** Until all that was asked has been answered. */
const answered = () => new Promise((resolve) => setTimeout(resolve, 50));

describe("what was read behind a change", () => {
  it.each(["before", "after"])(
    "is stale where another change has just ended that began %s it",
    async (order) => {
      const { host, session, facts, stateOf } = expecting();
      await stateOf("s0");
      await answered();
      const setsBoth = { sets: [switchFact.is("s1", "on"), switchFact.is("s2", "on")], touches: [] };
      const begin = () => facts.changing(undefined, setsOne, unfollowed);
      const early = order === "before" ? begin() : undefined;
      const { behind, end } = facts.changing(undefined, setsBoth, followed);
      const other = early ?? begin();
      if (!behind) throw new Error("nothing is read behind the change");
      const [answers] = session.send(undefined, [behind]);
      await answers;
      host.switches["s1"] = "on";
      other.end();
      end(answers);
      host.switches["s2"] = "on";
      expect([await stateOf("s1"), await stateOf("s2")]).toEqual(["on", "off"]);
    },
  );

  it("is stale where code has done something of its own meanwhile", async () => {
    const { host, session, facts, stateOf } = expecting();
    await stateOf("s0");
    const { behind, end } = facts.changing(undefined, everything, followed);
    if (!behind) throw new Error("nothing is read behind the change");
    const [answers] = session.send(undefined, [behind]);
    await answers;
    host.switches["s1"] = "on";
    facts.forgetEarly();
    end(answers);
    expect(await stateOf("s1")).toBe("on");
  });
});

describe("what was read early", () => {
  it("is stale once a job has begun on another host, and nothing is read early until it has ended", async () => {
    const world = newWorld();
    const [here, there] = [expecting(undefined, world), expecting(undefined, world)];
    await here.stateOf("s0");
    await answered();
    const { end } = there.facts.changing(undefined, setsOther, job);
    here.host.switches["s1"] = "on";
    expect(await here.stateOf("s1")).toBe("on");
    await answered();
    here.host.switches["s2"] = "on";
    expect(await here.stateOf("s2")).toBe("on");
    end();
    await here.stateOf("s0-again");
    await answered();
    here.facts.forget(switchFact, "s1");
    const before = here.session.roundTrips;
    await here.stateOf("s1");
    expect(here.session.roundTrips).toBe(before + 1);
  });

  it("is stale once a change has begun that runs other software, whatever that software alters", async () => {
    for (const touch of ["services", "arrivals"] as const) {
      const { host, facts, stateOf } = expecting();
      await stateOf("s0");
      await answered();
      const { end } = facts.changing(undefined, { ...setsOther, touches: [touch] }, unfollowed);
      host.switches["s1"] = "on";
      expect(await stateOf("s1")).toBe("on");
      await answered();
      host.switches["s2"] = "on";
      end();
      expect(await stateOf("s2")).toBe("on");
    }
  });

  it("is stale below a directory that a change alters: another user may not have seen what is there", async () => {
    const { facts, stateOf, host } = expecting(undefined, newWorld(), ["/d/one", "/other"]);
    await stateOf("s0");
    await answered();
    const { end } = facts.changing(
      undefined,
      { sets: [switchFact.is("/d", "open")], touches: [] },
      unfollowed,
    );
    host.switches["/d/one"] = host.switches["/other"] = "on";
    end();
    expect([await stateOf("/d/one"), await stateOf("/other")]).toEqual(["on", "missing"]);
  });

  it("is stale where it was read as a user whom a change alters", async () => {
    const { host, facts, stateOf } = expecting("ann");
    await stateOf("s0");
    await answered();
    const { end } = facts.changing(undefined, { ...setsOther, altersUser: "ann" }, unfollowed);
    host.switches["s1"] = host.switches["s2"] = "on";
    end();
    expect([await stateOf("s1"), await stateOf("s2")]).toEqual(["on", "on"]);
  });

  it("is stale once the host is reached anew", async () => {
    const { host, session, stateOf } = expecting();
    await stateOf("s0");
    await answered();
    session.reconnect();
    host.switches["s1"] = "on";
    expect(await stateOf("s1")).toBe("on");
  });

  it("is stale after 30 seconds, also where this machine was suspended meanwhile", async () => {
    const { host, stateOf } = expecting();
    await stateOf("s0");
    await answered();
    host.switches["s1"] = "on";
    const now = Date.now();
    vi.spyOn(Date, "now").mockImplementation(() => now + 60_000); // performance.now() stands still meanwhile
    expect(await stateOf("s1")).toBe("on");
  });

  it("is stale where a path that a change alters may be its path, as long as that is not known", async () => {
    const contents: Record<string, string> = { "/real/one": "old" };
    const realOf = (path: string) => path.replace(/^\/link\//, "/real/");
    const connection = new FakeConnection({
      respond(script) {
        const words = script.split("\n").at(-1)?.split(" ") ?? [];
        if (script.includes("cd -P")) return { stdout: script.includes("/link") ? "/real\0" : "/\0" };
        return {
          stdout: words
            .slice(1)
            .map((path) => `${contents[realOf(path)] ?? "none"}\n`)
            .join(""),
        };
      },
    });
    const content = defineFact<string, string>({
      name: "test.content",
      restsOn: nothingElse,
      script: (paths) => sh`contents-of ${paths}`,
      parse: (stdout, paths) =>
        new Map(paths.map((path, index) => [path, stdout.toString().split("\n")[index] ?? ""])),
    });
    const expectations = new Expectations();
    const world = newWorld();
    expectations.add("step", [{ read: world.reads.of(undefined, content, "/link/one"), times: 1 }]);
    expectations.begin("step");
    const session = new Session(async () => connection);
    let arrive: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const send = session.send.bind(session);
    session.send = (become, requests) =>
      send(
        become,
        requests.map(({ onAnswer: _, ...request }) => request),
      ).map(async (answers, place) => {
        const outputs = await answers;
        const { onAnswer } = requests[place] ?? {};
        if (onAnswer) await arrival;
        for (const [index, output] of outputs.entries()) onAnswer?.(index, output);
        return outputs;
      });
    const facts = new FactStore(session, world, undefined, expectations);
    await facts.read(undefined, switchFact, "s0");
    await answered();
    const touches: readonly Touch[] = [content.of("/real/one")];
    const { end } = facts.changing(undefined, { sets: [], touches }, unfollowed);
    contents["/real/one"] = "new";
    end();
    arrive();
    await answered();
    expect((await facts.read(undefined, content, "/link/one")).value).toBe("new");
  });
});
