/** The Vagrantfile's machines, as `vagrant ssh-config` describes them: bring them up with `vagrant up` first. */
import { execFileSync } from "node:child_process";
import { inventory, ShowrunnerError } from "showrunner";
import { siteVars } from "./vars/site.ts";
import { siteTraffic } from "./vars/traffic.ts";

/** The machines' addresses on the private network, where the provider forwards ssh from 127.0.0.1 (VirtualBox). */
const privateAddresses: Readonly<Record<string, string>> = {
  node1: "192.168.56.10",
  lb1: "192.168.56.11",
  web1: "192.168.56.21",
  web2: "192.168.56.22",
  db1: "192.168.56.31",
  db2: "192.168.56.32",
};

/** `vagrant ssh-config` prints one block a machine: `Host NAME`, then `  Keyword value` lines. */
function machines(): Map<string, Map<string, string>> {
  let text: string;
  try {
    text = execFileSync("vagrant", ["ssh-config"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new ShowrunnerError("inventory.invalid", "`vagrant ssh-config` names no machines", {
      hint: "bring them up first: npm run smoke does it all, `vagrant up` just that",
      details: error instanceof Error ? error.message.trim().split("\n").slice(-3) : [],
    });
  }
  const found = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, keyword, value] = /^\s*(\w+)\s+"?(.*?)"?$/.exec(line) ?? [];
    if (keyword === undefined || value === undefined) continue;
    if (keyword === "Host") {
      current = new Map();
      found.set(value, current);
    } else current.set(keyword, value);
  }
  return found;
}

const found = machines();
const names = [...found.keys()];

function address(name: string, config: ReadonlyMap<string, string>): string {
  const given = config.get("HostName") ?? name;
  return given === "127.0.0.1" ? (privateAddresses[name] ?? given) : given;
}

const hosts = Object.fromEntries(
  [...found].map(([name, config]) => [
    name,
    {
      address: address(name, config),
      user: config.get("User") ?? "vagrant",
      identityFile: config.get("IdentityFile") ?? "",
    },
  ]),
);

/** This machine as the machines see it: on the private network, on libvirt's own, and behind VirtualBox's. */
const administrators = ["192.168.56.1", "192.168.57.1", "10.0.2.2"];

/** One machine carries everything; several share the work as in inventory/lab.ts. */
const compact = names.includes("node1");
const named = (prefix: string) => names.filter((name) => name.startsWith(prefix));

export default inventory({
  settings: { knownHosts: ".showrunner/vagrant/known_hosts" },
  // on one machine the balancer has port 443, and Nginx moves aside
  vars: { ...siteVars, webPort: compact ? 8443 : 443 },
  traffic: siteTraffic(administrators),
  hosts,
  groups: compact
    ? {
        lb: { hosts: ["node1"] },
        web: { hosts: ["node1"] },
        app: { hosts: ["node1"] },
        db: { children: ["db_primary", "db_replica"] },
        db_primary: { hosts: ["node1"] },
        db_replica: {},
        ca: { hosts: ["node1"] },
      }
    : {
        lb: { hosts: named("lb") },
        web: { hosts: named("web") },
        app: { hosts: named("web") },
        db: { children: ["db_primary", "db_replica"] },
        db_primary: { hosts: ["db1"] },
        db_replica: { hosts: ["db2"] },
        ca: { hosts: ["db1"] },
      },
});
