/** What the commands that run or plan a playbook share: which playbook on which hosts, with which variables. */

import type { Command } from "commander";
import { runsFolder } from "../base/project.ts";
import type { Playbook } from "../core/plays/play.ts";
import type { Selection } from "../core/plays/selection.ts";
import type { ExtraVars } from "../core/plays/vars.ts";
import { awaitLimit } from "../inventory/limit.ts";
import { localNames } from "../inventory/names.ts";
import type { ReporterDefinition } from "../report/index.ts";
import { readExtraVars } from "./extra-vars.ts";
import { findInventory, type LoadedInventory } from "./inventories.ts";
import { resolveLastFailed } from "./last-failed.ts";
import { collect, inventoryOption, positive } from "./options.ts";
import { type PasswordFlags, passwordOptions } from "./passwords.ts";
import { loadPlaybook } from "./playbooks.ts";
import { fromRoot } from "./project.ts";
import { type SelectionFlags, selectionOf, selectionOptions } from "./selection-options.ts";

export interface PlaybookFlags extends SelectionFlags, PasswordFlags {
  readonly inventory?: readonly string[];
  readonly limit?: string;
  readonly extraVars?: readonly string[];
  readonly forks?: number;
}

/** A playbook with all that is asked of it. */
export interface RequestedPlaybook {
  readonly name: string;
  readonly file: string;
  readonly playbook: Playbook;
  /** The playbook's own. */
  readonly ownReporter?: ReporterDefinition | undefined;
  readonly inventory: LoadedInventory;
  readonly limit: string | undefined;
  readonly selection: Selection;
  readonly extraVars: ExtraVars;
}

/** `-i`, `-k`, `-K`, `--limit`, `-e`, `--forks`, `--tags`, `--skip-tags` and `--start-at`. */
export function playbookOptions(command: Command): Command {
  passwordOptions(inventoryOption(command)).option(
    "-l, --limit <pattern>",
    "only these hosts: web1, web:!web2, @file, or @last-failed (the hosts that failed in this playbook's last run)",
  );
  return selectionOptions(forksOption(extraVarsOption(command)));
}

export function extraVarsOption(command: Command): Command {
  return command.option(
    "-e, --extra-vars <name=value>",
    "sets a variable for all hosts; also @file (YAML or JSON); may be given several times",
    collect,
  );
}

export function forksOption(command: Command): Command {
  return command.option(
    "-f, --forks <number>",
    "how many hosts are worked on at a time (default: 20)",
    positive,
  );
}

/**
 * Loads what the options ask for.
 *
 * @param wanted a playbook's name, or a file's path
 * @throws ShowrunnerError `file.missing`, `playbook.invalid`, `inventory.…`, `usage`
 */
export async function requestedPlaybook(wanted: string, flags: PlaybookFlags): Promise<RequestedPlaybook> {
  const { name, file, playbook, reporter: ownReporter } = await loadPlaybook(wanted);
  const inventory = await findInventory(flags.inventory, flags);
  const files = { playbook: fromRoot(file), inventory: inventory.files.map(fromRoot).join(", ") };
  const { hosts } = inventory.inventory;
  const hasHost = (host: string) => hosts.has(host) || localNames.includes(host);
  const of = { folder: runsFolder(), playbook: name, inventory: inventory.shown, files, hasHost };
  const limit = flags.limit === undefined ? undefined : resolveLastFailed(flags.limit, of);
  if (limit !== undefined) await awaitLimit(limit);
  const extraVars = await readExtraVars(flags.extraVars ?? []);
  return { name, file, playbook, ownReporter, inventory, limit, selection: selectionOf(flags), extraVars };
}
