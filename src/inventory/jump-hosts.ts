/** A host's jump hosts, from the `jump` setting to how each of them is reached. */
import { ShowrunnerError } from "../base/errors.ts";
import { parseJump } from "../transport/jump.ts";
import type { ConnectionSettings } from "../transport/settings.ts";
import type { Host } from "./types.ts";

/** Finds a host of the inventory; undefined for a name that it does not have. */
export type FindHost = (name: string) => Host | undefined;

/**
 * The way to a host. What is in the inventory has its own settings, its own jump hosts too; any other jump host is
 * reached with the host's key and rules.
 *
 * @param own the host's own connection settings, without jump hosts
 * @param settingsOf the same of another host
 * @returns undefined where the setting says nothing
 * @throws ShowrunnerError `inventory.invalid` where jump hosts lead in a circle
 */
export function jumpHosts(
  host: Host,
  own: ConnectionSettings,
  find: FindHost,
  settingsOf: (host: Host) => ConnectionSettings,
  onTheWay: readonly string[] = [],
): ConnectionSettings[] | undefined {
  const written = host.settings.jump;
  if (written === undefined) return undefined;
  const circle = [...onTheWay, host.name];
  const hops = [written].flat().flatMap((text) => parseJump(text));
  const found = hops.map((hop) => ({
    hop,
    known: hop.port === undefined && hop.user === undefined ? find(hop.address) : undefined,
  }));
  // a group's jump host is often in that group itself: it is reached by what comes before it
  const self = found.findIndex(({ known }) => known?.name === host.name);
  const way = self === -1 ? found : found.slice(0, self);
  return way.flatMap(({ hop, known }, index) => {
    if (!known) return [{ ...inherited(own), ...hop, name: hop.address, ...(index > 0 ? { jump: [] } : {}) }];
    if (circle.includes(known.name))
      throw new ShowrunnerError(
        "inventory.invalid",
        `the jump hosts lead in a circle: ${[...circle, known.name].join(" → ")}`,
        { hint: `jump: "none" says that a host is reached directly`, location: host.location },
      );
    const settings = settingsOf(known);
    if (index > 0) return [{ ...settings, jump: [] }];
    const before = jumpHosts(known, settings, find, settingsOf, circle);
    return [...(before ?? []), { ...settings, jump: before ? [] : undefined }];
  });
}

function inherited({ identityFile, passphrase, knownHosts, hostKeys, connectTimeout }: ConnectionSettings) {
  return { identityFile, passphrase, knownHosts, hostKeys, connectTimeout };
}
