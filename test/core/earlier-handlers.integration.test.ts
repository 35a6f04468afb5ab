/** What earlier runs left on hosts, and which run runs it, where and when. */
import { readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { PassThrough, Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Secret, secret } from "../../src/base/secret.ts";
import { play } from "../../src/core/plays/play.ts";
import { flushHandlers } from "../../src/core/steps/flush-handlers.ts";
import { on } from "../../src/core/steps/on.ts";
import { command } from "../../src/modules/commands/command.ts";
import { shell } from "../../src/modules/commands/shell.ts";
import { copy } from "../../src/modules/files/copy.ts";
import type { RemoteProcess } from "../../src/transport/transport.ts";
import { HostsOfThisMachine } from "./hosts-of-this-machine.ts";

let here: HostsOfThisMachine;
beforeEach(() => {
  here = new HostsOfThisMachine(["h1", "h2", "h3"]);
});
afterEach(() => here.remove());

const names = ["h1", "h2", "h3"];
const file = (host: string, content = "x") => ({ dest: here.at(`file-${host}`), content });

/** Leaves a handler pending on hosts: it fails there. */
async function leavePending(hosts: readonly string[]) {
  for (const host of hosts) writeFileSync(here.at(`broken-${host}`), "");
  await here.run([
    play(
      "rolling",
      { hosts: hosts.join() },
      { step: ({ host }) => copy(file(host.name), { notify: here.noting() }) },
    ),
  ]);
  for (const host of hosts) expect(here.pending(host)).toHaveLength(1);
  await Promise.all(["log", ...hosts.map((host) => `broken-${host}`)].map((name) => rm(here.at(name))));
}

describe("handlers that earlier runs left, in a rolling play", () => {
  const look = () => play("look", { hosts: "all" }, { step: ({ host }) => copy(file(host.name)) });
  const rolling = () =>
    play(
      "rolling",
      { hosts: "all", serial: 1 },
      {
        step: async ({ host }) => {
          await command({ argv: ["sh", "-c", `echo ${host.name} begins >>${here.at("log")}`] });
          await copy(file(host.name), { notify: here.noting() });
        },
      },
    );

  test("are run with the batch of their host", async () => {
    await leavePending(names);
    const { exitCode } = await here.run([look(), rolling()]);
    expect(exitCode).toBe(0);
    expect(here.log).toEqual(names.flatMap((name) => [`${name} begins`, name]));
  });

  test("are left on the hosts of later batches where the run stops", async () => {
    await leavePending(names);
    writeFileSync(here.at("broken-h1"), "");
    const { stopped } = await here.run([look(), rolling()]);
    expect(here.log).toEqual(["h1 begins", "h1"]);
    expect(stopped).toMatchObject([
      { reason: "1 of 1 hosts failed in batch 1 of 3", untouched: ["h2", "h3"] },
    ]);
  });

  test("are run on a host of no batch of the play that notified them", async () => {
    writeFileSync(here.at("broken-h3"), "");
    const delegating = (hosts: string) =>
      play(
        "delegating",
        { hosts, serial: 1 },
        { step: () => on("h3", () => copy(file("h3"), { notify: here.noting() })) },
      );
    await here.run([delegating("h1")]);
    expect(here.pending("h3")).toHaveLength(1);
    await rm(here.at("broken-h3"));
    await here.run([look(), delegating("h1,h2")]);
    expect(here.log).toEqual(["h3", "h3"]);
    expect(here.pending("h3")).toEqual([]);
  });

  test("are left where a batch before theirs notifies the host of another handler, which touches it", async () => {
    await leavePending(["h2"]);
    const delegating = play(
      "rolling",
      { hosts: "h1,h2,h3", serial: 1, anyErrorsFatal: true },
      {
        step: async ({ host }) => {
          if (host.name !== "h1") return;
          await on("h2", () => copy(file("h2", "y"), { notify: here.noting("other") }));
          await command({ argv: ["false"] });
        },
      },
    );
    const { stopped } = await here.run([delegating]);
    expect(here.log).toEqual(["h2 other"]);
    expect(here.pending("h2")).toHaveLength(1);
    expect(stopped).toMatchObject([{ untouched: ["h3"] }]);
  });
});

test("a handler that an earlier run left is run though a task of this one would notify it and has no effect", async () => {
  await leavePending(["h1"]);
  const refused = { dest: here.at("refused"), content: "x", validate: "false %s" };
  const other = play(
    "other",
    { hosts: "h1" },
    { step: () => copy(refused, { notify: here.noting(), ignoreErrors: true }) },
  );
  await here.run([other]);
  expect(here.log).toEqual(["h1"]);
  expect(here.pending("h1")).toEqual([]);
});

describe("a handler that fails", () => {
  const site = () =>
    play("site", { hosts: "h1" }, { step: () => copy(file("h1"), { notify: here.noting() }) });

  test("is told of as still pending, by its own run and by the next ones, until it has run", async () => {
    writeFileSync(here.at("broken-h1"), "");
    const told = "run, and still pending: shell note; kept on the host for the next run";
    expect((await here.run([site()])).warnings).toEqual([told]);
    const left = expect.stringMatching(
      /^an earlier run left pending handlers, which are due now: shell note \(site, /,
    );
    expect((await here.run([site()])).warnings).toEqual([left, told]);
    await rm(here.at("broken-h1"));
    expect((await here.run([site()], { check: true })).warnings).toEqual([
      expect.stringMatching(/^an earlier run left pending handlers, which would run now: /),
    ]);
    expect((await here.run([site()])).warnings).toEqual([left]);
    expect((await here.run([site()])).warnings).toEqual([]);
  });

  test.each(["ignoreErrors", "ignoreUnreachable"] as const)(
    "stays pending where that is ignored by its %s",
    async (option) => {
      // a shell that is gone is a host that is lost
      const fails = option === "ignoreErrors" ? "exit 1" : "{ kill -9 $$; exit 1; }";
      const cmd = `[ ! -e ${here.at("broken-h1")} ] || ${fails}; echo run >>${here.at("log")}`;
      const site = () =>
        play(
          "site",
          { hosts: "h1" },
          { step: () => copy(file("h1"), { notify: shell({ cmd }, { name: "note", [option]: true }) }) },
        );
      writeFileSync(here.at("broken-h1"), "");
      const first = await here.run([site()]);
      expect(first).toMatchObject({ exitCode: 0, totals: { ignored: 1 } });
      expect(first.warnings).toEqual([
        "run, and still pending: shell note; kept on the host for the next run",
      ]);
      await rm(here.at("broken-h1"));
      await here.run([site()]);
      expect([here.log, here.pending("h1")]).toEqual([["run"], []]);
    },
  );

  test("keeps the record of another one that differs from it by a secret only", async () => {
    const cmd = `[ $TENANT = two ] || [ ! -e ${here.at("broken-h1")} ] || exit 1; echo $TENANT >>${here.at("log")}`;
    const reload = (run: string) => shell({ cmd, environment: { TENANT: secret(run) } }, { name: run });
    const site = () =>
      play(
        "site",
        { hosts: "h1" },
        {
          one: () => copy({ dest: here.at("one"), content: "x" }, { notify: reload("one") }),
          two: () => copy({ dest: here.at("two"), content: "x" }, { notify: reload("two") }),
        },
      );
    writeFileSync(here.at("broken-h1"), "");
    await here.run([site()]);
    expect(here.log).toEqual(["two"]);
    expect(here.pending("h1")).toHaveLength(1);
    await rm(here.at("broken-h1"));
    await here.run([site()]);
    // which of them it was, the host can't tell
    expect(here.log).toEqual(["two", "one", "two"]);
    expect(here.pending("h1")).toEqual([]);
  });

  test("is run by its own playbook, whichever others have notified the same", async () => {
    const other = (name: string) =>
      here.run(
        [
          play(
            name,
            { hosts: "h1" },
            { step: () => copy({ dest: here.at(name), content: "x" }, { notify: here.noting() }) },
          ),
        ],
        { name },
      );
    writeFileSync(here.at("broken-h1"), "");
    await other("mine");
    await other("theirs");
    expect(here.pending("h1").length).toBe(2);
    await rm(here.at("broken-h1"));
    await rm(here.at("log"));
    const look = play("mine", { hosts: "h1" }, { step: () => copy({ dest: here.at("more"), content: "x" }) });
    await here.run([look], { name: "mine" });
    expect(here.log).toEqual(["h1"]);
  });

  test("stays pending though a later task would notify it and has no effect", async () => {
    writeFileSync(here.at("broken-h1"), "");
    const refused = { dest: here.at("refused"), content: "x", validate: "false %s" };
    const site = play(
      "site",
      { hosts: "h1" },
      {
        step: async () => {
          await copy(file("h1"), { notify: here.noting() });
          await expect(flushHandlers()).rejects.toThrow("status 1");
          await copy(refused, { notify: here.noting(), ignoreErrors: true });
        },
      },
    );
    expect((await here.run([site])).exitCode).toBe(0);
    expect(here.log).toEqual(["h1"]);
    expect(here.pending("h1")).toHaveLength(1);
  });

  test("is run under the id that it was written down by, though another version would give it another", async () => {
    await leavePending(["h1"]);
    const [name = ""] = here.pending("h1");
    const path = (file: string) => here.at("h1", "lib/owed", file);
    const id = name.slice(-29, -5);
    const other = "0".repeat(24);
    writeFileSync(path(name.replace(id, other)), readFileSync(path(name), "utf8").replace(id, other));
    await rm(path(name));
    await here.run([play("rolling", { hosts: "h1" }, { step: () => copy(file("else")) })]);
    expect(here.log).toEqual(["h1"]);
    expect(here.pending("h1")).toEqual([]);
  });
});

test("flushing handlers waits for those that somebody else on the same host has begun to run", async () => {
  const note = (text: string) => `echo ${text} >>${here.at("log")}`;
  const reload = shell({ cmd: `sleep 0.3; ${note("reloaded")}` }, { name: "reload" });
  let arrived = 0;
  let bothAreThere: () => void = () => undefined;
  const both = new Promise<void>((resolve) => {
    bothAreThere = resolve;
  });
  const site = play(
    "site",
    { hosts: "h1,h2" },
    {
      step: async ({ host }) => {
        await on("h3", async () => {
          await copy({ dest: here.at(`conf-${host.name}`), content: "x" }, { notify: reload });
          if (++arrived === 2) bothAreThere();
          await both;
          await flushHandlers();
        });
        await shell({ cmd: note(host.name) });
      },
    },
  );
  expect((await here.run([site])).exitCode).toBe(0);
  expect([here.log[0], ...here.log.slice(1).sort()]).toEqual(["reloaded", "h1", "h2"]);
});

test("a look that fails is made again with the next facts", async () => {
  await leavePending(["h1"]);
  const site = play(
    "rolling",
    { hosts: "h1", ignoreUnreachable: true },
    { first: () => copy(file("else")), second: () => copy(file("else")) },
  );
  const { exitCode } = await here.run(
    [site],
    here.breakingOnce(() => true),
  );
  expect(exitCode).toBe(0);
  expect(here.log).toEqual(["h1"]);
  expect(here.pending("h1")).toEqual([]);
});

test("what this run has notified itself is not taken for an earlier run's, whatever can't be read meanwhile", async () => {
  let breaks = false;
  const site = play(
    "site",
    { hosts: "h1", ignoreUnreachable: true },
    {
      change: () => copy(file("h1"), { notify: here.noting() }),
      lose: async () => {
        breaks = true;
        await shell({ cmd: "kill -9 $$; exit 1" });
      },
      failToRead: () => copy(file("h1")),
      read: () => copy(file("h1")),
    },
  );
  const { warnings, totals } = await here.run(
    [site],
    here.breakingOnce(() => breaks),
  );
  expect(totals.ignored).toBe(2);
  expect(warnings).toEqual([]);
  expect([here.log, here.pending("h1")]).toEqual([["h1"], []]);
});

test("a look at what another run left meanwhile is made again where it failed", async () => {
  writeFileSync(here.at("file-h1"), "x");
  let breaks = false;
  const leave = play(
    "site",
    { hosts: "h1" },
    { step: () => copy({ dest: here.at("a"), content: "x" }, { notify: here.noting() }) },
  );
  const site = play(
    "site",
    { hosts: "h1", ignoreUnreachable: true },
    {
      read: () => copy(file("h1")),
      meanwhile: async () => {
        writeFileSync(here.at("broken-h1"), "");
        await here.run([leave]);
        await Promise.all([rm(here.at("broken-h1")), rm(here.at("log"))]);
        breaks = true;
      },
      change: () => copy({ dest: here.at("b"), content: "x" }),
      changeMore: () => copy({ dest: here.at("c"), content: "x" }),
    },
  );
  /** Its shell ends when it is to say which handlers are pending. */
  const breaking = (process: RemoteProcess): RemoteProcess => {
    const stdin = new PassThrough();
    stdin.on("data", (chunk: Buffer) => {
      const isLook = breaks && chunk.includes("owed/*.json");
      if (isLook) breaks = false;
      if (isLook) process.close();
      else process.stdin.write(chunk);
    });
    return { ...process, stdin };
  };
  const { warnings, totals } = await here.run([site], {
    access: ({ name }) => ({
      connect: async () => {
        const connection = await here.connect(name);
        return { ...connection, spawn: async (command) => breaking(await connection.spawn(command)) };
      },
    }),
  });
  expect(totals.ignored).toBe(1);
  expect(warnings).toEqual([
    expect.stringMatching(/^an earlier run left pending handlers, which are due now: shell note/),
  ]);
  expect([here.log, here.pending("h1")]).toEqual([["h1"], []]);
});

test("a secret of a handler that nothing notifies is not asked for", async () => {
  const unknown = new Secret(() => {
    throw new Error("there is no such secret");
  });
  const notify = shell({ cmd: "true", environment: { TOKEN: unknown } });
  writeFileSync(here.at("file-h1"), "x");
  const site = play("site", { hosts: "h1" }, { step: () => copy(file("h1"), { notify }) });
  expect(await here.run([site])).toMatchObject({ exitCode: 0, totals: { ok: 1 } });
});

test("a command that an interrupt could not end is left to the next run, which waits for it", async () => {
  const controller = new AbortController();
  const site = (cmd: string) => play("site", { hosts: "h1" }, { step: () => shell({ cmd }) });
  const interrupted = here.run([site(`touch ${here.at("begun")}; sleep 6; echo done >>${here.at("log")}`)], {
    signal: controller.signal,
    access: ({ name }) => ({
      connect: async () => {
        const connection = await here.connect(name);
        const isEnding = (script: string) => script.includes("kill -TERM") && !script.includes("flock");
        const spawn = async (command: string) => {
          const process = await connection.spawn(command);
          const stdin = new Writable({
            write(chunk: Buffer, _encoding, done) {
              if (isEnding(chunk.toString())) process.close();
              else process.stdin.write(chunk, done);
            },
            final: (done) => void process.stdin.end(done),
          });
          return { ...process, stdin };
        };
        // as if it lived on: closing would end its processes
        return { ...connection, spawn };
      },
    }),
  });
  await vi.waitFor(() => readFileSync(here.at("begun")), 10_000);
  controller.abort();
  await interrupted;
  expect(here.log).toEqual([]);
  const { warnings, exitCode } = await here.run([site(`echo next >>${here.at("log")}`)]);
  expect(warnings[0]).toMatch(/died and left commands running here: sleep 6/);
  expect(exitCode).toBe(0);
  expect(here.log).toEqual(["done", "next"]);
});
