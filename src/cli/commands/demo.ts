/** `run demo`: the site on throw-away hosts, from nothing to a page. */
import { existsSync } from "node:fs";
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
  const { up } = await import("../../lab/index.ts");
  await up(labSpec(inventory), print);

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
  const url = `http://${moving ?? balancer?.address}/`;
  await sign(url, "The demo was here.");
  for (let request = 1; request <= 4; request++) print(`GET ${url} → ${await servedBy(url)}`);

  const seconds = Math.round((performance.now() - started) / 1000);
  print(closingWords(inventory, url, seconds, style));
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

async function sign(url: string, text: string): Promise<void> {
  const answer = await ask(`${url}notes`, {
    method: "POST",
    body: new URLSearchParams({ text }),
    redirect: "manual",
  });
  if (answer.status !== 303)
    throw new ShowrunnerError("internal", `POST ${url}notes answered ${answer.status}`);
}

async function servedBy(url: string): Promise<string> {
  const answer = await ask(url, {});
  if (answer.status !== 200) throw new ShowrunnerError("internal", `GET ${url} answered ${answer.status}`);
  return `${answer.status}, served by ${answer.headers.get("x-served-by")}`;
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    throw new ShowrunnerError("internal", `${url} does not answer: ${messageOf(error)}`);
  }
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
    ["web1, web2", `${address("web1")}, ${address("web2")}`, "Nginx → gunicorn with the guest book"],
    ["db1", address("db1"), "MariaDB, the primary: takes the writes"],
    ["db2", address("db2"), "MariaDB, its replica: answers the reads"],
  ];
  const looks = [
    [`curl ${url}`, "the guest book"],
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
