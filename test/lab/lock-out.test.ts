/** Changes that shut the control machine out, on real hosts: the hosts are back by themselves. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { play } from "../../src/core/plays/play.ts";
import type { Task } from "../../src/core/tasks/task.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { apt, firewallTable, nftables } from "../../src/modules/index.ts";
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

it("rules of a run that died are taken back by the next run, or by the host alone", {
  timeout: 120_000,
}, async () => {
  const leaving = new AbortController();
  const good = { tables: [firewallTable({ input: [{ tcp: 22, from: gateway }] })] };
  const counts = new Map<string, number>();
  await run(
    { one: () => nftables(good), two: () => nftables(good) },
    {
      signal: leaving.signal,
      connects: (host, connect) => async (signal) => {
        const count = (counts.get(host) ?? 0) + 1;
        counts.set(host, count);
        if (count === 1) return connect(signal);
        if ([...counts.values()].every((one) => one === 2)) leaving.abort();
        return new Promise(() => undefined);
      },
    },
  );
  expect(await inside("one", "nft list ruleset")).toContain(`ip saddr ${gateway} tcp dport 22`);
  const again = await run({ one: () => nftables(good) });
  expect([again.errors, changes(again)]).toEqual([[], ["one changed rollback rules content"]]);
  expect(await inside("one", pending)).toBe("");
  await expect
    .poll(() => inside("two", `nft list ruleset; ${pending}`), { timeout: 40_000, interval: 1000 })
    .not.toMatch(/10\.154\.0\.1|showrunner|nftables/);
});
