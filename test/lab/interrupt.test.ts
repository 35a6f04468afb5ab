/**
 * Runs that are cut off at every one of their events: by the user, by the machine they run on, by the network. The
 * rerun must reach the same end, and the run after that must change nothing. `npm run chaos` does this to the whole site.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Saboteur } from "../../scripts/chaos/faults.ts";
import { failuresOf, runSite } from "../../scripts/chaos/site-run.ts";
import { run } from "../../src/lab/index.ts";
import { interruptPlays } from "./interrupt-plays.ts";
import { testLab } from "./support.ts";

/** More than there are cases that only wait for a minute: the others go on meanwhile. */
const hosts = ["h1", "h2", "h3", "h4", "h5", "h6"] as const;
const lab = testLab("srint", 94, hosts);
const checkout = resolve(import.meta.dirname, "../..");
const cli = join(checkout, "dist/src/cli/main.cjs");
const project = mkdtempSync(join(tmpdir(), "interrupt-"));
const site = { project, cli, inventory: "inventory/lab.ts" };

const large = join(project, "large");
const plays = interruptPlays(large);

/** Takes back what the playbook does; the package, which takes the longest, where that matters only. */
const undo = `
systemctl -q disable --now worker 2>/dev/null; rm -rf /srv/work /etc/systemd/system/worker.service; systemctl daemon-reload
rm -rf /var/lib/showrunner`;
const uninstall = "dpkg --force-all --purge tree >/dev/null 2>&1";

/** What must be there, and what must not: temporary files, commands that nobody waits for. */
const look = `
cd /; find srv etc/systemd/system var/lib/showrunner ! -type d ! -path srv/work/applied -printf '%p %y %m %u:%g %s\\n' 2>/dev/null
find srv -type d; find srv etc/systemd/system/worker.service -type f ! -name applied -exec sha256sum {} +
[ srv/work/config -nt srv/work/applied ] && echo "the handler has not run since config was written"
sort -u srv/work/applied
dpkg-query -W -f '\${Package} \${db:Status-Abbrev}\\n' tree; dpkg --audit
systemctl show -p ActiveState,UnitFileState worker`;

/** Temporary files, a lease, and commands of ours: this script's own name in the process list is `look`. */
const remains = `
ps -eo pid=,user:20=,args= | grep -E ' (sleep [0-9]|(/usr/bin/)?apt-get |dpkg |sudo |sh$|sh -c|cat$)' | grep -v 'look$'
find /srv /etc/systemd -name '.*'
[ ! -f /run/showrunner/lease ] || flock -n /run/showrunner/lease true || cat /run/showrunner/holder`;

const onHost = async (host: string, script: string) =>
  (await run(lab.spec, host, ["sh", "-c", 'eval "$0"; true', script, "look"])).trim();
const stateOf = async (host: string) => (await onHost(host, look)).split("\n").sort();

/** The moments of a run by what happens then, the host's name left out. */
let moments: readonly string[];
let expected: readonly string[];

beforeAll(async () => {
  for (const name of ["node_modules", "dist"]) symlinkSync(join(checkout, name), join(project, name));
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  for (const folder of ["inventory", "playbooks"]) mkdirSync(join(project, folder));
  writeFileSync(large, Buffer.alloc(20 * 1024 * 1024, "0123456789abcdef\n"));
  cpSync(join(import.meta.dirname, "interrupt-plays.ts"), join(project, "plays.ts"));
  writeFileSync(
    join(project, "playbooks/site.ts"),
    `import { playbook } from "showrunner";
import { interruptPlays } from "../plays.ts";
export default playbook(interruptPlays(${JSON.stringify(large)}));`,
  );
  const { identityFile, knownHosts } = lab.settings("h1");
  const addresses = lab.spec.hosts.map(({ name, address }) => `${name}: { address: "${address}" }`);
  writeFileSync(
    join(project, "inventory/lab.ts"),
    `import { inventory } from "showrunner";
export default inventory({
  settings: { user: "deploy", identityFile: "${identityFile}", knownHosts: "${knownHosts}" },
  hosts: { ${addresses.join(", ")} },
});`,
  );
  await lab.up();
  const first = await lab.run(plays, { name: "site" });
  expect([first.exitCode, first.errors]).toEqual([0, []]);
  expected = await stateOf("h1");
  for (const host of hosts) expect(await stateOf(host)).toEqual(expected);
  await Promise.all(hosts.map(clean));
  await onHost("h1", uninstall);
  const alone = await runSite(site, undefined, ["--limit", "h1"]);
  expect([alone.exitCode, failuresOf(alone), alone.stderr]).toEqual([0, [], ""]);
  moments = alone.seen.flatMap(({ point }) =>
    point && (point.line === undefined || point.line % 8 === 1) ? [nameOf(point.key)] : [],
  );
  await clean("h1");
}, 240_000);
afterAll(async () => {
  await lab.down();
  rmSync(project, { recursive: true });
});

