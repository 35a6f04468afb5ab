/** Two balancers with two addresses, on real hosts: an address moves to the one that works, and stays there. */
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepalived } from "../../roles/index.ts";
import { apt, copy, play, service } from "../../src/index.ts";
import { run as runInside, start, stop } from "../../src/lab/index.ts";
import { testLab } from "./support.ts";

const lab = testLab("srvrrp", 153, ["lb1", "lb2"]);
const [one, two] = ["10.153.0.100", "10.153.0.101"];
/** The longest that an address may be away, in seconds. */
const longest = 4;

const inside = async (host: string, script: string) =>
  (await runInside(lab.spec, host, ["sh", "-c", script])).trim();

/** A balancer that says which one it is. */
const balancer = (name: string) => `defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend site
    bind :80
    http-request return status 200 content-type text/plain string ${name}
frontend health
    bind 127.0.0.1:8405
    monitor-uri /healthz
`;

const reload = service({ name: "haproxy", state: "reloaded" });
const haproxy = play(
  "balancers",
  { hosts: "all", become: true },
  {
    haproxy: async ({ host }) => {
      await apt({ name: "haproxy" });
      await copy(
        { dest: "/etc/haproxy/haproxy.cfg", content: balancer(host.name), mode: "0644" },
        { notify: reload },
      );
    },
  },
);

const addresses = (...all: Parameters<typeof keepalived>[0]["addresses"]) =>
  play(
    "addresses",
    { hosts: "all", become: true },
    { keepalived: async () => void (await keepalived({ nodes: "all", addresses: all })) },
  );
const both = addresses({ address: one }, { address: two });

beforeAll(() => lab.up(), 300_000);
afterAll(() => lab.down(), 60_000);

/** Which balancer answers at an address; undefined where none does soon. */
function whoAnswers(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host: address, agent: false, timeout: 250 }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      answer.on("end", () => resolve(text));
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}

async function until(address: string, name: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await whoAnswers(address)) === name) return;
    await sleep(50);
  }
  throw new Error(`${name} did not come to answer at ${address}`);
}

/** How long nobody answered at an address after a fault, in seconds, until the other balancer did. */
async function secondsAway(address: string, heir: string, fault: () => Promise<unknown>): Promise<number> {
  let lastAnswer = performance.now();
  const broken = fault();
  for (;;) {
    const who = await whoAnswers(address);
    if (who === heir) break;
    if (who !== undefined) lastAnswer = performance.now();
    if (performance.now() - lastAnswer > 15_000) throw new Error(`nobody answers at ${address}`);
    await sleep(20);
  }
  const seconds = (performance.now() - lastAnswer) / 1000;
  await broken;
  return seconds;
}

/** Notes on each host, twenty times a second, which of the addresses it has. */
const watch = `nohup sh -c 'while sleep 0.05; do
  before=$(date +%s%N) has=$(ip -o -4 address show dev host0) after=$(date +%s%N)
  for address in ${one} ${two}; do case $has in *" $address/"*) echo "$address $before $after" ;; esac; done
done' >>/root/held 2>/dev/null </dev/null &`;

/** Moments at which both hosts had an address, by what each has noted. */
async function heldTwice(): Promise<string[]> {
  const [first = [], second = []] = await Promise.all(
    lab.spec.hosts.map(async ({ name }) =>
      (await inside(name, "cat /root/held")).split("\n").map((line) => line.split(" ")),
    ),
  );
  // each host's address is surely there between the first note of a row and the last one
  const rows = (notes: readonly string[][], address: string) => {
    const found: { from: number; to: number }[] = [];
    for (const [, before, after] of notes.filter(([held]) => held === address)) {
      const last = found.at(-1);
      if (last && Number(before) - last.to < 500e6) last.to = Number(before);
      else found.push({ from: Number(after), to: Number(before) });
    }
    return found;
  };
  return [one, two].flatMap((address) =>
    rows(first, address).flatMap((mine) =>
      rows(second, address)
        .filter((theirs) => mine.from < theirs.to && theirs.from < mine.to)
        .map((theirs) => `${address}: ${JSON.stringify([mine, theirs])}`),
    ),
  );
}

const holders = () => Promise.all([one, two].map(whoAnswers));
/** Longer than it takes to move an address. */
const settled = () => sleep(4_000);

