/** From what an inventory says of a host to how the engine gets onto it. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { HostAccess } from "../core/run.ts";
import { Secret } from "../secrets/secret.ts";
import { connector } from "../transport/connect.ts";
import type { Host, Password } from "./types.ts";

/**
 * How to reach a host.
 *
 * @param host its merged settings
 * @param root the folder that relative paths in the settings are relative to: the project's
 */
export function hostAccess(host: Host, root: string): HostAccess {
  const { identityFile, passphrase, knownHosts, password, transport = "ssh" } = host.settings;
  const { forwardAgent, hostKeys, connectTimeout } = host.settings;
  const { become, becomeUser, becomePassword } = host.settings;
  return {
    connect: connector(transport, {
      name: host.name,
      address: host.address,
      port: host.port,
      user: host.user,
      identityFile: identityFile === undefined ? undefined : settingsPath(identityFile, root),
      knownHosts: knownHosts === undefined ? undefined : settingsPath(knownHosts, root),
      passphrase: asSecret(passphrase),
      password: asSecret(password),
      forwardAgent,
      hostKeys,
      connectTimeout,
    }),
    become,
    becomeUser,
    becomePassword: asSecret(becomePassword),
  };
}

/** The full path of one that stands in an inventory's settings; `~/` is the home directory. */
export function settingsPath(path: string, root: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(root, path);
}

/** A password written plainly in an inventory is no less secret in what a run prints. */
function asSecret(password: Password | undefined): { reveal(): string } | undefined {
  return typeof password === "string" ? new Secret(password) : password;
}
