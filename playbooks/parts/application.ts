/** The application: a site of your own names its own folder, packages and command here. */
import { isIP } from "node:net";
import { fileURLToPath } from "node:url";
import { fileText, type HostInfo, play, readFact, SecretString } from "showrunner";
import { appPaths } from "../../roles/app/paths.ts";
import { app } from "../../roles/index.ts";
import { withPort } from "../../roles/ip-address.ts";
import { primary } from "./hosts.ts";
import { answering, notReadIn } from "./not-read.ts";

/** The sample's files; what is under `static` is for the web servers. */
export const applicationFiles = fileURLToPath(new URL("../../roles/app/files", import.meta.url));
export const applicationPort = 8000;
/** The name of the application's database. */
export const database = "site";

export const applicationServers = play(
  "application servers",
  { hosts: "app", become: true, vars: { databasePassword: SecretString() } },
  {
    app: async ({ vars, host, inventory }) => {
      const { notRead } = appPaths(guestBook(host).name);
      const read = answering(host, inventory, notReadIn(await readFact(fileText, notRead)));
      await app({
        ...guestBook(host),
        packages: ["python3-flask", "python3-pymysql", "gunicorn"],
        command: ["/usr/bin/gunicorn", "--workers", "2", "app:app"],
        serviceSettings: { Type: "notify" },
        environment: {
          DB_PRIMARY: primary(inventory).address,
          DB_REPLICA: read.address,
          DB_NAME: database,
          DB_USER: "site",
          DB_PASSWORD: vars.databasePassword,
        },
      });
    },
  },
);

/** Where an application server says whether the application serves. */
export const healthUrl = ({ address }: HostInfo) => `http://${withPort(address, applicationPort)}/healthz`;

/** The sample application, as far as its releases go. */
export const guestBook = (host: HostInfo) => ({
  name: "guestbook",
  source: `${applicationFiles}/sample`,
  listen: listenOn(host.address, applicationPort),
  health: healthUrl(host),
  keep: 5,
});

/** systemd listens on addresses, not on names: a host that is known by a name alone is reached on all its addresses. */
function listenOn(address: string, port: number): string {
  return isIP(address) === 0 ? String(port) : withPort(address, port);
}
