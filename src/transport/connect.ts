/** Chooses the transport for a host and loads only that one. */
import { fetchSecrets } from "../secrets/fetch.ts";
import { connectCustom, type Transport } from "./custom.ts";
import type { ConnectionSettings } from "./settings.ts";
import type { Connect } from "./transport.ts";

export type TransportName = "ssh" | "openssh" | "local";

/** @returns a function that connects when it is first needed */
export function connector(transport: TransportName | Transport, settings: ConnectionSettings): Connect {
  if (typeof transport !== "string") return (signal) => connectCustom(transport, settings, signal);
  switch (transport) {
    case "ssh":
      return async (signal) => (await import("./ssh.ts")).connectSsh(settings, signal);
    case "openssh":
      return async (signal) => {
        // ssh is given the passwords at once, whether the host asks for them or not
        await fetchSecrets(settings, signal);
        return (await import("./openssh.ts")).connectOpenSsh(settings, signal);
      };
    case "local":
      return async () => (await import("./local.ts")).connectLocal();
  }
}
