/** A template for a real site: copy it to inventory/production.ts and put your own hosts in. */
import { inventory, secretFrom } from "showrunner";

export default inventory({
  settings: {
    user: "deploy",
    // every key must be in ~/.ssh/known_hosts before the first run
    hostKeys: "known",
  },
  vars: {
    domain: "www.example.org",
    algorithm: "leastConnections",
    balancerMode: "activeActive",
    // with a second host in lb: the address that visitors use, which moves to the balancer that works
    // siteAddresses: ["192.0.2.10"],
    // the certificate that visitors see, on this machine; left out: one of the site's own authority
    // edgeCertificate: { certificate: "certificates/www.pem", key: "certificates/www.key" },
    // never from a file that is committed in the clear: docs/secrets.md names other sources
    databasePassword: secretFrom.env("SITE_DATABASE_PASSWORD"),
    replicationPassword: secretFrom.env("SITE_REPLICATION_PASSWORD"),
  },
  // a firewall on every host: import siteTraffic from "./vars/traffic.ts", say from where you administer the hosts, and
  // give each host below its address
  // traffic: siteTraffic(["198.51.100.0/24"]),
  hosts: {
    "lb1.example.org": { address: "192.0.2.11" },
    "web[1:2].example.org": {},
    "db1.example.org": { address: "192.0.2.31" },
    "db2.example.org": { address: "192.0.2.32" },
  },
  groups: {
    lb: { hosts: ["lb1.example.org"] },
    web: { hosts: ["web[1:2].example.org"] },
    app: { children: ["web"] },
    db: { children: ["db_primary", "db_replica"] },
    db_primary: { hosts: ["db1.example.org"] },
    db_replica: { hosts: ["db2.example.org"] },
    // the authority for the traffic between the hosts: one that no visitor reaches
    ca: { hosts: ["db1.example.org"] },
  },
});
