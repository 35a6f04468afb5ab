/** `run demo`: the site on throw-away hosts, from nothing to a page. */
import { existsSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { Command } from "commander";
import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import { emptyTotals, type Totals } from "../../core/events/events.ts";
import { type Style, say, styleFor } from "../../report/index.ts";
import { findInventory, type LoadedInventory } from "../inventories.ts";
import { labSpec } from "../lab-spec.ts";
import { type ReportFlags, reportOptions } from "../options.ts";
import { loadPlaybook } from "../playbooks.ts";
import { runAndReport } from "../run.ts";
import { indented, table } from "../text.ts";

const inventoryFile = "inventory/lab.ts";
/** Where the playbook keeps the certificate of the site's authority, on the hosts that trust it. */
const authorityFile = "/usr/local/share/ca-certificates/site.crt";

export function configure(command: Command, exitWith: (code: number) => void): void {
  reportOptions(
    command.description(
      "Boots throw-away hosts, deploys the site onto them, deploys it again to show that nothing changes, and fetches\na page. Needs root on a Debian machine. When the demo is run again, it uses the hosts that are there.",
    ),
  ).action(async (flags: ReportFlags) => exitWith(await demo(flags)));
}

async function demo(flags: ReportFlags): Promise<number> {
  const style = styleFor(process.stdout);
  const print = (text: string) => say(process.stdout, ...text.split("\n"));
  if (!existsSync(inventoryFile))
    throw new ShowrunnerError("usage", `the demo is not here: there is no ${inventoryFile}`, {
      hint: "the demo runs in a checkout of Showrunner, with the site and the lab of that checkout",
    });
  const inventory = await findInventory([inventoryFile]);
  const started = performance.now();

  print(style("bold", "1. The hosts"));
  const { run, up } = await import("../../lab/index.ts");
  const lab = labSpec(inventory);
  await up(lab, print);

  print(style("bold", "\n2. The site"));
  const first = await deploy(inventory, flags);
  if (first.exitCode !== 0) return first.exitCode;

  print(style("bold", "\n3. The site again: nothing differs, so nothing changes"));
  const second = await deploy(inventory, flags);
  if (second.exitCode !== 0) return second.exitCode;
  if (second.totals.changed > 0)
    throw new ShowrunnerError(
      "internal",
      `the second run changed ${second.totals.changed} things; it should change none`,
    );

  print(style("bold", "\n4. A page through the balancer"));
  const [balancer] = inventory.inventory.group("lb");
  const [moving] = [balancer?.vars["siteAddresses"]].flat();
  const site: Site = {
    url: `https://${moving ?? balancer?.address}/`,
    ca: await run(lab, balancer?.name ?? "", ["cat", authorityFile]),
  };
  await sign(site, "The demo was here.");
  for (let visit = 1; visit <= 4; visit++) print(`GET ${site.url} → ${await servedBy(site)}`);

  const seconds = Math.round((performance.now() - started) / 1000);
  print(closingWords(inventory, site.url, seconds, style));
  return 0;
}

async function deploy(
  inventory: LoadedInventory,
  report: ReportFlags,
): Promise<{ exitCode: number; totals: Totals }> {
  let totals = emptyTotals();
  const { name, playbook } = await loadPlaybook("site");
  const exitCode = await runAndReport({
    name,
    playbook,
    inventory,
    report,
    subscriber: (event) => {
      if (event.type === "run:end") totals = event.totals;
    },
  });
  return { exitCode, totals };
}

/** The site as visitors see it who trust its authority. */
interface Site {
  readonly url: string;
  readonly ca: string;
}

async function sign(site: Site, text: string): Promise<void> {
  const body = new URLSearchParams({ text }).toString();
  const { statusCode } = await ask(site, "notes", body);
  if (statusCode !== 303)
    throw new ShowrunnerError("internal", `POST ${site.url}notes answered ${statusCode}`);
}

async function servedBy(site: Site): Promise<string> {
  const { statusCode, headers } = await ask(site, "");
  if (statusCode !== 200) throw new ShowrunnerError("internal", `GET ${site.url} answered ${statusCode}`);
  return `${statusCode}, served by ${headers["x-served-by"]}`;
}

function ask({ url, ca }: Site, path: string, body?: string): Promise<IncomingMessage> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const options = { ca, agent: false, signal: AbortSignal.timeout(10_000) };
  return new Promise((resolve, reject) => {
    const sent = request(
      url + path,
      body === undefined ? options : { ...options, method: "POST", headers },
      (answer) => resolve(answer.resume()),
    );
    sent.once("error", (error) =>
      reject(new ShowrunnerError("internal", `${url}${path} does not answer: ${messageOf(error)}`)),
    );
    sent.end(body);
  });
}

function closingWords(
  { inventory, shown }: LoadedInventory,
  url: string,
  seconds: number,
  style: Style,
): string {
  const address = (name: string) => inventory.host(name).address;
  const hosts = [
    ["lb1, lb2", `${address("lb1")}, ${address("lb2")}`, `HAProxy, round robin: ${url} is at one of them`],
    ["web1, web2", `${address("web1")}, ${address("web2")}`, "Nginx, by TLS → gunicorn with the guest book"],
    ["db1", address("db1"), "MariaDB, the primary: takes the writes"],
    ["db2", address("db2"), "MariaDB, its replica: answers the reads"],
  ];
  const looks = [
    ["npx run playbook authority", "the certificate of the site's authority, for curl or a browser"],
    [`curl --cacert .showrunner/authority.pem ${url}`, "the guest book"],
    ["npx run exec web -- systemctl status nginx --no-pager", "one command on many hosts"],
    ["npx run lab ssh db2", "a shell on a host"],
    [`npx run playbook site -i ${shown} --check --diff`, "what a run would change: nothing"],
    ["npx run firewall", "who may talk to whom; nothing else passes"],
    ["npx run exec db2 --become -- mariadb -e 'SHOW REPLICA STATUS\\G'", "how far the replica is"],
  ];
  return `
${style("bold", `The site stands after ${seconds} s.`)}

${indented(table(hosts)).join("\n")}

Look at it:
${indented(table(looks)).join("\n")}

Try it: stop something (npx run exec web1 --become -- systemctl stop nginx, or haproxy on lb1: its address moves), then
run the playbook again.

Take it down:
  npx run lab down -i ${shown}`;
}
