/** One run at a time on a host, and handlers that outlive their run. */
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { secret } from "../../src/base/secret.ts";
import { requireContext } from "../../src/core/engine/context.ts";
import { allPendingHandlers } from "../../src/core/lease/host-state.ts";
import { play } from "../../src/core/plays/play.ts";
import type { RunRequest } from "../../src/core/plays/run-request.ts";
import { flushHandlers } from "../../src/core/steps/flush-handlers.ts";
import { inventory } from "../../src/inventory/index.ts";
import { command } from "../../src/modules/commands/command.ts";
import { shell } from "../../src/modules/commands/shell.ts";
import { copy } from "../../src/modules/files/copy.ts";
import { connector } from "../../src/transport/connect.ts";
import type { Connection } from "../../src/transport/transport.ts";
import { testLab } from "./support.ts";

const lab = testLab("srlease", 90, ["h1", "h2", "h3"]);
/** How often three runs are started at once; 20 show that it is no luck. */
const rounds = Number(process.env["LEASE_ROUNDS"] ?? 3);
let own: Connection;

beforeAll(async () => {
  await lab.up();
  own = await connector("ssh", lab.settings("h1"))();
});
afterAll(async () => {
  await own?.close();
  await lab.down();
});
afterEach(() => onHost("rm -rf /srv/* /run/showrunner /var/lib/showrunner"));

/** Looks at the host beside the engine, as root. */
async function onHost(script: string): Promise<string> {
  const process = await own.spawn(`sudo sh -c '${script}'`);
  process.stdin.end();
  process.stderr.resume();
  let printed = "";
  process.stdout.on("data", (chunk: Buffer) => {
    printed += chunk;
  });
  await process.closed;
  return printed.trim();
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return;
    await sleep(100);
  }
  throw new Error(`this did not come true: ${what}`);
}

const leased = () =>
  until("a run holds the lease", async () => (await onHost("cat /run/showrunner/holder")) !== "");
const running = async (text: string) => (await onHost(`pgrep -xf "${text}"`)) !== "";

const busy = (seconds: number) =>
  play("busy", { hosts: "h1", become: true }, { wait: () => command({ argv: ["sleep", String(seconds)] }) });

const note = (content: string) =>
  play("note", { hosts: "h1", become: true }, { note: () => copy({ dest: "/srv/note", content }) });

/** A way onto the host that can be cut as if the controller had been killed. */
function cuttable(): Pick<RunRequest, "access"> & { cut(): Promise<void> } {
  let made: Connection | undefined;
  return {
    access: () => ({
      connect: async () => {
        made = await connector("ssh", lab.settings("h1"))();
        return made;
      },
    }),
    cut: async () => made?.close(),
  };
}

