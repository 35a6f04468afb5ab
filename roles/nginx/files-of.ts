/** Where a site's parts are on a host. */

/** What of a site its files depend on. */
interface Placed {
  readonly domain: string;
  readonly port: number;
  readonly isDefault: boolean;
  readonly staticFiles?: string | undefined;
  readonly monitoring?: { readonly port?: number | undefined } | undefined;
}

/** What all sites of a host share: the form of the access log. */
export const sharedFile = "/etc/nginx/conf.d/00-showrunner.conf";

export const siteRoot = ({ domain }: Pick<Placed, "domain">) => `/srv/www/${domain}`;

export const siteFile = ({ domain }: Pick<Placed, "domain">) => `/etc/nginx/conf.d/${domain}.conf`;

/**
 * The server for names that no site has is in a file of its own, one for each port. nginx accepts only one default server
 * a port: if it were in the site's file, no site could be renamed, or take over as the default from another one.
 */
export const defaultFile = ({ port }: Pick<Placed, "port">) => `/etc/nginx/conf.d/default-${port}.conf`;

export const statusPort = 8406;

/** The server for monitoring is the host's, and not a site's: one for each port. */
export const statusFile = (port = statusPort) => `/etc/nginx/conf.d/status-${port}.conf`;

/** What is written for these sites. */
export function written(sites: readonly Placed[]) {
  return {
    files: [
      sharedFile,
      ...sites.flatMap((site) => [
        siteFile(site),
        ...(site.isDefault ? [defaultFile(site)] : []),
        ...(site.monitoring ? [statusFile(site.monitoring.port)] : []),
        `${siteRoot(site)}/`,
        `${siteRoot(site)}/static/`,
      ]),
    ],
    trees: sites.flatMap((site) =>
      site.staticFiles === undefined ? [] : [{ src: site.staticFiles, dest: `${siteRoot(site)}/static` }],
    ),
  };
}
