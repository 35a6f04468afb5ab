/** Where keepalived's files are that others read or write, too. */

/** While this file is there, the host holds no address: it is out of service. What is in it says why. */
export const outOfService = "/etc/keepalived/out-of-service";

const metrics = "/var/lib/keepalived";

/** Files of what keepalived tells of its addresses, as node_exporter's textfile collector reads them. */
export const metricsFolder = metrics;

/** What it tells of one of them: its last word is 1 where the host holds the address. */
export const metricsFile = (address: string) => `${metrics}/${address}.prom`;
