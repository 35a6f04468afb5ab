/** The tables of cron. */
import { defineFact, rawScript, sh } from "../kit/index.ts";

/** A user's own table as it stands; empty where there is none, undefined where the host has no cron. */
export const crontab = defineFact<string, string | undefined>({
  name: "cron.table",
  restsOn: (user) => [`/var/spool/cron/crontabs/${user}`, "/usr/bin/crontab"],
  mayArrive: (_, table) => table === undefined,
  limit: (users) => users.length * 512 * 1024,
  script: (users) =>
    rawScript(`for user in ${sh`${users}`.text}; do
  if command -v crontab >/dev/null; then printf +; crontab -u "$user" -l 2>/dev/null; fi
  printf '\\000'
done`),
  parse(stdout, users) {
    const tables = stdout.toString().split("\0");
    return new Map(users.map((user, index) => [user, tables[index] ? tables[index].slice(1) : undefined]));
  },
});
