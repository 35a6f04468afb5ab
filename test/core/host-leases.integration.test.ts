/** Leases and pending handlers, on this machine: several runs at once, each over a connection of its own. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { secret } from "../../src/base/secret.ts";
import type { TimedEvent } from "../../src/core/events/events.ts";
import { handlerIdentity, pendingId } from "../../src/core/lease/handler-identity.ts";
import { leaseHolder } from "../../src/core/lease/lease-holder.ts";
import { type Play, play, playbook } from "../../src/core/plays/play.ts";
import { runPlays } from "../../src/core/plays/run.ts";
import type { RunRequest } from "../../src/core/plays/run-request.ts";
import { inventory } from "../../src/inventory/index.ts";
import { command } from "../../src/modules/commands/command.ts";
import { shell } from "../../src/modules/commands/shell.ts";
import { copy } from "../../src/modules/files/copy.ts";
import { connector } from "../../src/transport/connect.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "leases-"));
  process.env["SHOWRUNNER_STATE"] = join(folder, "state");
});
afterEach(async () => {
  delete process.env["SHOWRUNNER_STATE"];
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const log = () => (existsSync(at("log")) ? readFileSync(at("log"), "utf8") : "");
const pending = () => (existsSync(at("state/lib/owed")) ? readdirSync(at("state/lib/owed")) : []);

async function run(plays: readonly Play[], request: Partial<RunRequest> = {}) {
  const events: TimedEvent[] = [];
  const summary = await runPlays({
    playbook: playbook(plays),
    name: "test",
    inventoryName: "here",
    inventory: inventory({ hosts: { here: {}, again: {} } }),
    access: () => ({
      connect: connector("local", { name: "here", address: "localhost", port: 22, user: undefined }),
    }),
    ...request,
    subscribers: [(event) => events.push(event), ...(request.subscribers ?? [])],
  });
  const errors = events.flatMap((event) => (event.type === "host:failed" ? [event.error] : []));
  const statuses = events.flatMap((event) => (event.type === "task:end" ? [event.status] : []));
  const warnings = events.flatMap((event) => (event.type === "warning" ? [event.text] : []));
  return { ...summary, events, errors, statuses, warnings };
}

const on = (hosts: string, body: () => PromiseLike<unknown>, name = "one") =>
  play(name, { hosts }, { step: body });

/** A run that holds the lease until the returned function is called. */
async function holding(body: string) {
  const wait = `while [ ! -e ${at("go")} ]; do sleep 0.05; done; ${body}`;
  const running = run([on("here", () => shell({ cmd: wait }))], { name: "holding" });
  while (!existsSync(at("state/run/holder"))) await sleep(20);
  return async () => {
    writeFileSync(at("go"), "");
    await running;
  };
}

/** Leaves a handler pending: its run is interrupted while a later task runs. */
async function leavePending(notifying: () => PromiseLike<unknown>) {
  const controller = new AbortController();
  await run(
    [
      on("here", async () => {
        await notifying();
        await shell({ cmd: `touch ${at("begun")}; sleep 30` });
      }),
    ],
    {
      signal: controller.signal,
      subscribers: [
        (event) => {
          if (event.type !== "task:start" || event.task.module !== "shell") return;
          const timer = setInterval(() => {
            if (!existsSync(at("begun"))) return;
            clearInterval(timer);
            controller.abort();
          }, 20);
        },
      ],
    },
  );
  expect(pending()).toHaveLength(1);
}

/** What a run that died left on the host: the processes of a shell's session. */
function leaveBehind(script: string, idle: boolean) {
  const shell = spawn("sh", ["-c", script], { detached: true, stdio: "ignore" });
  const pid = shell.pid ?? 0;
  const begun = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
  mkdirSync(at("state/run"), { recursive: true });
  writeFileSync(at("state/run/sessions"), `${pid} ${begun}${idle ? ` ${pid}` : ""}\n`);
  const holder = { ...leaseHolder("test"), pid: spawnSync("true").pid };
  writeFileSync(at("state/run/holder"), `${JSON.stringify(holder)}\n`);
  return shell;
}

