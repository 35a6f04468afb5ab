import { posix } from "node:path";
import {
  apt,
  batch,
  copy,
  defineRole,
  fail,
  file,
  ipv6,
  ownedFiles,
  portListeners,
  type Role,
  readFact,
  service,
  template,
  verifyCertificate,
} from "showrunner";
import { ipAddressOf } from "../ip-address.ts";
import { whoIsInTheWay } from "../ports.ts";
import { defaultFile, sharedFile, siteFile, siteRoot, statusFile, statusPort, written } from "./files-of.ts";
import { type NginxVars, type Site, variables } from "./variables.ts";

const reload = service({ name: "nginx", state: "reloaded" });

/** Nginx itself is told to reload and answers at once: whoever asks for a reload waits here until it has taken place. */
const reloader = "/usr/local/lib/nginx/reload";
const dropIn = `# Written by Showrunner: changes made here are overwritten by the next run.
[Service]
ExecReload=
ExecReload=/usr/sbin/nginx -t -q -g 'daemon on; master_process on;'
ExecReload=${reloader} $MAINPID
`;

/** What is asked of visitors' browsers by default. */
const securityHeaders = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "SAMEORIGIN",
  "Referrer-Policy": "strict-origin-when-cross-origin",
};

/** Serves static files and proxies the rest to the application. */
export const nginx: Role<NginxVars, void> = defineRole({
  name: "nginx",
  summary: "Nginx: static files, and a proxy to the application for everything else.",
  vars: variables,
  async run({ vars, role, owner, inventory }) {
    const root = siteRoot(vars);
    if (vars.upstreams === undefined && vars.staticFiles === undefined)
      fail(`${vars.domain} has nothing to serve`, "give `upstreams`, `staticFiles` or both");
    const monitoring = vars.monitoring && inventory.select(vars.monitoring.hosts, { allowEmpty: true });
    const addresses = monitoring?.map((one) => ipAddressOf(one, "monitoring"));
    const monitoringPort = vars.monitoring?.port ?? statusPort;
    await requireFreePorts([vars.port, ...(vars.monitoring ? [monitoringPort] : [])]);
    const packages = ["nginx-light", ...(vars.tls ? ["openssl"] : [])];
    const [hasIpv6] = await Promise.all([readFact(ipv6, ""), apt({ name: packages })]);
    // nginx itself goes on with a certificate that has expired; its chain is a matter of who visits
    if (vars.tls)
      await verifyCertificate({ path: vars.tls.certificate, privateKey: vars.tls.key, chain: false });
    await batch([
      file({ path: posix.dirname(reloader), state: "directory", mode: "0755" }),
      copy({ src: role.file("reload"), dest: reloader, mode: "0755" }),
      file({ path: "/etc/systemd/system/nginx.service.d", state: "directory", mode: "0755" }),
      copy({ dest: "/etc/systemd/system/nginx.service.d/reload.conf", content: dropIn, mode: "0644" }),
      file({ path: `${root}/static`, state: "directory", mode: "0755" }),
      ownedFiles({ owner, ...written([vars]) }),
    ]);
    if (vars.staticFiles !== undefined)
      await copy({ src: `${vars.staticFiles}/`, dest: `${root}/static/`, mode: "0644" });
    if (vars.cache) await file({ path: "/var/cache/nginx", state: "directory", mode: "0755" });
    // Debian's welcome page would answer instead of the site
    await file({ path: "/etc/nginx/sites-enabled/default", state: "absent" }, { notify: reload });
    await file({ path: "/etc/nginx/nginx.conf", mode: "0640" });
    const put = (src: string, dest: string, more: Readonly<Record<string, unknown>>) =>
      template(
        { src: role.template(src), dest, vars: { hasIpv6, ...more }, mode: "0644", validate: "nginx -t" },
        { notify: reload },
      );
    await put("shared.conf.ejs", sharedFile, {});
    await put("site.conf.ejs", siteFile(vars), siteTemplate(vars, vars.domain, ""));
    if (vars.isDefault)
      await put(
        "site.conf.ejs",
        defaultFile(vars),
        siteTemplate(vars, `default-${vars.port}`, " default_server"),
      );
    if (vars.monitoring)
      await put("status.conf.ejs", statusFile(monitoringPort), { port: monitoringPort, addresses });
    await service({ name: "nginx", state: "started", enabled: true, daemonReload: true });
  },
  // removes a site that was renamed or left out, and static files that are gone from their folder
  async finish({ calls, owner }) {
    for (const [index, site] of calls.entries()) {
      const other = calls.slice(0, index).find(({ isDefault, port }) => isDefault && port === site.port);
      if (site.isDefault && other && other.domain !== site.domain)
        fail(
          `isDefault: on port ${site.port} both ${other.domain} and ${site.domain} have it, and only one site may`,
          "set isDefault for one of the two",
        );
    }
    for (const port of new Set(
      calls.flatMap(({ monitoring }) => (monitoring ? [monitoring.port ?? statusPort] : [])),
    )) {
      const patterns = calls.flatMap(({ monitoring }) =>
        monitoring && (monitoring.port ?? statusPort) === port ? [monitoring.hosts] : [],
      );
      if (new Set(patterns).size > 1)
        fail(
          `monitoring: on port ${port} the sites let different hosts ask: ${[...new Set(patterns)].join(" and ")}`,
          "give all sites of a host the same hosts, or another port",
        );
    }
    await ownedFiles({ owner, ...written(calls), prune: true }, { notify: reload });
  },
});

/** What a site's template is given, for one of its two servers. */
function siteTemplate(site: Site, name: string, listenOptions: string): Readonly<Record<string, unknown>> {
  const isDefault = listenOptions !== "";
  const { cache, ...rest } = site;
  return {
    ...rest,
    name,
    /** For names of Nginx's own, which take no dots and dashes. No two names have the same. */
    id: `s_${name.toLowerCase().replaceAll("-", "__").replaceAll(".", "_")}`,
    root: siteRoot(site),
    serverName: isDefault ? "_" : [site.domain, ...site.aliases].join(" "),
    listenOptions,
    tlsOption: site.tls ? " ssl" : "",
    // names that no site has are a visitor's own: for these nothing is kept
    ...(cache && !isDefault && { cache: { maxSize: "1g", ...cache } }),
    ...(site.rateLimit && { rateLimit: { burst: site.rateLimit.requests, ...site.rateLimit } }),
    headerLines: Object.entries({ ...securityHeaders, ...site.headers }).filter(([, value]) => value !== ""),
  };
}

/** Whoever else has a port would keep nginx from starting; and a reload would go on with the old configuration. */
async function requireFreePorts(ports: readonly number[]): Promise<void> {
  const found = await Promise.all(ports.map((port) => readFact(portListeners, { port })));
  for (const [index, port] of ports.entries()) {
    const other = ["0.0.0.0", "::"].flatMap((all) => whoIsInTheWay(found[index], "nginx", all) ?? [])[0];
    if (other)
      fail(
        `port ${port} is taken by ${other.process ?? "another process"}, which listens on ${other.address}`,
        "stop it, or have it listen elsewhere; or give the site another port",
      );
  }
}
