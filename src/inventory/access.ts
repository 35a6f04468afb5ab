/** Turns what an inventory says of a host into what the engine needs to connect to it. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { Secret } from "../base/secret.ts";
import type { HostAccess } from "../core/plays/run-request.ts";
import { connector } from "../transport/connect.ts";
import type { ConnectionSettings } from "../transport/settings.ts";
import { type FindHost, jumpHosts } from "./jump-hosts.ts";
import type { Host, HostSettings, Password } from "./types.ts";

/**
 * How to reach a host.
 *
 * @param host its merged settings
 * @param root the folder that relative paths in the settings are relative to: the project's
 * @param find finds the inventory's other hosts, which may be jump hosts
 * @param given settings that the inventory does not set; jump hosts do not get them
 */
export function hostAccess(
  host: Host,
  root: string,
  find: FindHost = () => undefined,
  given: HostSettings = {},
): HostAccess {
  const settings = { ...given, ...host.settings };
  const { transport = "ssh", lease, become, becomeUser, becomePassword, becomeMethod } = settings;
  const own = connectionSettings({ name: host.name, address: host.address, settings }, root);
  const jump = jumpHosts(host, own, find, (other) => connectionSettings(other, root));
  return {
    connect: connector(transport, { ...own, jump }),
    // the control machine serves many runs at once
    lease: lease ?? transport !== "local",
    readsAhead: transport !== "local",
    become,
    becomeUser,
    becomeMethod,
    becomePassword: asSecret(becomePassword),
  };
}

/** A host's settings without its jump hosts. ~/.ssh/config may set what they leave open. */
function connectionSettings(
  { name, address, settings }: Pick<Host, "name" | "address" | "settings">,
  root: string,
): ConnectionSettings {
  const { port, user, identityFile, passphrase, knownHosts, password } = settings;
  const { forwardAgent, hostKeys, connectTimeout } = settings;
  return {
    name,
    address,
    port,
    user,
    identityFile: identityFile === undefined ? undefined : settingsPath(identityFile, root),
    passphrase: asSecret(passphrase),
    knownHosts:
      knownHosts === undefined || knownHosts === "none" ? undefined : settingsPath(knownHosts, root),
    password: asSecret(password),
    forwardAgent,
    hostKeys,
    connectTimeout,
  };
}

/** The full path for a path in an inventory's settings; `~/` is the home directory. */
export function settingsPath(path: string, root: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(root, path);
}

/** A password written plainly in an inventory is no less secret in what a run prints. */
function asSecret(password: Password | undefined): { reveal(): string } | undefined {
  return typeof password === "string" ? new Secret(password) : password;
}