describe("while a run is changing a host", () => {
  test("another that wants to change it is told who does, since when, and what to do", async () => {
    const first = lab.run([busy(4)], { name: "deploy" });
    await leased();
    const { errors, exitCode, of } = await lab.run([note("b")], { waitLease: 1 });
    expect(exitCode).toBe(2);
    expect(errors.join()).toMatch(
      /^h1: lease\.held: another run is changing this host: deploy, by \S+ on \S+ \(process \d+\), since [\d-]+ [\d:]+ UTC, \d s ago/,
    );
    expect(of("host:failed")[0]?.error.hint).toContain("--wait-lease");
    expect(
      of("warning")
        .map(({ text }) => text)
        .join(),
    ).toContain("waiting for up to 1 s");
    expect((await first).exitCode).toBe(0);
    expect(await onHost("ls /srv")).toBe("");
  });

  test("another waits, and then plans again on what it finds", async () => {
    const slow = play(
      "slow",
      { hosts: "h1", become: true },
      {
        write: () => shell({ cmd: "sleep 2; printf a >/srv/note" }),
      },
    );
    const first = lab.run([slow]);
    await leased();
    const second = await lab.run([note("a")], { waitLease: 20 });
    await first;
    expect(second.errors).toEqual([]);
    expect(second.statuses).toEqual(["h1 copy /srv/note: ok"]);
  });

  test("a run that changes nothing neither needs nor takes it", async () => {
    await lab.run([note("a")]);
    const first = lab.run([busy(3)]);
    await leased();
    const { statuses, hosts } = await lab.run([note("a")], { waitLease: 0 });
    expect(statuses).toEqual(["h1 copy /srv/note: ok"]);
    expect(hosts["h1"]?.roundTrips).toBe(1);
    expect((await lab.run([note("b")], { check: true, waitLease: 0 })).statuses).toEqual([
      "h1 copy /srv/note: changed",
    ]);
    await first;
  });

  test("a forced take-over ends what it does", async () => {
    const first = lab.run([busy(77)]);
    await leased();
    await until("the command runs", () => running("sleep 77"));
    const second = await lab.run([note("b")], { takeOver: true });
    expect(second.errors).toEqual([]);
    expect(second.of("warning")[0]?.text).toMatch(/^taken over, and all commands here ended, from test, by /);
    expect(await running("sleep 77")).toBe(false);
    expect((await first).errors.join()).toContain("host.lost");
  });

  test("there is a warning where the host has nothing to lock with", async () => {
    await onHost("mv /usr/bin/flock /usr/bin/flock.away");
    try {
      const { errors, of } = await lab.run([note("b")]);
      expect(errors).toEqual([]);
      expect(of("warning").map(({ text }) => text)).toEqual([
        expect.stringContaining("there is no flock on this host"),
      ]);
    } finally {
      await onHost("mv /usr/bin/flock.away /usr/bin/flock");
    }
  });

  test("the same run may reach it under two names", async () => {
    const { errors, exitCode } = await lab.run([
      play("one", { hosts: "h1", become: true }, { a: () => copy({ dest: "/srv/a", content: "a" }) }),
      play("user", { hosts: "h1" }, { b: () => copy({ dest: "/tmp/srlease-b", content: "b" }) }),
    ]);
    expect(errors).toEqual([]);
    expect(exitCode).toBe(0);
  });
});

describe("three runs that go through the same hosts in opposite orders", () => {
  /** Fails where another run is at work on the host. */
  const alone = (run: string) =>
    shell({ cmd: `mkdir /srv/busy && sleep 0.2 && rmdir /srv/busy && echo ${run} >>/srv/${run}` });
  const orders = [
    ["h1", "h2", "h3"],
    ["h3", "h2", "h1"],
    ["h2", "h3", "h1"],
  ];

  /** Each control machine has names of its own for the hosts, and each deployment its own handler. */
  const start = (run: string, order: readonly string[]) =>
    lab.run(
      order.map((host) =>
        play(
          host,
          { hosts: `${run}-${host}`, become: true },
          {
            work: async () => {
              await alone(run);
              const reload = shell({ cmd: `cat /srv/version >>/srv/${run}` }, { name: "reload" });
              await copy({ dest: "/srv/version", content: `${run}\n` }, { notify: reload });
            },
          },
        ),
      ),
      {
        name: run,
        waitLease: "5m",
        inventory: inventory({ hosts: Object.fromEntries(order.map((host) => [`${run}-${host}`, {}])) }),
        access: ({ name }) => ({ connect: connector("ssh", lab.settings(name.split("-")[1] ?? "")) }),
      },
    );

  test(
    `all come to their end, ${rounds} times`,
    async () => {
      for (let round = 1; round <= rounds; round++) {
        const runs = await Promise.all(orders.map((order, index) => start(`run${index}`, order)));
        expect(runs.map(({ errors, exitCode }) => ({ errors, exitCode }))).toEqual(
          runs.map(() => ({ errors: [], exitCode: 0 })),
        );
        const { of } = await lab.run([
          play(
            "look",
            { hosts: "all", become: true },
            {
              look: async () => {
                const seen = await shell({
                  cmd: "cat /srv/run?; ls -A /srv; [ ! -e /var/lib/showrunner ]",
                  readOnly: true,
                });
                expect(seen.value.stdout.trim().split("\n")).toEqual([
                  ...["run0", "run0", "run1", "run1", "run2", "run2"],
                  ...["run0", "run1", "run2", "version"],
                ]);
              },
            },
          ),
        ]);
        expect(of("host:failed").map(({ error }) => error.message)).toEqual([]);
        await lab.run([
          play("clean", { hosts: "all", become: true }, { clean: () => shell({ cmd: "rm -rf /srv/*" }) }),
        ]);
      }
    },
    rounds * 40_000,
  );
});

