/** Running a playbook: from a program of the user's own, and for the command line. */
import { basename, extname } from "node:path";
import { projectRoot, runsFolder } from "./base/project.ts";
import { fanOut } from "./core/events/emitter.ts";
import type { Subscriber } from "./core/events/events.ts";
import type { Playbook } from "./core/plays/play.ts";
import { type RunSummary, runPlays } from "./core/plays/run.ts";
import type { RunRequest } from "./core/plays/run-request.ts";
import { hostAccess } from "./inventory/access.ts";
import type { Inventory } from "./inventory/index.ts";
import { warnOfHostKeys } from "./inventory/unchecked-host-keys.ts";
import { type ReporterDefinition, startReporter } from "./report/index.ts";

/** What a program says of a run, for `runPlaybook`. */
export interface PlaybookRun
  extends Omit<RunRequest, "name" | "inventoryName" | "inventory" | "access" | "outputFolder"> {
  readonly inventory: Inventory;
  /**
   * The playbook's name in events. On hosts, pending handlers are kept under this name: a run of another name does not
   * run them. Default: what the command calls it, the name of the file in which it is made. Where a file makes several
   * playbooks, give each a name.
   */
  readonly name?: string;
  /** How the inventory is called in events. Default: `inventory`. */
  readonly inventoryName?: string;
  /** How hosts are reached. Default: as the inventory says. */
  readonly access?: RunRequest["access"];
  /** They write to this process's standard output. */
  readonly reporters?: readonly ReporterDefinition[];
}

/**
 * Runs a playbook on an inventory. It prints nothing by itself, and keeps no journal.
 *
 * @returns how every host fared, once all connections are closed; `exitCode` is what the command would end with
 * @throws ShowrunnerError for a mistake that is found before any host is touched
 *
 * @example
 * const { exitCode, hosts } = await runPlaybook({ playbook: site, inventory: lab, check: true, reporters: [markdown] });
 */
export async function runPlaybook(request: PlaybookRun): Promise<RunSummary> {
  const { reporters: definitions = [], subscribers = [], ...given } = request;
  const { inventory, check } = given;
  const warn = (text: string) => tell({ type: "warning", text, time: Date.now() });
  const options = { verbose: false, diff: check === true, onFailure: warn };
  const reporters = definitions.map((reporter) => startReporter(reporter, process.stdout, options));
  const tell: Subscriber = fanOut([...reporters.map(({ subscribe }) => subscribe), ...subscribers]);
  try {
    return await runPlays({
      name: nameOf(given.playbook),
      inventoryName: "inventory",
      access: ({ name }) =>
        hostAccess(inventory.host(name), projectRoot(), (other) => inventory.hosts.get(other)),
      ...given,
      outputFolder: runsFolder(),
      subscribers: [tell, warnOfHostKeys(inventory, warn)],
    });
  } finally {
    for (const reporter of reporters) await reporter.close();
  }
}

function nameOf({ location }: Playbook): string {
  const file = location?.file ?? process.argv[1] ?? "playbook";
  return basename(file, extname(file));
}
