/** Changes that the host takes back by itself, on this machine. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { Type } from "../../src/base/schema.ts";
import { rawScript, sh } from "../../src/base/script.ts";
import { change } from "../../src/core/facts/change.ts";
import { play } from "../../src/core/plays/play.ts";
import { batch } from "../../src/core/steps/batch.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import type { TaskOptions } from "../../src/core/tasks/task.ts";
import { fileWritten } from "../../src/facts/file-effects.ts";
import { fileText } from "../../src/facts/files.ts";
import { finishRollback } from "../../src/kit/index.ts";
import { command } from "../../src/modules/commands/command.ts";
import type { Connection } from "../../src/transport/transport.ts";
import { HostsOfThisMachine } from "./hosts-of-this-machine.ts";

let hosts: HostsOfThisMachine;
beforeEach(() => {
  hosts = new HostsOfThisMachine(["one"]);
  writeFileSync(rules(), "old\n");
});
afterEach(() => hosts.remove());

const rules = () => hosts.at("rules");
const now = () => readFileSync(rules(), "utf8").trim();
const pending = () => {
  const folder = hosts.at("one/lib/rollbacks");
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith(".confirmed")) : [];
};

/** Sets the rules by a script that the host takes back. */
const setRules = defineModule({
  name: "setRules",
  summary: "Sets the rules.",
  params: { to: Type.String(), within: Type.Number(), script: Type.String() },
  async *plan(host, { to, within, script }) {
    yield* finishRollback(host, "rules", [fileText.of(rules())]);
    const before = await host.fact(fileText, rules());
    if (before === `${to}\n`) return;
    yield change({
      what: "rules",
      before,
      after: to,
      script: rawScript(`${sh`echo ${to} >${rules()}`.text}\n${script}`),
      ...fileWritten(rules(), { content: Buffer.from(`${to}\n`) }),
      rollback: {
        name: "rules",
        save: sh`cp -- ${rules()} old`,
        restore: sh`cat old >${rules()}`,
        within,
      },
    });
  },
});

/** Takes back what a run that died has left. */
const finishing = defineModule({
  name: "finishing",
  summary: "Takes back what is left.",
  params: {},
  async *plan(host) {
    yield* finishRollback(host, "rules", [fileText.of(rules())]);
  },
});

/** @param connect makes the connections after the first */
function run(
  params: { to?: string; within?: number; script?: string },
  connect: (known: () => Promise<Connection>) => Promise<Connection> = (known) => known(),
  { signal, check, options }: { signal?: AbortSignal; check?: boolean; options?: TaskOptions<void> } = {},
) {
  let count = 0;
  const known = () => hosts.connect("one");
  return hosts.run(
    [
      play(
        "rules",
        { hosts: "all" },
        { set: () => setRules({ to: "new", within: 2, script: ":", ...params }, options) },
      ),
    ],
    {
      access: () => ({ connect: async () => (count++ === 0 ? known() : connect(known)) }),
      ...(signal ? { signal } : {}),
      ...(check ? { check } : {}),
    },
  );
}

/** A process that has ended and that nobody has waited for has no command line. */
function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, "utf8") !== "";
}

/** @param body a step that does something else than make one change */
function inStep(
  body: () => PromiseLike<unknown>,
  again: () => Promise<Connection> = () => hosts.connect("one"),
) {
  let count = 0;
  const step = async () => {
    await body();
  };
  return hosts.run([play("rules", { hosts: "all" }, { set: step })], {
    access: () => ({ connect: () => (count++ === 0 ? hosts.connect("one") : again()) }),
  });
}

/** Its tasks' status, and what they have changed. */
const changes = ({ events }: Awaited<ReturnType<typeof run>>) =>
  events.flatMap((event) =>
    event.type === "task:end" ? [event.status, ...event.changes.map(({ what }) => what)] : [],
  );

function refuse(code: "host.unreachable" | "host.auth"): Promise<Connection> {
  return Promise.reject(new ShowrunnerError(code, "nobody is let in"));
}

