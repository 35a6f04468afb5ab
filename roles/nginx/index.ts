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
  type RequiredInput,
  type Role,
  readFact,
  service,
  Type,
  template,
  withDefault,
} from "showrunner";

const reload = service({ name: "nginx", state: "reloaded" });

const Upstream = Type.Object({
  /** Where nginx reaches it: a name or an address. */
  address: Type.String({ minLength: 1 }),
  /** The port on which it listens. */
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
});

interface Site {
  readonly domain: string;
  readonly port: number;
  readonly isDefault: boolean;
  readonly staticFiles?: string;
}

const siteRoot = ({ domain }: Site) => `/srv/www/${domain}`;
const siteFile = ({ domain }: Site) => `/etc/nginx/conf.d/${domain}.conf`;
/**
 * The server for names that no site has is in a file of its own, one for each port. nginx accepts only one default server
 * a port: if it were in the site's file, no site could be renamed, or take over as the default from another one.
 */
const defaultFile = ({ port }: Site) => `/etc/nginx/conf.d/default-${port}.conf`;

/** What is written for these sites. */
function written(sites: readonly Site[]) {
  return {
    files: sites.flatMap((site) => [
      siteFile(site),
      ...(site.isDefault ? [defaultFile(site)] : []),
      `${siteRoot(site)}/`,
      `${siteRoot(site)}/static/`,
    ]),
    trees: sites.flatMap((site) =>
      site.staticFiles === undefined ? [] : [{ src: site.staticFiles, dest: `${siteRoot(site)}/static` }],
    ),
  };
}

const variables = {
  /** The site's name; also names its files. */
  domain: Type.String({ format: "hostname" }),
  /** The application servers. */
  upstreams: Type.Array(Upstream, { minItems: 1 }),
  /** The port on which nginx listens. Default: 80. */
  port: withDefault(Type.Integer({ minimum: 1, maximum: 65_535 }), 80),
  /** A local folder, served under /static/. */
  staticFiles: Type.Optional(Type.String()),
  /**
   * Whether this site also answers requests for names that no site has. Without such a site nginx takes the first
   * one. Default: false.
   */
  isDefault: withDefault(Type.Boolean(), false),
  /** The largest request body. Default: "8m". */
  maxBodySize: withDefault(Type.String({ pattern: "^[0-9]+[kmg]?$" }), "8m"),
};

/** What `nginx` takes. */
export interface NginxVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Serves static files and proxies the rest to the application. */
export const nginx: Role<NginxVars, void> = defineRole({
  name: "nginx",
  summary: "Nginx: static files, and a proxy to the application for everything else.",
  vars: variables,
  async run({ vars, role, owner }) {
    const root = siteRoot(vars);
    const [hasIpv6] = await Promise.all([readFact(ipv6, ""), apt({ name: "nginx-light" })]);
    await batch([
      file({ path: `${root}/static`, state: "directory", mode: "0755" }),
      ownedFiles({ owner, ...written([vars]) }),
    ]);
    if (vars.staticFiles !== undefined)
      await copy({ src: `${vars.staticFiles}/`, dest: `${root}/static/`, mode: "0644" });
    // Debian's welcome page would answer instead of the site
    await file({ path: "/etc/nginx/sites-enabled/default", state: "absent" }, { notify: reload });
    const servers = [
      { dest: siteFile(vars), name: vars.domain, serverName: vars.domain, listenOptions: "" },
      ...(vars.isDefault
        ? [
            {
              dest: defaultFile(vars),
              name: `default-${vars.port}`,
              serverName: "_",
              listenOptions: " default_server",
            },
          ]
        : []),
    ];
    for (const { dest, ...server } of servers)
      await template(
        {
          src: role.template("site.conf.ejs"),
          dest,
          vars: { ...vars, ...server, root, hasIpv6 },
          mode: "0644",
          validate: "nginx -t",
        },
        { notify: reload },
      );
    await service({ name: "nginx", state: "started", enabled: true });
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
    await ownedFiles({ owner, ...written(calls), prune: true }, { notify: reload });
  },
});
