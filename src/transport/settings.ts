/** What a connection is made from; the inventory's host settings, resolved. */

/** How a host's key is treated: pinned on first use, required to be known, or (shouted about) not checked. */
export type HostKeyPolicy = "pin" | "known" | "insecure";

/** A password or passphrase, as text or as a secret that is only revealed when it is used. */
export type Password = { reveal(): string } | string;

export interface ConnectionSettings {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string | undefined;
  /** A private key's file: it is tried alone, without the agent's and the default keys. */
  readonly identityFile?: string | undefined;
  /** Opens encrypted keys. */
  readonly passphrase?: Password | undefined;
  readonly password?: Password | undefined;
  /** Whether processes on the host may use this machine's agent. Default false. */
  readonly forwardAgent?: boolean | undefined;
  readonly knownHosts?: string | undefined;
  readonly hostKeys?: HostKeyPolicy | undefined;
  /** Seconds until connecting is given up. */
  readonly connectTimeout?: number | undefined;
}
