/** Decides on a host's key during the hand-shake, and remembers why it was refused. */
import { formatLocation, messageOf, type ShowrunnerError } from "../base/errors.ts";
import { changedKey, refusal, revokedKey, unknownKey } from "./host-key-refusal.ts";
import { fingerprint, hostName, KnownHosts, keyType, pinHostKey } from "./known-hosts.ts";
import { defaultKnownHosts, keepsNothing, keepsNothingHint, otherKnownHosts } from "./known-hosts-files.ts";
import type { ResolvedSettings } from "./settings.ts";

export interface HostKeyCheck {
  /** Key types to ask the host for first. */
  readonly preferred: readonly string[];
  /** True if the key may be trusted; a refusal is kept in `refusal`. */
  verify(key: Buffer): boolean;
  readonly refusal: ShowrunnerError | undefined;
}

type HostKeySettings = Pick<
  ResolvedSettings,
  "address" | "port" | "knownHosts" | "alsoKnownHosts" | "hostKeys" | "hostKeyAlias"
>;

/** @param settings the host's name, address and key policy */
export function hostKeyCheck(settings: HostKeySettings): HostKeyCheck {
  const { address, port, hostKeys = "pin" } = settings;
  const chosen = chosenFile(settings);
  const { alsoKnownHosts = chosen === undefined ? otherKnownHosts() : [] } = settings;
  const own = chosen ?? defaultKnownHosts();
  const readKnown = () => new KnownHosts(hostKeys === "insecure" ? [] : [own, ...alsoKnownHosts]);
  const known = readKnown();
  // under an alias a key is kept without a port, as OpenSSH does
  const name = settings.hostKeyAlias ?? hostName(address, port);
  let refused: ShowrunnerError | undefined;

  const refuse = (why: ShowrunnerError): false => {
    refused = why;
    return false;
  };
  return {
    preferred: known.typesOf(name),
    get refusal() {
      return refused;
    },
    verify(key) {
      if (hostKeys === "insecure") return true;
      const before = known.compare(name, key);
      // another host of the run may have the same address, and its key may be pinned by now
      const found = before.status === "unknown" ? readKnown().compare(name, key) : before;
      const shown = `${keyType(key)} ${fingerprint(key)}`;
      switch (found.status) {
        case "known":
          return true;
        case "unknown":
          if (hostKeys === "known") return refuse(unknownKey({ name, shown }, own, { address, port }));
          if (keepsNothing(own))
            return refuse(
              refusal(`${name} showed the key ${shown}, and ${own} keeps none`, keepsNothingHint),
            );
          try {
            pinHostKey(own, name, key);
          } catch (error) {
            return refuse(
              refusal(
                `${name} showed the key ${shown}, which could not be pinned in ${own}: ${messageOf(error)}`,
                "name a file that you can write as knownHosts: a key that is not kept can't be compared next time",
              ),
            );
          }
          return true;
        case "changed":
          return refuse(changedKey({ name, shown }, found));
        case "revoked":
          return refuse(revokedKey(name, formatLocation(found)));
      }
    },
  };
}

function chosenFile({ knownHosts }: HostKeySettings): string | undefined {
  return knownHosts === undefined || keepsNothing(knownHosts) ? undefined : knownHosts;
}
