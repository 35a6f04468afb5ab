/** Connection settings as options of the system's ssh. No secret is among them: a process list shows them. */
import type { ConnectionSettings, HostKeyPolicy } from "./settings.ts";
import { defaultConnectTimeout } from "./settings.ts";

const checking: Readonly<Record<HostKeyPolicy, string>> = { pin: "accept-new", known: "yes", insecure: "no" };

/**
 * Options for the connection itself. What is not set is left to ~/.ssh/config.
 *
 * @param settings completed from ~/.ssh/config in what has a default here that is not ssh's
 * @param proxyCommand leads through the jump host, if there is one
 */
export function connectOptions(settings: ConnectionSettings, proxyCommand: string | undefined): string[] {
  const {
    port,
    user,
    identityFile,
    knownHosts,
    alsoKnownHosts = [],
    hostKeys,
    forwardAgent,
    jump,
  } = settings;
  const { connectTimeout = defaultConnectTimeout } = settings;
  const asks = settings.password !== undefined || settings.passphrase !== undefined;
  const options: [string, string | undefined][] = [
    ["BatchMode", asks ? "no" : "yes"],
    ["NumberOfPasswordPrompts", "1"],
    ["ConnectTimeout", String(Math.ceil(connectTimeout))],
    ["ServerAliveInterval", "15"],
    ["ServerAliveCountMax", "4"],
    ["StrictHostKeyChecking", checking[hostKeys ?? "pin"]],
    ["UserKnownHostsFile", hostKeys === "insecure" ? "/dev/null" : pathOption(knownHosts, ...alsoKnownHosts)],
    // the named files are the only ones
    ["GlobalKnownHostsFile", knownHosts === undefined ? undefined : "/dev/null"],
    ["VerifyHostKeyDNS", knownHosts === undefined ? undefined : "no"],
    ["Port", port === undefined ? undefined : String(port)],
    ["User", user],
    ["IdentityFile", pathOption(identityFile)],
    ["IdentitiesOnly", identityFile === undefined ? undefined : "yes"],
    ["ForwardAgent", forwardAgent === undefined ? undefined : yesNo(forwardAgent)],
    ["ProxyCommand", proxyCommand ?? (jump === undefined ? undefined : "none")],
  ];
  return options.flatMap(([name, value]) => (value === undefined ? [] : ["-o", `${name}=${value}`]));
}

const yesNo = (value: boolean) => (value ? "yes" : "no");

/** ssh splits at spaces and replaces what stands behind a percent sign. */
function pathOption(path: string | undefined, ...others: readonly string[]): string | undefined {
  if (path === undefined) return undefined;
  return [path, ...others].map((one) => `"${one.replaceAll("%", "%%")}"`).join(" ");
}
