/** Changes that shut the control machine out, on real hosts: the hosts are back by themselves. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { play } from "../../src/core/plays/play.ts";
import { batch } from "../../src/core/steps/batch.ts";
import type { Task } from "../../src/core/tasks/task.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { apt, firewallTable, nftables, sshdConfig } from "../../src/modules/index.ts";
import { connector } from "../../src/transport/connect.ts";
import type { Connect } from "../../src/transport/transport.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("srlock", 154, ["one", "two"]);
const gateway = "10.154.0.1";
const old = { tables: [firewallTable({ input: [{ tcp: 22 }] })] };
const pending =
  "ls /var/lib/showrunner/rollbacks | grep -v confirmed; systemctl list-timers --all | grep showrunner; ls /etc/systemd/system | grep showrunner; :";

/** @param tasks by host */
function run(
  tasks: Readonly<Record<string, () => Task<unknown>>>,
  {
    connects = (_, connect) => connect,
    signal,
  }: {
    connects?: (host: string, connect: Connect) => Connect;
    signal?: AbortSignal;
  } = {},
): Promise<Ran> {
  return lab.run(
    [
      play(
        "test",
        { hosts: Object.keys(tasks).join(","), become: true },
        {
          step: async ({ host }) => {
            await tasks[host.name]?.();
          },
        },
      ),
    ],
    {
      access: (host) => ({ connect: connects(host.name, connector("ssh", lab.settings(host.name))) }),
      ...(signal ? { signal } : {}),
    },
  );
}

/** A control machine that dies when it is to confirm a change. */
function dying(leaving: AbortController) {
  let count = 0;
  const connects = (_: string, connect: Connect): Connect => {
    return (signal) => {
      if (count++ === 0) return connect(signal);
      leaving.abort();
      return new Promise(() => undefined);
    };
  };
  return { signal: leaving.signal, connects };
}

async function inside(host: string, script: string): Promise<string> {
  return runInside(lab.spec, host, ["sh", "-c", script]);
}

/** What each host's task has changed. */
function changes(ran: Ran): string[] {
  return ran
    .of("task:end")
    .map(({ host, status, changes }) => [host, status, ...changes.map(({ what }) => what)].join(" "));
}

beforeAll(async () => {
  await lab.up();
  const both = (task: () => Task<unknown>) => ({ one: task, two: task });
  expect((await run(both(() => apt({ name: "nftables" })))).errors).toEqual([]);
  expect((await run(both(() => nftables(old)))).errors).toEqual([]);
}, 240_000);
afterAll(() => lab.down(), 60_000);

it("rules that let this machine in stay, and nothing of the rollback is left", {
  timeout: 60_000,
}, async () => {
  const good = { tables: [firewallTable({ input: [{ tcp: 22, from: gateway }, { tcp: 80 }] })] };
  const ran = await run({ one: () => nftables(good) });
  expect([ran.errors, changes(ran)]).toEqual([[], ["one changed rules content"]]);
  expect(await inside("one", pending)).toBe("");
  expect(changes(await run({ one: () => nftables(good) }))).toEqual(["one ok"]);
  expect(changes(await run({ one: () => nftables(old) }))).toEqual(["one changed rules content"]);
});

it("rules that shut this machine out are taken back by the host, and the task fails", {
  timeout: 120_000,
}, async () => {
  const before = await inside("one", "nft list ruleset; cat /etc/nftables.conf");
  const begun = performance.now();
  const ran = await run({
    // connections that are there go on: only a new one shows it
    one: () => nftables({ tables: [firewallTable({ input: [{ tcp: 22, from: "192.0.2.0/24" }] })] }),
    // nothing is let in or out: the change's own answer never comes
    two: () =>
      nftables({
        tables: [
          {
            name: "firewall",
            chains: {
              input: { type: "filter", hook: "input", policy: "drop", rules: [] },
              output: { type: "filter", hook: "output", policy: "drop", rules: [] },
            },
          },
        ],
      }),
  });
  const seconds = (performance.now() - begun) / 1000;
  expect(ran.errors.toSorted()).toEqual([
    expect.stringMatching(
      /^one: change\.failed: rules: no new connection could be made after the change: it would have shut this machine out, so the host has put back what was there before /,
    ),
    expect.stringMatching(
      /^two: change\.failed: rules: no answer came after the change: it would have shut this machine out, so the host has put back what was there before /,
    ),
  ]);
  for (const host of ["one", "two"]) {
    expect(await inside(host, "nft list ruleset; cat /etc/nftables.conf")).toBe(before);
    expect(await inside(host, pending)).toBe("");
  }
  expect(seconds).toBeGreaterThan(25);
  expect(seconds).toBeLessThan(60);
  expect(changes(await run({ one: () => nftables(old), two: () => nftables(old) })).toSorted()).toEqual([
    "one ok",
    "two ok",
  ]);
});

