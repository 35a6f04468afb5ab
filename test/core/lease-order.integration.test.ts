/** Several runs that want the same hosts: none waits for one that waits for it. Hosts are folders of this machine. */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { type Play, play } from "../../src/core/plays/play.ts";
import { on } from "../../src/core/steps/on.ts";
import { command } from "../../src/modules/commands/command.ts";
import { shell } from "../../src/modules/commands/shell.ts";
import { HostsOfThisMachine } from "./hosts-of-this-machine.ts";

const names = ["h1", "h2", "h3", "h4"];
let here: HostsOfThisMachine;
beforeEach(() => {
  here = new HostsOfThisMachine(names);
});
afterEach(() => here.remove());

/** Notes on the host that a run is at work there, and fails where another one is. */
const work = (run: string) =>
  shell({
    cmd: `mkdir ${here.at("busy-$HOST")} && sleep 0.2 && rmdir ${here.at("busy-$HOST")} && echo $HOST ${run} >>${here.at("log")}`,
  });

/** A play a host, in the order given. */
const through = (run: string, hosts: readonly string[]): Play[] =>
  hosts.map((host) => play(`${run} ${host}`, { hosts: host }, { work: () => work(run) }));

const patient = (name: string) => ({ name, waitLease: "60s" as const });

describe("runs that change the same hosts", () => {
  test("in opposite orders all come to their end, one after the other", async () => {
    const orders = [names, names.toReversed(), ["h2", "h4", "h1", "h3"]];
    const runs = await Promise.all(
      orders.map((order, index) => here.run(through(`run${index}`, order), patient(`run${index}`))),
    );
    expect(runs.map(({ errors, exitCode }) => [errors, exitCode])).toEqual(orders.map(() => [[], 0]));
    const log = here.log.map((line) => line.split(" "));
    expect(log).toHaveLength(12);
    // each has all of its hosts from its first change on: they do not take turns
    const turns = log.map(([, run]) => run).filter((run, index, all) => run !== all[index - 1]);
    expect(turns.toSorted()).toEqual(["run0", "run1", "run2"]);
  }, 60_000);

  test("do so also on hosts that no play of theirs names", async () => {
    const delegating = (run: string, first: string, second: string) =>
      play(
        run,
        { hosts: first },
        {
          work: async () => {
            await work(run);
            await sleep(300);
            await on(second, () => work(run));
            await work(run);
          },
        },
      );
    const runs = await Promise.all([
      here.run([delegating("a", "h1", "h2")], patient("a")),
      here.run([delegating("b", "h2", "h3")], patient("b")),
      here.run([delegating("c", "h3", "h1")], patient("c")),
    ]);
    expect(runs.map(({ errors, exitCode }) => [errors, exitCode])).toEqual(runs.map(() => [[], 0]));
    expect(here.log.toSorted()).toEqual(
      ["h1 a", "h1 a", "h2 a", "h2 b", "h2 b", "h3 b", "h1 c", "h3 c", "h3 c"].toSorted(),
    );
  }, 60_000);
});

describe("a run's first change", () => {
  const leased = (host: string) => existsSync(here.at(host, "run/holder"));

  test("takes the leases of all hosts that the plays from there on name", async () => {
    const seen: boolean[][] = [];
    await here.run([
      play("before", { hosts: "h4" }, { look: () => command({ argv: ["true"], readOnly: true }) }),
      play(
        "first",
        { hosts: "h1" },
        { change: () => work("a"), look: async () => void seen.push(names.map(leased)) },
      ),
      play("later", { hosts: "h2,h3" }, { change: () => work("a") }),
    ]);
    expect(seen).toEqual([[true, true, true, false]]);
    expect(names.map(leased)).toEqual([false, false, false, false]);
  });

  test("is not held up by a host that can't be reached yet: it is tried again when its turn comes", async () => {
    let isUp = false;
    const start = async () => {
      isUp = true;
    };
    const { errors, exitCode } = await here.run(
      [
        play("make", { hosts: "h1" }, { make: () => work("a"), start }),
        play("use", { hosts: "h2" }, { use: () => work("a") }),
      ],
      {
        access: ({ name }) => ({
          connect: async () => {
            if (name === "h2" && !isUp) throw new ShowrunnerError("host.unreachable", "refused");
            return here.connect(name);
          },
        }),
      },
    );
    expect([errors, exitCode]).toEqual([[], 0]);
    expect(here.log).toEqual(["h1 a", "h2 a"]);
  });

  test("reaches anew a host whose connection was lost before its turn came", async () => {
    let lose: () => Promise<void> = async () => undefined;
    const { errors, exitCode } = await here.run(
      [
        play("first", { hosts: "h1" }, { make: () => work("a"), lose: () => lose() }),
        play("second", { hosts: "h2" }, { use: () => work("a") }),
      ],
      {
        access: ({ name }) => ({
          connect: async () => {
            const connection = await here.connect(name);
            if (name === "h2")
              lose = async () => {
                await connection.close();
                await sleep(200);
              };
            return connection;
          },
        }),
      },
    );
    expect([errors, exitCode]).toEqual([[], 0]);
    expect(here.log).toEqual(["h1 a", "h2 a"]);
  });
});
