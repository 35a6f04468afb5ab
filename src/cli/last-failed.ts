/** `--limit @last-failed`: the hosts that failed the last time. */
import { basename } from "node:path";
import { ShowrunnerError } from "../core/base/errors.ts";
import { eventsOf, keptRuns, overviewOf } from "../core/events/journals.ts";

const term = "@last-failed";

/**
 * Puts the hosts that failed in a playbook's last run, or could not be reached, in the place of `@last-failed`.
 *
 * @param folder where journals are kept
 * @param playbook the playbook's name
 * @param inventory the inventory as the journal calls it
 * @throws ShowrunnerError `usage` where there is no such run, or no host failed in it
 */
export function resolveLastFailed(
  limit: string,
  { folder, playbook, inventory }: { folder: string; playbook: string; inventory: string },
): string {
  const place = new RegExp(`(?<=^|[,:])${term}(?=$|[,:])`, "g");
  if (!place.test(limit)) return limit;
  const last = keptRuns(folder).find((run) => {
    const { start } = overviewOf(run);
    // the path depends on where the run was started from
    return start?.playbook === playbook && basename(start.inventory) === basename(inventory);
  });
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
  if (failed.length > 0) return limit.replace(place, [...new Set(failed)].join(","));
  throw new ShowrunnerError("usage", `${term}: no host failed in the last run of ${playbook}, ${last.id}`, {
    hint: `\`npx run show ${last.id}\` tells what it did; leave out --limit to run on all hosts`,
  });
}
