import {
  apt,
  copy,
  defineRole,
  directoryNames,
  fail,
  file,
  portListeners,
  type Role,
  readFact,
  ShowrunnerError,
  service,
  verifyCertificate,
} from "showrunner";
import { makeDirectory } from "../directory.ts";
import { whoIsInTheWay } from "../ports.ts";
import { certificates, challengeMap, configuration, serverState } from "./configuration.ts";
import { places, type Site, siteOf } from "./site.ts";
import { type HaproxyVars, variables } from "./variables.ts";

export { Algorithm, type HaproxyVars, Mode } from "./variables.ts";

const reload = service({ name: "haproxy", state: "reloaded" });

/** Saves the servers' state: before each reload, whoever asks for one, and whenever `haproxyServer` sets something. */
const keeper = "/usr/local/lib/haproxy/save-server-state";
const dropIn = `# Written by Showrunner: changes made here are overwritten by the next run.
[Service]
ExecReload=
ExecReload=/usr/sbin/haproxy -Ws -f $CONFIG -c $EXTRAOPTS
ExecReload=${keeper} $MAINPID
ExecStop=-${keeper}
`;

/**
 * HAProxy: distributes requests and connections over servers, leaves out those that do not answer, and ends TLS.
 *
 * The type knows the names of the backends, so a frontend that names another one does not compile.
 */
export const haproxy: HaproxyRole = defineRole({
  name: "haproxy",
  summary: "HAProxy in front of servers, with health checks and TLS; validated before it is reloaded.",
  vars: variables,
  check: (vars) => void siteOf(vars, () => []),
  async run({ vars, role, host, inventory, location }) {
    const select = (pattern: string) => {
      try {
        return inventory.select(pattern);
      } catch (error) {
        if (!(error instanceof ShowrunnerError)) throw error;
        const { message, hint, details } = error;
        throw new ShowrunnerError("vars.invalid", `role haproxy: ${message}`, { hint, details, location });
      }
    };
    const site = siteOf(vars, select, host.name);
    await requireFreePorts(site);
    await apt({ name: "haproxy" });
    await file({ path: "/usr/local/lib/haproxy", state: "directory", mode: "0755" });
    await copy({ src: role.file("save-server-state"), dest: keeper, mode: "0755" });
    await file({ path: "/etc/systemd/system/haproxy.service.d", state: "directory", mode: "0755" });
    await copy({
      dest: "/etc/systemd/system/haproxy.service.d/server-state.conf",
      content: dropIn,
      mode: "0644",
    });
    // HAProxy warns as long as there is none
    await copy({ dest: serverState, content: "1\n", mode: "0600", force: false });
    if (site.frontends.some(({ challenges }) => challenges !== undefined)) {
      await copy({ src: role.file("challenge"), dest: "/usr/local/lib/haproxy/challenge", mode: "0755" });
      await copy({
        dest: challengeMap,
        content: "# written by /usr/local/lib/haproxy/challenge, in memory alone\n",
      });
    }
    const folders = certificateFolders(site);
    if (folders.length > 0) await apt({ name: "openssl" });
    for (const path of folders) {
      await makeDirectory(path, certificates, { mode: "0700", owner: "root", group: "root" });
      await requireGood(path);
    }
    await copy(
      {
        dest: "/etc/haproxy/haproxy.cfg",
        content: configuration(site),
        mode: "0644",
        validate: "haproxy -c -f %s",
      },
      { notify: reload },
    );
    await service({ name: "haproxy", state: "started", enabled: true, daemonReload: true });
  },
});

/** The role, whose frontends can name only its backends. */
interface HaproxyRole extends Omit<Role<HaproxyVars, void>, never> {
  <B extends string>(vars: HaproxyVars<B>): ReturnType<Role<HaproxyVars, void>>;
}

/** Whoever else has a port would keep HAProxy from starting; and a reload would go on with the old configuration. */
async function requireFreePorts(site: Site): Promise<void> {
  const wanted = places(site);
  const found = await Promise.all(wanted.map(({ port }) => readFact(portListeners, { port })));
  for (const [index, { name, port, address }] of wanted.entries()) {
    const other = whoIsInTheWay(found[index], "haproxy", address);
    if (other)
      fail(
        `${name}: port ${port} is taken by ${other.process ?? "another process"}, which listens on ${other.address}`,
        "stop it, or have it listen elsewhere; or give HAProxy another port",
      );
  }
}

/** HAProxy itself goes on with a certificate that has expired. The chain is a matter of who visits. */
async function requireGood(folder: string): Promise<void> {
  const names = await readFact(directoryNames, folder);
  // HAProxy leaves these out, too
  for (const name of names.filter((one) => !/^\.|\.(key|issuer|ocsp|sctl)$/.test(one))) {
    const key = name.replace(/\.crt$/, ".key");
    const privateKey = `${folder}/${names.includes(key) ? key : name}`;
    await verifyCertificate({ path: `${folder}/${name}`, privateKey, chain: false });
  }
}

function certificateFolders({ frontends }: Site): string[] {
  return [...new Set(frontends.flatMap(({ tls }) => (tls ? [tls.certificates ?? certificates] : [])))];
}