const logging = (text: string) => shell({ cmd: `echo ${text} >>${at("log")}` }, { name: text });

describe("a lease", () => {
  test("is shared by a run's names of one host, also in a take-over", async () => {
    const both = on("all", () => shell({ cmd: "sleep 0.5" }));
    const { errors, exitCode } = await run([both], { takeOver: true });
    expect(errors).toEqual([]);
    expect(exitCode).toBe(0);
  });

  test.each(["500ms", 0, "1s"] as const)("is waited for %s", async (waitLease) => {
    const go = await holding(":");
    const { errors } = await run(
      [on("here", () => command({ argv: ["true"] }, { ignoreErrors: true, retries: 3 }))],
      {
        waitLease,
      },
    );
    await go();
    expect(errors.map(({ code }) => code)).toEqual(["lease.held"]);
    expect(errors[0]?.message).toMatch(/^another run is changing this host: holding, by /);
  });

  test("that was waited for makes every task plan again that had read facts before", async () => {
    const files = ["a", "b", "c"].map(at);
    const go = await holding(files.map((file) => `printf x >${file}`).join("; "));
    const second = run([on("here", () => Promise.all(files.map((dest) => copy({ dest, content: "x" }))))]);
    await sleep(300);
    await go();
    expect((await second).statuses).toEqual(["ok", "ok", "ok"]);
  });

  test("is held by the run that waits for a dead one's commands, also in the eyes of others", async () => {
    const orphan = leaveBehind("exec sleep 30", false);
    const told: string[] = [];
    const waiting = run([on("here", () => command({ argv: ["true"] }))], {
      name: "waiting",
      waitLease: "30s",
      subscribers: [(event) => event.type === "warning" && told.push(event.text)],
    });
    while (told.length === 0) await sleep(20);
    expect(told[0]).toMatch(/^test, by .* died and left commands running here: sleep 30 /);
    const second = await run([on("here", () => command({ argv: ["true"] }))], { waitLease: 1 });
    expect(second.errors[0]?.message).toMatch(/^another run is changing this host: waiting, by /);
    expect(second.warnings.join()).not.toContain("left its connection behind");
    orphan.kill();
    expect((await waiting).errors).toEqual([]);
  });

  test("is taken over from the run that waits for a dead one's commands, and they end", async () => {
    const orphan = leaveBehind("exec sleep 30", false);
    const ended = once(orphan, "exit");
    const told: string[] = [];
    const waiting = run([on("here", () => command({ argv: ["true"] }))], {
      name: "waiting",
      waitLease: "30s",
      subscribers: [(event) => event.type === "warning" && told.push(event.text)],
    });
    while (told.length === 0) await sleep(20);
    const second = await run([on("here", () => command({ argv: ["true"] }))], { takeOver: true });
    expect(second.errors).toEqual([]);
    expect(second.warnings[0]).toMatch(/^taken over, and all commands here ended, from waiting, by /);
    await ended;
    expect((await waiting).exitCode).toBe(4);
  });

  test("is waited for, for what a dead run left, also where one that waited for it died", async () => {
    const orphan = leaveBehind("exec sleep 30", false);
    for (const file of ["sessions", "holder"])
      renameSync(at(`state/run/${file}`), at(`state/run/${file === "holder" ? "left" : "left-sessions"}`));
    writeFileSync(at("state/run/holder"), `${JSON.stringify({ ...leaseHolder("waiting") })}\n`);
    const { errors } = await run([on("here", () => command({ argv: ["true"] }))], { waitLease: 0 });
    orphan.kill();
    expect(errors[0]?.message).toMatch(/^test, by .* died and left commands running here: sleep 30 /);
  });

  test("is waited for under all of a run's names of one host", async () => {
    const orphan = leaveBehind("exec sleep 30", false);
    const { errors } = await run([on("all", () => command({ argv: ["true"] }))], { waitLease: 1 });
    orphan.kill();
    expect(errors.map(({ message }) => message)).toEqual(
      Array(2).fill(expect.stringMatching(/^test, by .* died and left commands running here: sleep 30 /)),
    );
  });

  test("that the host has no place for is told, with what to do", async () => {
    writeFileSync(at("state"), "a file");
    const { errors } = await run([on("here", () => command({ argv: ["true"] }))]);
    expect(errors[0]?.code).toBe("lease.failed");
    expect(errors[0]?.details.join()).toContain(at("state/run"));
    expect(errors[0]?.hint).toContain("lease: false");
  });

  test("ends with the run, and so do the records of handlers that have run", async () => {
    await run([on("here", () => copy({ dest: at("file"), content: "x" }, { notify: logging("run") }))]);
    expect(log()).toBe("run\n");
    expect(existsSync(at("state/lib"))).toBe(false);
    expect(existsSync(at("state/run/holder"))).toBe(false);
  });
});

