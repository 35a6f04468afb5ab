/** What the throw-away sites have in common. A real site takes its passwords from where it keeps them. */
import { secret } from "showrunner";

export const siteVars = {
  domain: "site.example",
  algorithm: "roundRobin",
  balancerMode: "activeActive",
  // the hosts are gone before there is an update
  securityUpdates: false,
  // a variable that is set to nothing is no password
  databasePassword: secret(process.env["SITE_DATABASE_PASSWORD"] || "lab-only-database-password"),
  replicationPassword: secret(process.env["SITE_REPLICATION_PASSWORD"] || "lab-only-replication-pw"),
  statusPassword: secret(process.env["SITE_STATUS_PASSWORD"] || "lab-only-status-password"),
};
