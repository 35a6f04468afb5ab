/** `run demo`: the site on throw-away hosts, from nothing to a page, and what becomes of it when a balancer dies. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { ShowrunnerError } from "../../base/errors.ts";
import { emptyTotals, type Totals } from "../../core/events/events.ts";
import { say, styleFor } from "../../report/index.ts";
import { closingWords } from "../demo/closing.ts";
import { placeOf } from "../demo/place.ts";
import { showFailover, showFirewall } from "../demo/shows.ts";
import { expectStatus } from "../demo/visitor.ts";
import { findInventory, type LoadedInventory } from "../inventories.ts";
import { labSpec } from "../lab-spec.ts";
import { type ReportFlags, reportOptions } from "../options.ts";
import { loadPlaybook } from "../playbooks.ts";
import { runAndReport } from "../run.ts";

interface Flags extends ReportFlags {
  readonly small?: boolean;
}

const style = styleFor(process.stdout);
const print = (text: string) => say(process.stdout, ...text.split("\n"));

export function configure(command: Command, exitWith: (code: number) => void): void {
  reportOptions(
    command.description(
      "Boots throw-away hosts, deploys the site onto them, deploys it again to show that nothing changes, fetches a\npage, shows what the firewall lets through, and takes the power from a balancer to show how long the site is away.\nNeeds root on a Debian machine. When the demo is run again, it uses the hosts that are there.",
    ),
  )
    .option("--small", "the site on three hosts, with one balancer: nothing is broken")
    .action(async (flags: Flags) => exitWith(await demo(flags)));
}

async function demo({ small = false, ...flags }: Flags): Promise<number> {
  const file = small ? "inventory/compact.ts" : "inventory/lab.ts";
  if (!existsSync(file))
    throw new ShowrunnerError("usage", `the demo is not here: there is no ${file}`, {
      hint: "the demo runs in a checkout of Showrunner, with the site and the lab of that checkout",
    });
  const inventory = await findInventory([file]);
  const spec = labSpec(inventory);
  const started = performance.now();
  let step = 0;
  const head = (title: string) => {
    step++;
    print(style("bold", `${step === 1 ? "" : "\n"}${step}. ${title}`));
  };

  head("The hosts");
  const { up } = await import("../../lab/index.ts");
  await up(spec, print);

  head("The site");
  const first = await deploy(inventory, flags);
  if (first.exitCode !== 0) return first.exitCode;

  head("The site again: nothing differs, so nothing changes");
  const second = await deploy(inventory, flags);
  if (second.exitCode !== 0) return second.exitCode;
  if (second.totals.changed > 0)
    throw new ShowrunnerError(
      "internal",
      `the second run changed ${second.totals.changed} things; it should change none`,
    );

  const place = await placeOf(inventory.inventory, spec);
  head("A page through the balancer, by HTTPS");
  await expectStatus(place, "notes", 303, new URLSearchParams({ text: "The demo was here." }));
  for (let request = 1; request <= 4; request++) {
    const { status, servedBy } = await expectStatus(place, "", 200);
    print(`GET ${place.url} → ${status}, served by ${servedBy}`);
  }

  if (!small) {
    head("The firewall: what is declared passes, and nothing else");
    await showFirewall(inventory.inventory, style, print);
    head("A balancer loses its power");
    await showFailover(inventory.inventory, spec, place, print);
  }

  const seconds = Math.round((performance.now() - started) / 1000);
  print(`\n${style("bold", `The site stands after ${seconds} s.`)}\n`);
  print(closingWords(inventory, place).join("\n"));
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