it("rules of a run that died are taken back first by the next run", { timeout: 60_000 }, async () => {
  const good = { tables: [firewallTable({ input: [{ tcp: 22, from: gateway }] })] };
  await run({ one: () => nftables(good) }, dying(new AbortController()));
  expect(await inside("one", "nft list ruleset")).toContain(`ip saddr ${gateway} tcp dport 22`);
  const again = await run({ one: () => nftables(good) });
  expect([again.errors, changes(again)]).toEqual([[], ["one changed rollback rules content"]]);
  expect(await inside("one", pending)).toBe("");
});

const sshdState =
  "cat /etc/ssh/sshd_config.d/*.conf; ls /etc/ssh/sshd_config.d; sshd -T | grep -E '^(port|allowusers|permitrootlogin) '";

it("settings of sshd that let this machine in stay", { timeout: 60_000 }, async () => {
  const options = { PermitRootLogin: "no", AllowUsers: ["deploy"] } as const;
  const task = () => sshdConfig({ options });
  const ran = await run({ one: task });
  expect([ran.errors, changes(ran)]).toEqual([[], ["one changed created"]]);
  expect(await inside("one", pending)).toBe("");
  expect(changes(await run({ one: task }))).toEqual(["one ok"]);
});

it("two files of sshd are set one after the other, and none is taken for that of a run that died", {
  timeout: 60_000,
}, async () => {
  const files = (state: "present" | "absent") =>
    ["10-a", "20-b"].map((name) =>
      sshdConfig(
        state === "absent"
          ? { name, state }
          : { name, options: name === "10-a" ? { MaxAuthTries: 5 } : { ClientAliveInterval: 60 } },
      ),
    );
  const together = (tasks: () => readonly Task<unknown>[]) =>
    lab.run([
      play("test", { hosts: "one", become: true }, { step: async () => void (await Promise.all(tasks())) }),
    ]);
  const inOrder = (tasks: () => readonly Task<unknown>[]) =>
    lab.run([
      play("test", { hosts: "one", become: true }, { step: async () => void (await batch(tasks())) }),
    ]);
  const made = await inOrder(() => files("present"));
  expect([made.errors, changes(made)]).toEqual([[], ["one changed created", "one changed created"]]);
  expect(await inside("one", "sshd -T | grep -Ec '^(maxauthtries 5|clientaliveinterval 60)$'")).toBe("2\n");
  const removed = await together(() => files("absent"));
  expect([removed.errors, changes(removed)]).toEqual([[], ["one changed removed", "one changed removed"]]);
  expect(await inside("one", pending)).toBe("");
});

it("a port and a user of sshd that shut this machine out are taken back by the host", {
  timeout: 120_000,
}, async () => {
  const before = { one: await inside("one", sshdState), two: await inside("two", sshdState) };
  const ran = await run({
    one: () => sshdConfig({ options: { Port: 2222 } }),
    two: () => sshdConfig({ options: { AllowUsers: ["somebody"] } }),
  });
  expect(ran.errors.toSorted()).toEqual([
    expect.stringMatching(
      /^one: change\.failed: content: no new connection could be made after the change: .* put back what was there before .*nothing listens on/,
    ),
    expect.stringMatching(
      /^two: change\.failed: created: no new connection could be made after the change: .* put back what was there before /,
    ),
  ]);
  for (const host of ["one", "two"] as const) {
    expect(await inside(host, sshdState)).toBe(before[host]);
    expect(await inside(host, pending)).toBe("");
  }
});

it("a host that is rebooted before a change is confirmed starts with the old state", {
  timeout: 120_000,
}, async () => {
  const before = await inside("two", sshdState);
  await run(
    { two: () => sshdConfig({ options: { AllowUsers: ["somebody"] } }) },
    dying(new AbortController()),
  );
  expect(await inside("two", sshdState)).toContain("allowusers somebody");
  await inside("two", "touch /run/before; systemctl reboot");
  await expect
    .poll(
      () => inside("two", `[ ! -e /run/before ] && systemctl is-active ssh && ${sshdState}`).catch(() => ""),
      { timeout: 60_000, interval: 500 },
    )
    .toBe(`active\n${before}`);
  expect(await inside("two", pending)).toBe("");
  expect(changes(await run({ two: () => sshdConfig({ state: "absent" }) }))).toEqual(["two ok"]);
});