describe("addresses", () => {
  it("are refused that a foreign host holds, or that are of another network, before anything is changed", async () => {
    const foreign = await lab.run([addresses({ address: "10.153.0.1" })]);
    expect(foreign.errors.join()).toMatch(
      /addresses: 10\.153\.0\.1 is held by another host, with the MAC address [0-9a-f:]{17}/,
    );
    const elsewhere = await lab.run([addresses({ address: "10.154.0.100" })]);
    expect(elsewhere.errors.join()).toContain(
      "10.154.0.100 is not of the network of lb1, which is 10.153.0.11/24 on host0",
    );
    expect(await inside("lb1", "ls /etc/keepalived 2>&1 || :")).toContain("No such file");
  });

  it("are each at the host that is preferred, and a second run changes nothing", async () => {
    const ran = await lab.run([haproxy, both], { verify: true });
    expect(ran.errors).toEqual([]);
    await Promise.all([until(one, "lb1"), until(two, "lb2")]);
    await Promise.all(["lb1", "lb2"].map((host) => inside(host, watch)));
    const again = await lab.run([haproxy, both]);
    expect([again.errors, again.statuses.filter((status) => !status.endsWith(": ok"))]).toEqual([[], []]);
  });

  it("are told to monitoring and to the journal, and scripts run as a user of their own", async () => {
    const file = await inside(
      "lb1",
      `cat /var/lib/keepalived/${one}.prom; stat -c '%U %a' /var/lib/keepalived/*`,
    );
    expect(file).toContain(`keepalived_master{address="${one}"} 1\n`);
    expect(file).toMatch(/keepalived_script 644\nkeepalived_script 644$/);
    expect(await inside("lb1", "journalctl -o cat -t keepalived-notify")).toContain(`${one}: MASTER`);
    expect(await inside("lb1", "cat /proc/sys/net/ipv4/ip_nonlocal_bind")).toBe("1");
  });

  it("stay where they are when the daemon reads a new configuration, and an old one stays that is better", async () => {
    const changed = addresses({ address: one, priorities: { lb1: 150, lb2: 90 } }, { address: two });
    let away = 0;
    let isOver = false;
    const probing = (async () => {
      while (!isOver) if ((await whoAnswers(one)) !== "lb1") away++;
    })();
    const ran = await lab.run([changed]);
    await sleep(1_500);
    isOver = true;
    await probing;
    expect([ran.errors, away]).toEqual([[], 0]);
    const refused = "sed 's/priority .*/priority 999/' /etc/keepalived/keepalived.conf >/root/bad.conf";
    const told = await inside(
      "lb1",
      `${refused}; /usr/local/lib/keepalived/check /root/bad.conf; echo "status $?"`,
    );
    expect(told).toMatch(/number '999' outside range \[1, 255\](.|\n)*status [1-9]/);
    expect((await lab.run([both])).errors).toEqual([]);
  });

  it("move when HAProxy is killed, and stay when it returns", async () => {
    const seconds = await secondsAway(one, "lb2", () =>
      inside("lb1", "systemctl mask --runtime haproxy >/dev/null 2>&1; systemctl kill -s KILL haproxy"),
    );
    expect(seconds).toBeLessThan(longest);
    await inside("lb1", "systemctl unmask --runtime haproxy >/dev/null 2>&1; systemctl restart haproxy");
    await settled();
    expect(await holders()).toEqual(["lb2", "lb2"]);
    expect(await inside("lb1", `cat /var/lib/keepalived/${one}.prom`)).toContain(`{address="${one}"} 0`);
  });

  it("move when keepalived is killed, and stay when it returns", async () => {
    const kill = () => inside("lb2", "systemctl kill -s KILL keepalived");
    const seconds = await Promise.all([
      secondsAway(one, "lb1", kill),
      secondsAway(two, "lb1", () => Promise.resolve()),
    ]);
    expect(Math.max(...seconds)).toBeLessThan(longest);
    await settled();
    expect(await holders()).toEqual(["lb1", "lb1"]);
    expect(await inside("lb2", "systemctl is-active keepalived")).toBe("active");
  });

  it("move when a host is powered off, and stay when it returns", async () => {
    const seconds = await secondsAway(one, "lb2", () => stop(lab.spec, "lb1", { sudden: true }));
    expect(seconds).toBeLessThan(longest);
    await start(lab.spec, "lb1");
    await inside("lb1", watch);
    await settled();
    expect(await holders()).toEqual(["lb2", "lb2"]);
    expect((await lab.run([haproxy, both])).statuses.filter((status) => !status.endsWith(": ok"))).toEqual(
      [],
    );
  });

  it("were never at both hosts", async () => {
    const counts = 'for address in 100 101; do grep -c "0.$address " /root/held; done';
    for (const { name } of lab.spec.hosts)
      for (const count of (await inside(name, counts)).split("\n")) expect(Number(count)).toBeGreaterThan(20);
    expect(await heldTwice()).toEqual([]);
  });
});