describe.skipIf(userInfo().uid !== 0)("a change with a rollback", { timeout: 20_000 }, () => {
  it("stays where a new connection confirms it, and leaves no rollback behind", async () => {
    let connections = 0;
    const ran = await run({}, (known) => {
      connections++;
      return known();
    });
    expect(ran.errors).toEqual([]);
    expect([now(), pending(), connections]).toEqual(["new", [], 1]);
    await sleep(2500);
    expect(now()).toBe("new");
  });

  it.each(["host.unreachable", "host.auth"] as const)(
    "is taken back by the host where no new connection can be made (%s), and its task fails",
    async (code) => {
      const ran = await run({}, (known) => (now() === "new" ? refuse(code) : known()), {
        options: { notify: command({ argv: ["touch", hosts.at("notified")] }) },
      });
      expect(ran.errors).toMatchObject([
        {
          code: "change.failed",
          message:
            "rules: no new connection could be made after the change: it would have shut this machine out, so the host has put back what was there before",
          details: ["nobody is let in"],
          hint: "let the change admit this machine: its address, the port of the connection and its user",
        },
      ]);
      expect([now(), pending(), existsSync(hosts.at("notified"))]).toEqual(["old", [], false]);
    },
  );

  it("asks once where a login is refused: hosts count refused logins", async () => {
    let refusals = 0;
    await run({}, (known) => {
      if (now() !== "new") return known();
      refusals++;
      return refuse("host.auth");
    });
    expect(refusals).toBe(1);
  });

  it("is taken back at once where its script fails, and the script's own message is shown", async () => {
    const ran = await run({ within: 30, script: "echo 'line 3: no such chain' >&2; exit 1" });
    expect(ran.errors).toMatchObject([
      { message: "rules: ended with status 1", details: ["line 3: no such chain"] },
    ]);
    expect([now(), pending()]).toEqual(["old", []]);
  });

  it("notifies no handler where its script fails: all is as it was", async () => {
    const notify = command({ argv: ["touch", hosts.at("notified")] });
    const ran = await run({ within: 30, script: "exit 1" }, undefined, { options: { notify } });
    expect(ran.errors).toMatchObject([{ message: "rules: ended with status 1" }]);
    expect([now(), existsSync(hosts.at("notified"))]).toEqual(["old", false]);
  });

  it("is none of a run that died, for a second change of its name in the same run", async () => {
    const ran = await inStep(() =>
      batch([
        setRules({ to: "new", within: 10, script: ":" }),
        setRules({ to: "newer", within: 10, script: ":" }),
      ]),
    );
    expect([ran.errors, changes(ran)]).toEqual([[], ["changed", "rules", "changed", "rules"]]);
    expect([now(), pending()]).toEqual(["newer", []]);
  });

  it("is none of a run that died, for a task that asks before it is confirmed", async () => {
    const ran = await inStep(
      () =>
        Promise.all([
          setRules({ to: "new", within: 10, script: ":" }),
          (async () => {
            await command({ argv: ["sleep", "0.5"] });
            await command({ argv: ["sleep", "0.1"] });
            await finishing({});
          })(),
        ]),
      async () => {
        await sleep(2000);
        return hosts.connect("one");
      },
    );
    expect([ran.errors, changes(ran).filter((word) => word === "rollback")]).toEqual([[], []]);
    expect([now(), pending()]).toEqual(["new", []]);
  });

  it("is made in its turn where another one of its name is not confirmed yet", async () => {
    const ran = await inStep(() =>
      Promise.all([
        setRules({ to: "new", within: 10, script: ":" }),
        setRules({ to: "newer", within: 10, script: ":" }),
      ]),
    );
    expect([ran.errors, changes(ran)]).toEqual([[], ["changed", "rules", "changed", "rules"]]);
    expect([now(), pending()]).toEqual(["newer", []]);
  });

  it("is no lock-out where it is slow, and the message says so", async () => {
    const notify = command({ argv: ["touch", hosts.at("notified")] });
    const ran = await run({ within: 8, script: "sleep 20" }, undefined, { options: { notify } });
    expect(ran.errors).toMatchObject([
      {
        code: "change.failed",
        message: "rules: the change took longer than 4 s, so the host has put back what was there before",
        hint: "nothing shows that it shuts this machine out: see what slows the host or the network down, and run again",
      },
    ]);
    expect([now(), pending(), existsSync(hosts.at("notified"))]).toEqual(["old", [], false]);
  });

  it("is no lock-out where its confirmation comes too late, and the message says so", async () => {
    const folder = () => hosts.at("one/lib/rollbacks/rules");
    const ran = await run({ within: 10 }, (known) => {
      // as the timer does it
      if (now() === "new") execFileSync("sh", [`${folder()}/run`, folder()]);
      return known();
    });
    expect(ran.errors).toMatchObject([
      {
        message:
          "rules: the change was not confirmed within 10 s, so the host has put back what was there before",
      },
    ]);
    expect([now(), pending()]).toEqual(["old", []]);
  });

  it("is ended where it hangs, also what has left its process group: it never undoes the rollback", async () => {
    const pid = hosts.at("pid");
    const hanging = `setsid -w sh -c 'trap "" TERM; echo $$ >${pid}; sleep 40; echo late >${rules()}'`;
    const ran = await run({ script: hanging });
    expect(ran.errors).toMatchObject([{ code: "change.failed" }]);
    expect([now(), pending(), isRunning(readFileSync(pid, "utf8").trim())]).toEqual(["old", [], false]);
  });

  it("is taken back where it does not end, and it does not go on after that", async () => {
    const ran = await run({ script: `sleep 6; echo late >${rules()}` });
    expect(ran.errors).toMatchObject([{ code: "change.failed" }]);
    expect(now()).toBe("old");
    await sleep(7000);
    expect([now(), pending()]).toEqual(["old", []]);
  });

  it("is made with the connection that goes on where the change has cut the old one", async () => {
    const ran = await hosts.run(
      [
        play(
          "rules",
          { hosts: "all" },
          {
            set: async () => {
              await setRules({ to: "new", within: 4, script: ":" });
              await command({ argv: ["cp", rules(), hosts.at("seen")] });
            },
          },
        ),
      ],
      {
        access: () => ({
          connect: async () => {
            const connection = await hosts.connect("one");
            // a connection from before the new rules is cut when a second one is made
            if (now() === "old") first.push(connection);
            else for (const one of first.splice(0)) await one.close();
            return connection;
          },
        }),
      },
    );
    expect(ran.errors).toEqual([]);
    expect(readFileSync(hosts.at("seen"), "utf8")).toBe("new\n");
  });
  const first: Connection[] = [];

  it("is taken back by the host alone where the control machine is gone", async () => {
    const leaving = new AbortController();
    const ran = await run(
      {},
      () => {
        leaving.abort();
        return new Promise(() => undefined);
      },
      { signal: leaving.signal },
    );
    expect(ran.events.flatMap((event) => (event.type === "task:end" ? event.status : []))).toEqual([
      "failed",
    ]);
    expect([now(), pending()]).toEqual(["new", ["rules"]]);
    await vi.waitFor(() => expect([now(), pending()]).toEqual(["old", []]), { timeout: 6000 });
  });

  it("is taken back first by the next run where a run has died before it was confirmed", async () => {
    const leaving = new AbortController();
    const dying = () => {
      leaving.abort();
      return new Promise<Connection>(() => undefined);
    };
    await run({ within: 60 }, dying, { signal: leaving.signal });
    expect([now(), pending()]).toEqual(["new", ["rules"]]);
    const planned = await run({}, undefined, { check: true });
    expect(changes(planned)).toEqual(["likely", "rollback"]);
    const again = await run({});
    expect(again.errors).toEqual([]);
    expect(changes(again)).toEqual(["changed", "rollback", "rules"]);
    expect([now(), pending()]).toEqual(["new", []]);
    expect(changes(await run({}))).toEqual(["ok"]);
  });

  it("is made where its state can be saved, and not at all where it can't", async () => {
    const failing = defineModule({
      name: "failing",
      summary: "Can't be taken back.",
      params: {},
      async *plan() {
        yield change({
          what: "rules",
          script: sh`echo new >${rules()}`,
          rollback: { name: "rules", save: sh`echo 'there is no room' >&2; false`, restore: sh`:` },
        });
      },
    });
    const notify = command({ argv: ["touch", hosts.at("notified")] });
    const ran = await inStep(() => failing({}, { notify }));
    expect(ran.errors).toMatchObject([
      {
        message: "rules: the host could not make ready to take the change back, so it was not made",
        details: ["there is no room"],
      },
    ]);
    expect([now(), pending(), existsSync(hosts.at("notified"))]).toEqual(["old", [], false]);
  });
});
