/** How OpenSSH's client reaches a host as the engine does. */
import { settingsPath } from "../inventory/access.ts";
import type { Host } from "../inventory/index.ts";

/**
 * The arguments of `ssh`, up to and with the host's address.
 *
 * @param root where relative paths of the host's settings start
 */
export function sshArguments({ address, port, user, settings }: Host, root: string): string[] {
  const { identityFile, knownHosts, hostKeys = "pin" } = settings;
  const checking = { pin: "accept-new", known: "yes", insecure: "no" }[hostKeys];
  return [
    "-p",
    String(port),
    "-o",
    `StrictHostKeyChecking=${checking}`,
    ...(knownHosts === undefined ? [] : ["-o", `UserKnownHostsFile=${settingsPath(knownHosts, root)}`]),
    ...(identityFile === undefined
      ? []
      : ["-i", settingsPath(identityFile, root), "-o", "IdentitiesOnly=yes"]),
    ...(user === undefined ? [] : ["-l", user]),
    address,
  ];
}
