/** The classic drawing: one balancer, and two servers that each carry Nginx, the application and MySQL. */
import { inventory } from "showrunner";
import { siteVars } from "./vars/site.ts";
import { siteTraffic } from "./vars/traffic.ts";

export default inventory({
  lab: { network: "10.78.0.0/24", suite: "bookworm" },
  settings: {
    user: "deploy",
    identityFile: ".showrunner/lab/compact/id_ed25519",
    knownHosts: ".showrunner/lab/compact/known_hosts",
  },
  vars: siteVars,
  // the machine that the lab is on is the first address of its network
  traffic: siteTraffic(["10.78.0.1"]),
  hosts: {
    lb1: { address: "10.78.0.11" },
    node1: { address: "10.78.0.21" },
    node2: { address: "10.78.0.22" },
  },
  groups: {
    lb: { hosts: ["lb1"] },
    web: { hosts: ["node[1:2]"] },
    app: { hosts: ["node[1:2]"] },
    db: { children: ["db_primary", "db_replica"] },
    db_primary: { hosts: ["node1"] },
    db_replica: { hosts: ["node2"] },
    ca: { hosts: ["lb1"] },
  },
});
