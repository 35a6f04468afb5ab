/** `--limit @last-failed`: the hosts that failed the last time. */
import { basename } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";
import { pasted } from "../base/script.ts";
import { eventsOf, keptRuns, overviewOf, type RunStart } from "../core/events/journals.ts";
import { splitPattern } from "../inventory/split-pattern.ts";

const term = "@last-failed";

/** Whose last run is meant. */
interface LastRunOf {
  /** Where journals are kept. */
  readonly folder: string;
  /** The playbook's name. */
  readonly playbook: string;
  /** The inventory as messages call it. */
  readonly inventory: string;
  readonly files: { readonly playbook: string; readonly inventory: string };
  /** Whether the inventory has a host of this very name. */
  hasHost(name: string): boolean;
}

/**
 * Puts the hosts that failed in a playbook's last run, or could not be reached, in the place of `@last-failed`.
 *
 * The journal's names are taken as names, and never as patterns: one that reads `*` must not come to mean all hosts.
 *
 * @throws ShowrunnerError `usage` where there is no such run, no host failed in it, or the inventory has none of that
 *   name
 *
 * @example
 * resolveLastFailed("@last-failed:!web2", of); // "web1,web2,!web2"
 */
export function resolveLastFailed(limit: string, of: LastRunOf): string {
  const terms = splitPattern(limit);
  if (!terms.some(({ text }) => text === term)) return limit;
  if (terms.some(({ sign, text }) => sign === "&" && text === term))
    throw new ShowrunnerError("usage", `--limit ${limit}: ${term} is a list of hosts and can't follow "&"`, {
      hint: `put it first: "${term}:&web" means the hosts that failed and are web servers`,
    });
  const failed = lastFailed(of);
  return terms
    .flatMap(({ sign, text }) => (text === term ? failed : [text]).map((name) => `${sign}${name}`))
    .join(",");
}

function lastFailed(of: LastRunOf): readonly string[] {
  const { folder, playbook, inventory } = of;
  const last = keptRuns(folder).find((run) => isRunOf(of, overviewOf(run).start));
  if (!last)
    throw new ShowrunnerError(
      "usage",
      `${term}: no run of ${playbook} on ${inventory} is kept in ${folder}`,
      {
        hint: "`npx run history` lists the runs",
      },
    );
  const failed = eventsOf(last).flatMap((event) =>
    event.type === "host:failed" || event.type === "host:unreachable" ? event.host : [],
  );
  if (failed.length > 0) return requireHosts([...new Set(failed)], of, last.id);
  throw new ShowrunnerError("usage", `${term}: no host failed in the last run of ${playbook}, ${last.id}`, {
    hint: `\`npx run show ${pasted(last.id)}\` tells what it did; leave out --limit to run on all hosts`,
  });
}

function requireHosts(
  names: readonly string[],
  { inventory, hasHost }: LastRunOf,
  run: string,
): readonly string[] {
  const gone = names.filter((name) => typeof name !== "string" || !hasHost(name));
  if (gone.length === 0) return names;
  throw new ShowrunnerError(
    "usage",
    `${term}: ${inventory} has no host called ${gone.map((name) => JSON.stringify(name)).join(", ")}, which failed in the last run`,
    { hint: `name the hosts with --limit; \`npx run show ${pasted(run)}\` tells which failed` },
  );
}

/** Whether it is a run of that playbook on that inventory, and a real one: a check says nothing of how hosts fared. */
function isRunOf({ playbook, inventory, files }: LastRunOf, start: RunStart | undefined): boolean {
  if (!start || start.check) return false;
  if (start.files)
    return start.files.playbook === files.playbook && start.files.inventory === files.inventory;
  // an older version's journal has names only, and the inventory's depends on where the run was started from
  return start.playbook === playbook && basename(start.inventory) === basename(inventory);
}