describe("a run that died", () => {
  test("leaves no lease, and its command that still works is reported, not trampled on", async () => {
    const { access, cut } = cuttable();
    const first = lab.run([busy(7)], { access });
    await leased();
    await until("the command runs", () => running("sleep 7"));
    await cut();
    expect((await first).exitCode).toBe(4);
    const { errors } = await lab.run([note("b")], { waitLease: 1 });
    expect(errors.join()).toMatch(
      /lease\.held: test, by .* ago, died and left commands running here: sleep 7 \(process \d+\)/,
    );
    expect(await running("sleep 7")).toBe(true);
    expect((await lab.run([note("b")], { waitLease: 20 })).statuses).toEqual(["h1 copy /srv/note: changed"]);
  });

  test("without its connection being closed has its shells ended, and its commands reported", async () => {
    const first = lab.run([busy(8)]);
    await leased();
    await until("the command runs", () => running("sleep 8"));
    const { pid } = spawnSync("true");
    await onHost(`sed -i "s/\\"pid\\":[0-9]*/\\"pid\\":${pid}/" /run/showrunner/holder`);
    const second = await lab.run([note("b")], { waitLease: 1 });
    const told = second.of("warning").map(({ text }) => text);
    expect(told[0]).toMatch(/^test, by .* died and left its connection open/);
    expect(second.errors.join()).toContain("died and left commands running here: sleep 8");
    expect(await running("sleep 8")).toBe(true);
    expect((await first).exitCode).toBe(4);
    expect((await lab.run([note("b")], { waitLease: 20 })).errors).toEqual([]);
  });

  test("has daemons that are nobody's command any more", async () => {
    const { access, cut } = cuttable();
    const daemon = play(
      "daemon",
      { hosts: "h1", become: true },
      {
        start: () => shell({ cmd: "setsid sleep 66 </dev/null >/dev/null 2>&1 &" }),
        wait: () => command({ argv: ["sleep", "1"] }),
      },
    );
    const first = lab.run([daemon], { access });
    await until("the daemon runs", () => running("sleep 66"));
    await cut();
    await first;
    expect((await lab.run([note("b")], { waitLease: 5 })).errors).toEqual([]);
    expect(await running("sleep 66")).toBe(true);
    await onHost('pkill -xf "sleep 66"');
  });
});

