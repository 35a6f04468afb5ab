/** Where the daemons of the monitoring host listen: on that host alone. */

export const prometheusServer = { address: "127.0.0.1", port: 9090 } as const;
export const alertmanagerServer = { address: "127.0.0.1", port: 9093 } as const;
export const blackbox = { address: "127.0.0.1", port: 9115 } as const;
