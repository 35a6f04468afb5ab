/** What stands where after the demo, and what to look at. */
import type { LoadedInventory } from "../inventories.ts";
import { indented, table } from "../text.ts";
import type { Place } from "./visitor.ts";

/** What a group's hosts do: the first that fits a host is told. */
const parts: readonly (readonly [string, string])[] = [
  ["lb", "HAProxy, round robin"],
  ["db_primary", "MariaDB, the primary: takes the writes"],
  ["db_replica", "MariaDB, its replica: answers the reads"],
  ["web", "Nginx, by TLS → gunicorn with the guest book"],
  ["mon", "Prometheus, alerts, the status page"],
];

export function closingWords(
  { inventory, name, shown }: Pick<LoadedInventory, "inventory" | "name" | "shown">,
  { url }: Place,
): string[] {
  // the inventory that is taken where none is named
  const at = name === "lab" ? "" : ` -i ${shown}`;
  const hosts = parts.flatMap(([group, what]) => {
    const members = inventory.groups.get(group)?.hosts ?? [];
    if (members.length === 0) return [];
    const of = (key: "name" | "address") => members.map((host) => host[key]).join(", ");
    return [[of("name"), of("address"), what]];
  });
  const [monitor] = inventory.groups.get("mon")?.hosts ?? [];
  // a password of one's own is not shown
  const password = process.env["SITE_STATUS_PASSWORD"]
    ? "in SITE_STATUS_PASSWORD"
    : "lab-only-status-password";
  const replica = inventory.group("db_replica")[0]?.name;
  const looks = [
    [`npx run playbook authority${at}`, "the certificate of the site's authority, for curl or a browser"],
    [`curl --cacert .showrunner/authority.pem ${url}`, "the guest book"],
    ...(monitor
      ? [[`https://${monitor.address}/`, `the status page, for operator with the password ${password}`]]
      : []),
    [`npx run playbook status${at}`, "how the site is, on one screen"],
    [`npx run exec web${at} -- systemctl status nginx --no-pager`, "one command on many hosts"],
    [`npx run lab ssh ${replica}${at}`, "a shell on a host"],
    [`npx run playbook site${at} --check --diff`, "what a run would change: nothing"],
    [`npx run firewall${at}`, "who may talk to whom"],
    [
      `npx run exec ${replica}${at} --become -- mariadb -e 'SHOW REPLICA STATUS\\G'`,
      "how far the replica is",
    ],
  ];
  return [
    ...indented(table(hosts)),
    "",
    "Look at it:",
    ...indented(table(looks)),
    "",
    "Stop something, then run the playbook again. Take it down:",
    `  npx run lab down -i ${shown}`,
  ];
}
