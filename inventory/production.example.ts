/** A template for a real site: copy it to inventory/production.ts and put your own hosts in (docs/production.md). */
import { inventory, secretFrom } from "showrunner";
import { monitoringTraffic, siteTraffic } from "./vars/traffic.ts";

/** From where you administer the hosts: all others are refused. This machine, as the hosts see it, must be among them. */
const administrators = ["198.51.100.0/24"];

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
    // the address that visitors use: it moves to the balancer that works
    siteAddresses: ["192.0.2.10"],
    // the certificate that visitors see, on this machine; left out: one of the site's own authority
    // edgeCertificate: { certificate: "certificates/www.pem", key: "certificates/www.key" },
    // or one of Let's Encrypt, which each balancer obtains and renews by itself:
    // edgeCertificate: { acme: { acceptTerms: true, email: "admin@example.org" } },
    // never from a file that is committed in the clear: docs/secrets.md names other sources
    databasePassword: secretFrom.env("SITE_DATABASE_PASSWORD"),
    replicationPassword: secretFrom.env("SITE_REPLICATION_PASSWORD"),
    statusPassword: secretFrom.env("SITE_STATUS_PASSWORD"),
  },
  // a firewall on every host: it goes by their addresses
  traffic: [...siteTraffic(administrators), ...monitoringTraffic(administrators)],
  hosts: {
    "lb1.example.org": { address: "192.0.2.11" },
    "lb2.example.org": { address: "192.0.2.12" },
    "web1.example.org": { address: "192.0.2.21" },
    "web2.example.org": { address: "192.0.2.22" },
    "db1.example.org": { address: "192.0.2.31" },
    "db2.example.org": { address: "192.0.2.32" },
    "mon1.example.org": { address: "192.0.2.41" },
  },
  groups: {
    lb: { hosts: ["lb[1:2].example.org"] },
    web: { hosts: ["web[1:2].example.org"] },
    app: { children: ["web"] },
    db: { children: ["db_primary", "db_replica"] },
    db_primary: { hosts: ["db1.example.org"] },
    db_replica: { hosts: ["db2.example.org"] },
    mon: { hosts: ["mon1.example.org"] },
    // the authority for the traffic between the hosts: one that no visitor reaches
    ca: { hosts: ["mon1.example.org"] },
  },
});
