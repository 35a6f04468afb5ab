/** What a connection is made from; the inventory's host settings, resolved. */

/** How a host's key is treated: pinned on first use, required to be known, or (shouted about) not checked. */
export type HostKeyPolicy = "pin" | "known" | "insecure";

export interface ConnectionSettings {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly identityFile?: string | undefined;
  readonly password?: { reveal(): string } | string | undefined;
  readonly knownHosts?: string | undefined;
  readonly hostKeys?: HostKeyPolicy | undefined;
  /** Seconds until connecting is given up. */
  readonly connectTimeout?: number | undefined;
}
