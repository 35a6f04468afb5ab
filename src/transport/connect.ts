/** Chooses the transport for a host and loads only that one. */
import { connectCustom, type Transport } from "./custom.ts";
import type { ConnectionSettings } from "./settings.ts";
import type { Connect } from "./transport.ts";

export type TransportName = "ssh" | "openssh" | "local";

/** @returns a function that connects when it is first needed */
export function connector(transport: TransportName | Transport, settings: ConnectionSettings): Connect {
  if (typeof transport !== "string") return () => connectCustom(transport, settings);
  switch (transport) {
    case "ssh":
      return async () => (await import("./ssh.ts")).connectSsh(settings);
    case "openssh":
      return async () => (await import("./openssh.ts")).connectOpenSsh(settings);
    case "local":
      return async () => (await import("./local.ts")).connectLocal();
  }
}
