/** The site on seven throw-away hosts of this machine: `npx run lab up -i inventory/lab.ts`. */
import { inventory } from "showrunner";
import { siteVars } from "./vars/site.ts";
import { monitoringTraffic, siteTraffic } from "./vars/traffic.ts";

export default inventory({
  lab: { network: "10.77.0.0/24", suite: "bookworm" },
  settings: {
    user: "deploy",
    identityFile: ".showrunner/lab/lab/id_ed25519",
    knownHosts: ".showrunner/lab/lab/known_hosts",
  },
  // it moves between the balancers: visitors come to it
  vars: { ...siteVars, siteAddresses: ["10.77.0.10"] },
  // the machine that the lab is on is the first address of its network
  traffic: [...siteTraffic(["10.77.0.1"]), ...monitoringTraffic(["10.77.0.1"])],
  hosts: {
    lb1: { address: "10.77.0.11" },
    lb2: { address: "10.77.0.12" },
    web1: { address: "10.77.0.21" },
    web2: { address: "10.77.0.22" },
    db1: { address: "10.77.0.31" },
    db2: { address: "10.77.0.32" },
    mon1: { address: "10.77.0.41" },
  },
  groups: {
    lb: { hosts: ["lb[1:2]"] },
    web: { hosts: ["web[1:2]"] },
    app: { hosts: ["web[1:2]"] },
    db: { children: ["db_primary", "db_replica"] },
    db_primary: { hosts: ["db1"] },
    db_replica: { hosts: ["db2"] },
    mon: { hosts: ["mon1"] },
    ca: { hosts: ["mon1"] },
  },
});
