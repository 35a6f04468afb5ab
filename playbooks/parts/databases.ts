/** The databases of the site: one primary, and any number of replicas. */
import { play, SecretString } from "showrunner";
import { mysql } from "../../roles/index.ts";
import { database } from "./application.ts";
import { addresses, primary } from "./hosts.ts";

export const databases = [
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
];
