/** What is done to the site while 300 requests a second go through its address. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TimedEvent } from "../../src/core/events/events.ts";
import { start, stop } from "../../src/lab/index.ts";
import type { Site } from "../site-project.ts";
import { type Entry, holderOf, inside, runIn } from "./entry.ts";

export interface Work {
  readonly what: string;
  /**
   * @param dies to be called right before a balancer dies: for 4 seconds requests may fail
   * @returns what was not as it must be
   */
  run(site: Site, entry: Entry, dies: () => void): Promise<string[]>;
}

/** Longer than it takes to move the address, or to find a server dead. */
const settles = 6_000;

export const works: readonly Work[] = [
  {
    what: "a rolling deploy of all nodes",
    async run(site) {
      const before = await releases(site);
      rewrite(site, "<h1>Guest book</h1>", "<h1>Guest book, second edition</h1>");
      const { status, stdout } = await runIn(site, "playbook", "deploy", "-i", site.inventory);
      const after = new Set(await releases(site));
      return [
        ...(status === 0 ? [] : [`the deploy ended with ${status}: ${stdout.slice(-1000)}`]),
        ...(after.size === 1 ? [] : [`the nodes have different releases: ${[...after].join(", ")}`]),
        ...before.filter((one) => after.has(one)).map((one) => `${one} serves still`),
      ];
    },
  },
  {
    what: "a bad build",
    async run(site) {
      const before = await releases(site);
      rewrite(site, 'return "ok\\n", 200', 'return "a bad build\\n", 500');
      const { status, stdout } = await runIn(
        site,
        ...["playbook", "deploy", "-i", site.inventory, "--reporter", "jsonl"],
      );
      rewrite(site, 'return "a bad build\\n", 500', 'return "ok\\n", 200');
      const events = stdout
        .trim()
        .split("\n")
        .map((line): TimedEvent => JSON.parse(line));
      const nodes = new Set(site.hosts.group("app").map(({ name }) => name));
      const touched = new Set(
        events.flatMap((event) => (event.type === "task:end" && nodes.has(event.host) ? [event.host] : [])),
      );
      return [
        ...(status === 2 ? [] : [`the deploy of a bad build ended with ${status}`]),
        ...(touched.size === 1 ? [] : [`it came to ${[...touched].join(", ")}`]),
        ...(String(await releases(site)) === String(before) ? [] : ["another release serves afterwards"]),
      ];
    },
  },
  {
    what: "HAProxy killed on the balancer with the address",
    async run(site, { address }, dies) {
      const holder = await holderOf(site, address);
      await inside(site.spec, holder, "systemctl mask --runtime haproxy 2>/dev/null");
      dies();
      await inside(site.spec, holder, "systemctl kill -s KILL haproxy");
      await sleep(settles);
      const heir = await holderOf(site, address);
      await inside(
        site.spec,
        holder,
        "systemctl unmask --runtime haproxy 2>/dev/null; systemctl restart haproxy",
      );
      await sleep(settles);
      return wentAndStayed(holder, heir, await holderOf(site, address));
    },
  },
  {
    what: "the balancer with the address powered off, and on again",
    async run(site, { address }, dies) {
      const holder = await holderOf(site, address);
      dies();
      await stop(site.spec, holder, { sudden: true });
      await sleep(settles);
      const heir = await holderOf(site, address);
      await start(site.spec, holder);
      await sleep(settles);
      return wentAndStayed(holder, heir, await holderOf(site, address));
    },
  },
  {
    what: "web1 powered off, and on again",
    async run({ spec }) {
      await stop(spec, "web1", { sudden: true });
      await sleep(settles);
      await start(spec, "web1");
      await sleep(settles);
      return [];
    },
  },
  {
    what: "the certificates of the edge renewed",
    async run(site, { address }) {
      const shown = `openssl s_client -connect ${address}:443 </dev/null 2>/dev/null | openssl x509 -noout -serial`;
      const [authority] = site.hosts.group("ca");
      const before = await inside(site.spec, authority?.name ?? "", shown);
      // a signature that is gone is given again
      await inside(site.spec, authority?.name ?? "", "rm /etc/authority/issued/site@lb*.pem");
      const { status, stdout } = await runIn(site, "playbook", "site", "-i", site.inventory);
      const after = await inside(site.spec, authority?.name ?? "", shown);
      return [
        ...(status === 0 ? [] : [`the run ended with ${status}: ${stdout.slice(-1000)}`]),
        ...(/^serial=\w+$/.test(after) && after !== before
          ? []
          : [`visitors see ${after}, before ${before}`]),
      ];
    },
  },
  {
    what: "50 reloads of HAProxy",
    async run(site, { address }) {
      const holder = await holderOf(site, address);
      await inside(site.spec, holder, "for i in $(seq 50); do systemctl reload haproxy || exit 1; done");
      return [];
    },
  },
];

/** The address goes to the other balancer, and does not come back by itself: that would be a second gap. */
function wentAndStayed(holder: string, heir: string, then: string): string[] {
  return [
    ...(heir === holder ? [`${holder} has the address still`] : []),
    ...(then === heir ? [] : [`the address went from ${heir} back to ${then}`]),
  ];
}

/** What serves on each node of the application. */
async function releases({ spec, hosts }: Site): Promise<string[]> {
  return Promise.all(
    hosts.group("app").map(({ name }) => inside(spec, name, "readlink /srv/guestbook/current")),
  );
}

/** Alters the application that is brought out next. */
function rewrite({ project }: Site, from: string, to: string): void {
  const file = join(project, "roles/app/files/sample/app.py");
  const text = readFileSync(file, "utf8");
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(file, text.replace(from, to));
}
