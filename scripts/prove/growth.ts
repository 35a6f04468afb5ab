/** More hosts by more lines in the inventory, and less by less. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LabSpec, up } from "../../src/lab/index.ts";
import { changesOf, failuresOf, runSite } from "../chaos/site-run.ts";
import type { Site } from "../site-project.ts";
import { inside } from "./entry.ts";
import type { Figure } from "./figures.ts";

const more = { web3: 23, app1: 24, app2: 25, app3: 26, db3: 33 };

/** A third web server, three application servers on hosts of their own, and a second replica; then the third web server goes. */
export async function growAndShrink(site: Site): Promise<Figure[]> {
  const file = join(site.project, site.inventory);
  const small = readFileSync(file, "utf8");
  const [prefix = ""] = /^\d+\.\d+\.\d+\./.exec(site.spec.network) ?? [];
  const added = Object.entries(more).map(([name, last]) => ({ name, address: `${prefix}${last}` }));
  const spec: LabSpec = { ...site.spec, hosts: [...site.spec.hosts, ...added] };
  await up(spec, () => undefined);

  const lines = added.map(({ name, address }) => `    ${name}: { address: "${address}" },\n`).join("");
  const grown = edited(small, [
    [/^( {2}hosts: \{\n)/m, `$1${lines}`],
    [/ web: \{.*/, ' web: { hosts: ["web[1:3]"] },'],
    [/ app: \{.*/, ' app: { hosts: ["app[1:3]"] },'],
    [/ db_replica: \{.*/, ' db_replica: { hosts: ["db[2:3]"] },'],
  ]);
  writeFileSync(file, grown);
  const figures = [
    await deployed(site, "web3, app1 to app3 and db3 by more lines", async () => [
      ...(await missing(spec, "lb1", "grep -c 'server web3 ' /etc/haproxy/haproxy.cfg", /^1$/)),
      ...(await missing(spec, "db3", "mariadb -N -e 'SELECT COUNT(*) FROM site.notes'", /^\d+$/)),
      ...(await missing(spec, "web3", `curl -sS -m 5 http://${prefix}25:8000/healthz`, /^ok/)),
    ]),
    await deployed(site, "the same again", async () => [], 0),
  ];

  const shrunk = edited(grown, [
    [/^ {4}web3: .*\n/m, ""],
    [/ web: \{.*/, ' web: { hosts: ["web[1:2]"] },'],
  ]);
  writeFileSync(file, shrunk);
  figures.push(
    await deployed(site, "web3 gone by a line less", async () => [
      ...(await missing(spec, "lb1", "grep -c web3 /etc/haproxy/haproxy.cfg || :", /^0$/)),
      ...(await missing(spec, "lb1", "grep -c web3 /etc/hosts || :", /^0$/)),
    ]),
  );
  return figures;
}

function edited(text: string, edits: readonly (readonly [RegExp, string])[]): string {
  return edits.reduce((before, [from, to]) => {
    const after = before.replace(from, to);
    if (after === before) throw new Error(`the inventory has no ${from}`);
    return after;
  }, text);
}

async function deployed(
  site: Site,
  what: string,
  look: () => Promise<string[]>,
  mostChanges = Number.POSITIVE_INFINITY,
): Promise<Figure> {
  const run = await runSite(site);
  const changes = changesOf(run).map(({ text }) => text);
  const failures = [
    ...failuresOf(run).map(({ text }) => text),
    ...(run.exitCode === 0 ? [] : [`it ended with ${run.exitCode}: ${run.stderr}`]),
  ];
  return {
    what,
    told: `${changes.length} changes, ${run.seconds.toFixed(0)} s`,
    wrong: [
      ...failures,
      ...(changes.length > mostChanges ? changes : []),
      ...(failures.length === 0 ? await look() : []),
    ],
  };
}

async function missing(spec: LabSpec, host: string, script: string, expected: RegExp): Promise<string[]> {
  const text = await inside(spec, host, script).catch(String);
  return expected.test(text) ? [] : [`${host}: ${script}: ${text}`];
}