describe("pending handlers", () => {
  test("that differ in where they run are two: the one that fails stays pending", async () => {
    const here = command({ argv: ["sh", "-c", "pwd >>log"] }, { cwd: folder });
    const nowhere = command({ argv: ["sh", "-c", "pwd >>log"] }, { cwd: at("nowhere") });
    await run([on("here", () => copy({ dest: at("file"), content: "x" }, { notify: [here, nowhere] }))]);
    expect(log()).toBe(`${folder}\n`);
    expect(pending()).toHaveLength(1);
  });

  test("are the same on a host, and two handlers in a run, where only a secret differs", () => {
    const handler = (text: string) => ({
      task: command({ argv: ["true"], stdin: secret(text) }),
      become: undefined,
    });
    const [a, b] = [handler("one"), handler("two")];
    expect(pendingId(a)).toBe(pendingId(b));
    expect(handlerIdentity(a)).not.toBe(handlerIdentity(b));
  });

  test("stay until every task is done that may notify them", async () => {
    const handler = logging("run");
    const seen: number[] = [];
    await run(
      [
        on("here", async () => {
          const slow = shell(
            { cmd: `sleep 1; [ -z "$(ls ${at("state/lib/owed")})" ] || echo kept >>${at("log")}` },
            { notify: handler },
          );
          const refused = copy(
            { dest: at("file"), content: "x", validate: "false %s" },
            { notify: handler, ignoreErrors: true },
          );
          await Promise.all([slow, refused]);
        }),
      ],
      { subscribers: [(event) => event.type === "task:end" && seen.push(pending().length)] },
    );
    expect(log()).toBe("kept\nrun\n");
    expect(pending()).toEqual([]);
  });

  test.each([
    ["throws", "true"],
    ["can't be asked, since the host was lost", "kill -9 $$"],
  ])("end with their handler where the task's changedWhen %s", async (_, cmd) => {
    const changedWhen = ({ value }: { value: { stdout: string } }): boolean => JSON.parse(`${value.stdout}{`);
    const { statuses } = await run([
      on("here", () =>
        shell({ cmd }, { changedWhen, notify: logging("run"), ignoreErrors: true, ignoreUnreachable: true }),
      ),
    ]);
    expect(statuses).toEqual(["failed", "changed"]);
    expect(log()).toBe("run\n");
    expect(pending()).toEqual([]);
  });

  test("are run once by two runs that come at the same time", async () => {
    await leavePending(() => copy({ dest: at("file"), content: "x" }, { notify: logging("run") }));
    const rerun = () =>
      run([on("here", () => copy({ dest: at("file"), content: "x" }, { notify: logging("run") }))]);
    const both = await Promise.all([rerun(), rerun()]);
    expect(both.flatMap(({ errors }) => errors)).toEqual([]);
    expect(log()).toBe("run\n");
    expect(pending()).toEqual([]);
  });

  test("that another run has run meanwhile are written down again when they are notified again", async () => {
    await leavePending(() => copy({ dest: at("file"), content: "x" }, { notify: logging("run") }));
    let kept = 0;
    const go = await holding(`rm -rf ${at("state/lib")}`);
    const second = run([
      on("here", async () => {
        await copy({ dest: at("file"), content: "y" }, { notify: logging("run") });
        kept = pending().length;
      }),
    ]);
    await sleep(300);
    await go();
    expect((await second).errors).toEqual([]);
    expect(kept).toBe(1);
    expect(log()).toBe("run\n");
  });

  test("of a dead run are run by one that changes nothing, though the host takes it for alive", async () => {
    await leavePending(() => copy({ dest: at("file"), content: "x" }, { notify: logging("run") }));
    // what is left where the network went away without a word: its shell still holds the lock
    leaveBehind(`exec 9<${at("state/run/lease")}; flock 9; exec sleep 30`, true);
    const { errors, statuses } = await run([
      on("here", () => copy({ dest: at("file"), content: "x" }, { notify: logging("run") })),
    ]);
    expect(errors).toEqual([]);
    expect(statuses).toEqual(["ok", "changed"]);
    expect(log()).toBe("run\n");
  });

  test("that can't be run are said to be pending and not run, and their host is waited for once", async () => {
    const notifying = () => copy({ dest: at("file"), content: "x" }, { notify: logging("run") });
    await leavePending(notifying);
    const orphan = leaveBehind("exec sleep 30", false);
    const rerun = await run(
      [
        on("here", async () => {
          await notifying();
          await shell({ cmd: ":" }, { notify: logging("run") });
        }),
      ],
      { waitLease: 1 },
    );
    orphan.kill();
    expect(rerun.errors.map(({ code }) => code)).toEqual(["lease.held", "lease.held"]);
    expect(rerun.warnings).toEqual([
      expect.stringMatching(/^test, by .* died and left commands running here: .*: waiting for up to 1 s$/),
      expect.stringMatching(/^an earlier run left pending handlers, which are due now: shell run \(test, /),
      "pending, and not run: shell run; kept on the host for the next run",
    ]);
    expect(log()).toBe("");
    expect(pending()).toHaveLength(1);
    const last = await run([on("here", notifying)]);
    expect(last.errors).toEqual([]);
    expect(log()).toBe("run\n");
    expect(pending()).toEqual([]);
  });

  test("of this very run are not told as an earlier one's after a reboot", async () => {
    await run([on("here", () => shell({ cmd: ":" }))]);
    const reboot = `rm -f ${at("state/run")}/*; kill -9 $$`;
    const { warnings, statuses } = await run([
      on("here", async () => {
        await copy({ dest: at("file"), content: "x" }, { notify: logging("run") });
        await shell({ cmd: reboot }, { ignoreUnreachable: true });
        await copy({ dest: at("other"), content: "x" });
      }),
    ]);
    expect(statuses).toEqual(["changed", "failed", "changed", "changed"]);
    expect(warnings).toEqual([]);
    expect(log()).toBe("run\n");
    expect(pending()).toEqual([]);
  });

  test("of another playbook are left to it, and told", async () => {
    await leavePending(() => copy({ dest: at("file"), content: "x" }, { notify: logging("run") }));
    const other = await run([on("here", () => copy({ dest: at("other"), content: "x" }))], { name: "other" });
    expect(log()).toBe("");
    expect(other.events.flatMap((event) => (event.type === "warning" ? [event.text] : [])).join()).toMatch(
      /its playbook runs next time: shell run \(test, /,
    );
    expect(pending()).toHaveLength(1);
  });

  test("of a play that its playbook has no more are run all the same", async () => {
    await leavePending(() => copy({ dest: at("file"), content: "x" }, { notify: logging("run") }));
    const { errors } = await run([on("here", () => copy({ dest: at("other"), content: "x" }), "renamed")]);
    expect(errors).toEqual([]);
    expect(log()).toBe("run\n");
  });
});
