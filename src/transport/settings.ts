/** What a connection is made from; the inventory's host settings, resolved. */

/** Seconds. */
export const defaultConnectTimeout = 15;

/** How a host's key is treated: pinned on first use, required to be known, or (shouted about) not checked. */
export type HostKeyPolicy = "pin" | "known" | "insecure";

/** A password or passphrase, as text or as a secret that is only revealed when it is used. */
export type Password = { reveal(): string } | string;

/** How a host is reached. */
export interface ConnectionSettings {
  readonly name: string;
  readonly address: string;
  /** By default what ~/.ssh/config says, or 22. */
  readonly port?: number | undefined;
  /** By default what ~/.ssh/config says, or whoever runs this. */
  readonly user: string | undefined;
  /** A private key's file: it is tried alone, without the agent's and the default keys. */
  readonly identityFile?: string | undefined;
  /** Opens encrypted keys. */
  readonly passphrase?: Password | undefined;
  readonly password?: Password | undefined;
  /** Whether processes on the host may use this machine's agent. Default false. */
  readonly forwardAgent?: boolean | undefined;
  /** Where host keys are pinned. By default what ~/.ssh/config says, or ~/.ssh/known_hosts. */
  readonly knownHosts?: string | undefined;
  /** Files that are read besides that one. By default the system's, where `knownHosts` is left out. */
  readonly alsoKnownHosts?: readonly string[] | undefined;
  readonly hostKeys?: HostKeyPolicy | undefined;
  /** Seconds until connecting is given up. */
  readonly connectTimeout?: number | undefined;
  /** The hosts to go through, the first one first. By default what ~/.ssh/config says. */
  readonly jump?: readonly ConnectionSettings[] | undefined;
}

/** Settings with everything that ~/.ssh/config and OpenSSH's defaults add. */
export interface ResolvedSettings extends ConnectionSettings {
  readonly port: number;
  readonly user: string;
  readonly jump: readonly ResolvedSettings[];
  /** Key files of ~/.ssh/config, tried after the agent's keys. */
  readonly keyFiles?: readonly string[] | undefined;
  /** The name that the host's key is known by, if not its address (HostKeyAlias). */
  readonly hostKeyAlias?: string | undefined;
  /** Whether the agent's keys are left out (IdentitiesOnly). */
  readonly noAgent?: boolean | undefined;
}

/** Settings for the system's ssh, which finds out itself what ~/.ssh/config adds; errors and checks need it, too. */
export interface OpenSshSettings extends ConnectionSettings {
  /** Whom it will reach. */
  readonly reached: Pick<ResolvedSettings, "address" | "port" | "user">;
  /** The first of the files in which it looks for host keys. */
  readonly firstKnownHosts: string;
  /** The socket of the agent that it asks, if there is one. */
  readonly agent: string | undefined;
}