describe("pending handlers", () => {
  const restart = () => shell({ cmd: "echo run >>/srv/log" }, { name: "restart" });
  const site = (seconds = 0) =>
    play(
      "site",
      { hosts: "h1", become: true },
      {
        config: () => copy({ dest: "/srv/config", content: "x" }, { notify: restart() }),
        wait: () => command({ argv: ["sleep", String(seconds)] }),
      },
    );
  const pending = () => onHost("ls /var/lib/showrunner/owed");

  test("are written down before the change, and removed when they have run", async () => {
    const seen: Promise<string>[] = [];
    await lab.run([site(1)], {
      subscribers: [(event) => event.type === "task:end" && seen.push(pending())],
    });
    expect((await Promise.all(seen))[0]).toMatch(/^\d{13}-0000-[0-9a-f]{24}\.json$/);
    expect(await onHost("cat /srv/log; ls /var/lib/showrunner")).toBe("run");
  });

  test.each(["interrupted", "cut off"])("are run once by the next run when theirs was %s", async (how) => {
    const { access, cut } = cuttable();
    const controller = new AbortController();
    const first = lab.run([site(55)], { access, signal: controller.signal });
    await until("the command runs", () => running("sleep 55"));
    if (how === "interrupted") controller.abort();
    else await cut();
    expect((await first).exitCode).toBe(how === "interrupted" ? 99 : 4);
    await onHost('pkill -xf "sleep 55"');
    expect(await onHost("ls /srv/log")).toBe("");
    expect((await lab.run([site()], { check: true })).statuses.at(-1)).toBe("h1 shell restart: changed");
    const second = await lab.run([site()]);
    expect(second.errors).toEqual([]);
    expect(second.statuses).toEqual([
      "h1 copy /srv/config: ok",
      "h1 command sleep 0: changed",
      "h1 shell restart: changed",
    ]);
    expect(
      second
        .of("warning")
        .map(({ text }) => text)
        .join(),
    ).toMatch(/left pending handlers, which are due now: shell restart \(test, /);
    await lab.run([site()]);
    expect(await onHost("cat /srv/log; ls /var/lib/showrunner")).toBe("run");
  });

  test("wait for their own playbook, and where they hold a secret for the task that names them", async () => {
    const { access, cut } = cuttable();
    const key = secret("a word that nobody may see");
    const hidden = shell({ cmd: "cat >>/srv/secret", stdin: key }, { name: "hidden" });
    const notifying = play(
      "notifying",
      { hosts: "h1", become: true },
      {
        config: () => copy({ dest: "/srv/config", content: "x" }, { notify: [restart(), hidden] }),
        wait: () => command({ argv: ["sleep", "54"] }),
      },
    );
    const first = lab.run([notifying], { access });
    await until("the command runs", () => running("sleep 54"));
    await cut();
    await first;
    await onHost('pkill -xf "sleep 54"');
    expect(await onHost("cat /var/lib/showrunner/owed/*")).not.toContain("nobody may see");
    const other = await lab.run([note("a")], { name: "other" });
    expect(await onHost("ls /srv/log /srv/secret")).toBe("");
    const told = other.of("warning").map(({ text }) => text);
    expect(told.join()).toMatch(
      /which its playbook runs next time: shell restart \(test, .*shell hidden \(test/,
    );
    const again = play(
      "notifying",
      { hosts: "h1", become: true },
      {
        config: () => copy({ dest: "/srv/config", content: "x" }, { notify: [restart(), hidden] }),
      },
    );
    expect((await lab.run([again])).errors).toEqual([]);
    expect(await onHost("cat /srv/log /srv/secret; ls /var/lib/showrunner")).toBe(
      "run\na word that nobody may see",
    );
  });

  test("are run at the end of the play that notified them, once, or earlier where a task names them", async () => {
    const { access, cut } = cuttable();
    const base = play(
      "base",
      { hosts: "h1", become: true },
      { base: () => copy({ dest: "/srv/base", content: "x" }) },
    );
    const app = (more: Record<string, () => PromiseLike<unknown>>) =>
      play(
        "app",
        { hosts: "h1", become: true },
        {
          unit: () =>
            copy({ dest: "/srv/unit", content: "x" }, { notify: shell({ cmd: "cat /srv/unit >>/srv/log" }) }),
          ...more,
        },
      );
    const killed = lab.run([app({ wait: () => command({ argv: ["sleep", "53"] }) })], { access });
    await until("the command runs", () => running("sleep 53"));
    await cut();
    await killed;
    await onHost(`pkill -xf "sleep 53"; rm /srv/unit /srv/base`);
    const second = await lab.run([base, app({ flush: () => flushHandlers() }), base]);
    expect(second.errors).toEqual([]);
    expect(second.statuses).toEqual([
      "h1 copy /srv/base: changed",
      "h1 copy /srv/unit: changed",
      "h1 shell cat /srv/unit >>/srv/log: changed",
      "h1 copy /srv/base: ok",
    ]);
    expect(await onHost("cat /srv/log; ls /var/lib/showrunner")).toBe("x");
  });

  test("of a service's user are kept where that user may write, and root sees them", async () => {
    const controller = new AbortController();
    const as = play(
      "service",
      { hosts: "h1", become: "www-data" },
      {
        note: () =>
          copy(
            { dest: "/tmp/srlease-note", content: "x" },
            { notify: shell({ cmd: "id -un >/tmp/srlease-log" }) },
          ),
        wait: () => command({ argv: ["sleep", "52"] }),
      },
    );
    const first = lab.run([as], { signal: controller.signal });
    await until("the command runs", () => running("sleep 52"));
    controller.abort();
    await first;
    expect(await onHost("stat -c %U:%a /var/tmp/showrunner-33")).toBe("www-data:700");
    const seen: string[] = [];
    const look = async () => {
      const { host } = requireContext("test", undefined);
      const { value } = await host.facts.read(host.becomeAs(true), allPendingHandlers, "");
      seen.push(...value.map(({ label, become }) => `${label} as ${become}`));
    };
    await lab.run([play("look", { hosts: "h1" }, { look })]);
    expect(seen).toEqual(["shell id -un >/tmp/srlease-log as www-data"]);
    const again = play(
      "service",
      { hosts: "h1", become: "www-data" },
      { note: () => command({ argv: ["true"] }) },
    );
    expect((await lab.run([again])).errors).toEqual([]);
    expect(await onHost("cat /tmp/srlease-log; ls -d /var/tmp/showrunner-33")).toBe("www-data");
  });

  test("of a service's user run as nobody else by the word of its folder alone", async () => {
    const forged = (id: string, become: string, options: object) =>
      JSON.stringify({
        id,
        label: `forged ${id}`,
        module: "shell",
        task: { params: { cmd: `id -un >>/tmp/srlease-forged-${id}` }, options },
        become,
        playbook: "test",
        play: "service",
        since: 1,
      });
    const pendingHandlers = [forged("a", "root", {}), forged("b", "www-data", { become: true })];
    const plant = pendingHandlers.map(
      (pending, index) =>
        `printf "%s\\n" "${pending.replaceAll('"', '\\"')}" >/var/tmp/showrunner-33/owed/${index}.json`,
    );
    await onHost(
      `install -d -o www-data -m 700 /var/tmp/showrunner-33 /var/tmp/showrunner-33/owed; ${plant.join("; ")}; chown -R www-data /var/tmp/showrunner-33`,
    );
    const service = play(
      "service",
      { hosts: "h1", become: "www-data" },
      { note: () => command({ argv: ["true"] }) },
    );
    const ran = await lab.run([service]);
    expect(ran.errors).toEqual([]);
    expect(
      ran
        .of("warning")
        .map(({ text }) => text)
        .join(),
    ).toContain("forged a");
    expect(await onHost("ls /tmp/srlease-forged-a; cat /tmp/srlease-forged-b")).toBe("www-data");
    await onHost("rm -rf /var/tmp/showrunner-33 /tmp/srlease-forged-b");
  });

  test("of root are run though tasks of another user come first", async () => {
    const failing = shell({ cmd: "test -e /srv/fixed && echo run >>/srv/log" }, { name: "restart" });
    const site = play(
      "site",
      { hosts: "h1", become: true },
      {
        config: () => copy({ dest: "/srv/config", content: "x" }, { notify: failing }),
        user: () => command({ argv: ["true"] }, { become: false }),
      },
    );
    await lab.run([site]);
    await onHost("touch /srv/fixed");
    expect((await lab.run([site])).errors).toEqual([]);
    expect(await onHost("cat /srv/log; ls /var/lib/showrunner")).toBe("run");
  });

  test("that fail stay pending, and none is pending for what was not changed", async () => {
    const failing = play(
      "failing",
      { hosts: "h1", become: true },
      {
        config: () =>
          copy(
            { dest: "/srv/config", content: "x" },
            { notify: shell({ cmd: "test -e /srv/ready && echo run >>/srv/log" }) },
          ),
      },
    );
    expect((await lab.run([failing])).exitCode).toBe(2);
    expect(await pending()).not.toBe("");
    await onHost("touch /srv/ready");
    expect((await lab.run([failing])).errors).toEqual([]);
    expect(await onHost("cat /srv/log; ls /var/lib/showrunner")).toBe("run");
    const refused = play(
      "refused",
      { hosts: "h1", become: true },
      {
        config: () => copy({ dest: "/srv/other", content: "x", validate: "false %s" }, { notify: restart() }),
      },
    );
    expect((await lab.run([refused])).exitCode).toBe(2);
    expect(await onHost("ls /var/lib/showrunner")).toBe("");
  });
});