const clean = (host: string) => onHost(host, undo);
const nameOf = (key: string) => key.replace(/\bh\d /, "");

type Cut = "SIGINT" | "SIGTERM" | "SIGKILL" | "session" | "network" | "power";

interface Case {
  readonly cut: Cut;
  readonly name: string;
}

/** What went wrong with one cut at one moment, if anything did. */
async function cutAt(host: string, { cut, name }: Case): Promise<string[]> {
  const wrongs: string[] = [];
  if (installs(name)) await onHost(host, uninstall);
  const say = (text: string) => wrongs.push(`${cut} at ${name}: ${text}`);
  const saboteur = new Saboteur(lab.spec);
  let at: number | undefined;
  const broken = await runSite(
    site,
    ({ point }, child) => {
      if (at !== undefined || !point || nameOf(point.key) !== name) return;
      at = performance.now();
      if (cut === "session") saboteur.killSessions(host);
      else if (cut === "network") saboteur.unplug(host);
      else if (cut === "power") saboteur.killHost(host, false);
      else child.kill(cut);
    },
    ["--limit", host],
  );
  const ended = performance.now();
  await saboteur.repair();
  if (at === undefined) say("its moment did not come");
  else if (cut === "SIGINT" || cut === "SIGTERM") {
    const last = broken.seen.at(-1)?.event;
    // the run may have come to its end by itself before it heard of the signal
    const over = last?.type === "run:end" && last.exitCode === 0;
    if (broken.exitCode !== 99 && !over)
      say(`exit ${broken.exitCode}: ${failuresOf(broken).map(({ text }) => text)}`);
    if (last?.type !== "run:end") say("no summary");
    if (ended - at > 5_000) say(`took ${Math.round(ended - at)} ms to end`);
    let left = await onHost(host, remains);
    // a process that was killed may be a moment in going
    if (left !== "") left = await sleep(500).then(() => onHost(host, remains));
    if (left !== "") say(`left behind: ${left}`);
  } else if (broken.hung) say("hung");
  const rerun = await lab.run(plays, { name: "site", limit: host, waitLease: "2m" });
  if (rerun.exitCode !== 0) say(`the rerun fails: ${rerun.errors}`);
  const again = await lab.run(plays, { name: "site", limit: host, waitLease: "2m" });
  if (again.exitCode !== 0) say(`the run after that fails: ${again.errors}`);
  const changed = again.statuses.filter((status) => !status.endsWith(": ok"));
  if (changed.length > 0) say(`the run after that: ${changed}`);
  const now = await stateOf(host);
  for (const line of now.filter((one) => !expected.includes(one))) say(`+ ${line}`);
  for (const line of expected.filter((one) => !now.includes(one))) say(`- ${line}`);
  await clean(host);
  return wrongs;
}

const installs = (name: string) => name.includes("apt tree: line");

/** Hosts are independent of each other, so each takes the next case when it is free. */
async function cutAll(cases: readonly Case[]): Promise<string[]> {
  const queue = [...cases];
  const wrongs = await Promise.all(
    hosts.map(async (host) => {
      const mine: string[] = [];
      for (let next = queue.shift(); next; next = queue.shift()) mine.push(...(await cutAt(host, next)));
      return mine;
    }),
  );
  return wrongs.flat();
}

/** Every moment is met by one or the other. */
const turns: readonly Cut[] = ["SIGINT", "SIGKILL", "SIGTERM", "session"];

test("a run that is cut off at any of its events is finished by the next one, and the one after that changes nothing", async () => {
  expect(moments.length).toBeGreaterThan(40);
  const installing = moments.filter(installs);
  expect(installing.length).toBeGreaterThan(1);
  const cases = [
    // the first ones: they wait for a minute until the loss shows
    ...moments.filter((_, index) => index % 16 === 10).map((name): Case => ({ cut: "network", name })),
    ...moments.map((name, index): Case => ({ cut: turns[index % turns.length] ?? "SIGKILL", name })),
    ...installing.map((name): Case => ({ cut: "power", name })),
    ...moments.filter((_, index) => index % 12 === 5).map((name): Case => ({ cut: "power", name })),
  ];
  expect(await cutAll(cases)).toEqual([]);
}, 900_000);
