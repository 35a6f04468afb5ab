/** The classic site: HAProxy, web servers with Nginx, the application, MySQL primary and replica. */
import { isIPv4, isIPv6 } from "node:net";
import { fileURLToPath } from "node:url";
import {
  type HostInfo,
  http,
  type InventoryView,
  play,
  playbook,
  SecretString,
  Type,
  withDefault,
} from "showrunner";
import { Algorithm, Mode } from "../roles/haproxy/index.ts";
import { app, common, firewall, haproxy, keepalived, mysql, nginx } from "../roles/index.ts";

/** The sample application: a site of your own names its own folder, packages and command. */
const files = fileURLToPath(new URL("../roles/app/files", import.meta.url));
const appPort = 8000;
const database = "site";

const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const webPort = withDefault(Port, 80);
/** Addresses that move between the balancers: one, or two of which each balancer has one. Default: none. */
const siteAddresses = withDefault(Type.Array(Type.String({ format: "ipv4" })), []);

/** The plays, for playbooks that do more than deploy. */
export const sitePlays = [
  play(
    "every host",
    { hosts: "all", become: true, vars: { domain: Type.String({ format: "hostname" }) } },
    {
      common: ({ vars, host }) => common({ motd: `${host.name}, part of ${vars.domain}` }),
      // without rules a host would let nobody in
      firewall: async ({ inventory }) => {
        if (inventory.traffic.length > 0) await firewall({});
      },
    },
  ),

  play(
    "database primary",
    {
      hosts: "db_primary",
      become: true,
      vars: { databasePassword: SecretString(), replicationPassword: SecretString() },
    },
    {
      mysql: ({ vars, inventory }) =>
        mysql({
          role: "primary",
          nodes: "db",
          databases: [{ name: database }],
          users: [
            {
              name: "site",
              hosts: addresses(inventory, "app"),
              password: vars.databasePassword,
              privileges: { [`${database}.*`]: ["ALL"] },
            },
          ],
          replication: {
            user: "replication",
            password: vars.replicationPassword,
            hosts: addresses(inventory, "db"),
          },
        }),
    },
  ),

  play(
    "database replica",
    { hosts: "db_replica", become: true, vars: { replicationPassword: SecretString() } },
    {
      mysql: ({ vars, inventory }) =>
        mysql({
          role: "replica",
          nodes: "db",
          replication: {
            user: "replication",
            password: vars.replicationPassword,
            primary: primary(inventory).address,
          },
        }),
    },
  ),

  play(
    "application servers",
    { hosts: "app", become: true, vars: { databasePassword: SecretString() } },
    {
      app: ({ vars, host, inventory }) =>
        app({
          ...guestBook(host),
          packages: ["python3-flask", "python3-pymysql", "gunicorn"],
          command: ["/usr/bin/gunicorn", "--workers", "2", "app:app"],
          serviceSettings: { Type: "notify" },
          environment: {
            DB_PRIMARY: primary(inventory).address,
            // without a replica the primary answers the reads, too
            DB_REPLICA: (inventory.group("db_replica")[0] ?? primary(inventory)).address,
            DB_NAME: database,
            DB_USER: "site",
            DB_PASSWORD: vars.databasePassword,
          },
        }),
    },
  ),

  play(
    "web servers",
    { hosts: "web", become: true, vars: { domain: Type.String({ format: "hostname" }), webPort } },
    {
      nginx: ({ vars, host, inventory }) =>
        nginx({
          domain: vars.domain,
          port: vars.webPort,
          upstreams: upstreams(host, inventory),
          staticFiles: `${files}/static`,
        }),
    },
  ),

  play(
    "balancers",
    {
      hosts: "lb",
      become: true,
      vars: {
        webPort,
        algorithm: withDefault(Algorithm, "roundRobin"),
        balancerMode: withDefault(Mode, "activeActive"),
      },
    },
    {
      haproxy: ({ vars, inventory }) =>
        haproxy({
          servers: inventory.group("web").map(({ name, address }) => ({ name, address, port: vars.webPort })),
          algorithm: vars.algorithm,
          mode: vars.balancerMode,
        }),
    },
  ),

  // plays of their own: by now the balancers' handlers have run, and a balancer takes an address only while it works
  play(
    "addresses that move",
    { hosts: "lb", become: true, vars: { siteAddresses } },
    {
      keepalived: async ({ vars }) => {
        if (vars.siteAddresses.length === 0) return;
        await keepalived({ nodes: "lb", addresses: vars.siteAddresses.map((address) => ({ address })) });
      },
    },
  ),

  play(
    "the site answers",
    { hosts: "lb", become: true, vars: { siteAddresses } },
    {
      verify: async ({ host, vars }) => {
        for (const address of [host.address, ...vars.siteAddresses])
          await http(
            { url: `http://${address}/healthz`, status: 200 },
            { name: "through the balancer", retries: 20, delay: "1s" },
          );
      },
    },
  ),
];

export default playbook(sitePlays);

/** Where an application server says whether the application serves. */
export const healthUrl = ({ address }: HostInfo) => `http://${address}:${appPort}/healthz`;

/** The sample application, as far as its releases go. */
export const guestBook = (host: HostInfo) => ({
  name: "guestbook",
  source: `${files}/sample`,
  listen: listenOn(host.address, appPort),
  health: healthUrl(host),
  keep: 5,
});

function addresses(inventory: InventoryView, group: string): string[] {
  return [...new Set(inventory.group(group).map(({ address }) => address))];
}

/** systemd listens on addresses, not on names: a host that is known by a name alone is reached on all its addresses. */
function listenOn(address: string, port: number): string {
  if (isIPv6(address)) return `[${address}]:${port}`;
  return isIPv4(address) ? `${address}:${port}` : String(port);
}

function primary(inventory: InventoryView): HostInfo {
  const [first] = inventory.group("db_primary");
  if (!first) throw new Error("the inventory has no host in the group db_primary");
  return first;
}

/** A web server asks the application beside it; one without asks them all. */
function upstreams(host: HostInfo, inventory: InventoryView) {
  const servers = inventory.group("app");
  const beside = servers.filter(({ name }) => name === host.name);
  return (beside.length > 0 ? beside : servers).map(({ address }) => ({ address, port: appPort }));
}
