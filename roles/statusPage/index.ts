import {
  apt,
  batch,
  copy,
  defineRole,
  fail,
  file,
  ipv6,
  type OptionalInput,
  ownedFiles,
  Param,
  portListeners,
  type RequiredInput,
  type Role,
  readFact,
  SecretString,
  service,
  Type,
  template,
  withDefault,
} from "showrunner";
import { hostsOf } from "../hosts-of.ts";
import { whoIsInTheWay } from "../ports.ts";
import { isPassword, loginLine, passwordForm } from "./login.ts";
import { topologyOf } from "./topology.ts";

const reload = service({ name: "nginx", state: "reloaded" });

const pageFolder = "/srv/status-page";
/** Beside the page's own files, and served with them. */
const topologyFile = `${pageFolder}/site.json`;
const siteFile = "/etc/nginx/conf.d/status-page.conf";
const loginFile = "/etc/nginx/status-page.login";

/** What stands in nginx's configuration as one word. */
const Path = Type.String({ pattern: "^/[^\\s\"'\\\\;{}$]*$" });
const Pattern = Type.String({ minLength: 1 });

const Groups = Type.Object(
  {
    /** The balancers. Default: "lb". */
    balancers: Type.Optional(Pattern),
    /** The web servers. Default: "web". */
    web: Type.Optional(Pattern),
    /** The application servers. Default: "app". */
    application: Type.Optional(Pattern),
    /** The database that is written to. Default: "db_primary". */
    primary: Type.Optional(Pattern),
    /** The databases that replicate from it. Default: "db_replica". */
    replicas: Type.Optional(Pattern),
    /** The monitoring hosts. Default: "mon". */
    monitoring: Type.Optional(Pattern),
  },
  { additionalProperties: false },
);

const variables = {
  /** What the site is called: the page's title. */
  title: Type.String({ minLength: 1, maxLength: 100 }),
  /** The name by which a person logs in. Default: "operator". */
  user: withDefault(Type.String({ pattern: "^[A-Za-z0-9._@-]{1,64}$" }), "operator"),
  /** The password, of at least 8 characters. It stays here: the host gets its hash. */
  password: SecretString(),
  /** The page's certificate with its chain, on the host. */
  certificate: Path,
  /** Its key. */
  key: Path,
  /** The port on which the page is. Default: 443. */
  port: withDefault(Param.port(), 443),
  /** Where Prometheus listens, as this host sees it. Default: "http://127.0.0.1:9090". */
  prometheus: withDefault(
    Type.String({ pattern: "^https?://([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(:[0-9]{1,5})?$" }),
    "http://127.0.0.1:9090",
  ),
  /** The addresses that move between the balancers. Default: none. */
  addresses: withDefault(Type.Array(Type.String({ minLength: 1 })), []),
  /** Patterns of the inventory: which hosts are what. A part without hosts is left out. Default: {}. */
  groups: withDefault(Groups, {}),
};

/** What `statusPage` takes. */
export interface StatusPageVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** The whole site on one page, over HTTPS and behind a login: what Prometheus knows, drawn. */
export const statusPage: Role<StatusPageVars, void> = defineRole({
  name: "statusPage",
  summary: "One page that shows the whole site's state, over HTTPS and behind a login.",
  vars: variables,
  check({ password }) {
    if (!isPassword(password))
      fail(`password: expected ${passwordForm}, got fewer`, "whoever guesses it sees the whole site");
  },
  async run({ vars, role, host, inventory, owner, location }) {
    const topology = topologyOf(vars, {
      has: (group) => inventory.groups.has(group),
      select: (pattern) => hostsOf(inventory, pattern, { role: "statusPage", location }),
    });
    await requireFreePort(vars.port);
    const [hasIpv6] = await Promise.all([readFact(ipv6, ""), apt({ name: "nginx-light" })]);
    await batch([
      file({ path: pageFolder, state: "directory", mode: "0755", owner: "root", group: "root" }),
      ownedFiles({ owner, ...written(role.file("page")) }),
      copy({ src: `${role.file("page")}/`, dest: `${pageFolder}/`, mode: "0644" }),
      copy({ dest: topologyFile, content: `${JSON.stringify(topology, undefined, 2)}\n`, mode: "0644" }),
      copy({
        dest: loginFile,
        content: loginLine(vars.user, vars.password, host.name),
        mode: "0640",
        owner: "root",
        group: "www-data",
      }),
      // Debian's welcome page would answer on port 80
      file({ path: "/etc/nginx/sites-enabled/default", state: "absent" }, { notify: reload }),
      file({ path: "/etc/nginx/nginx.conf", mode: "0640" }),
    ]);
    await template(
      {
        src: role.template("nginx.conf.ejs"),
        dest: siteFile,
        mode: "0644",
        validate: "nginx -t",
        vars: { ...vars, hasIpv6, pageFolder, loginFile },
      },
      { notify: reload },
    );
    await service({ name: "nginx", state: "started", enabled: true });
  },
  // files of the page that a later version has no more
  finish: ({ role, owner }) => ownedFiles({ owner, ...written(role.file("page")), prune: true }),
});

function written(page: string) {
  return {
    files: [siteFile, loginFile, topologyFile, `${pageFolder}/`],
    trees: [{ src: page, dest: pageFolder }],
  };
}

/** Whoever else has the port would keep nginx from starting. */
async function requireFreePort(port: number): Promise<void> {
  const listeners = await readFact(portListeners, { port });
  const other = ["0.0.0.0", "::"].flatMap((all) => whoIsInTheWay(listeners, "nginx", all) ?? [])[0];
  if (other)
    fail(
      `port ${port} is taken by ${other.process ?? "another process"}, which listens on ${other.address}`,
      "give the status page another `port`, or stop what listens there",
    );
}
