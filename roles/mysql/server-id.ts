import { createHash } from "node:crypto";
import { isIPv4 } from "node:net";
import { fail } from "showrunner";

interface Named {
  readonly name: string;
  readonly address: string;
}

/**
 * A server id that stays the same as long as the host keeps its name and address: its IPv4 address as a number. A host
 * that has no IPv4 address of its own (a name, a forwarded port of this machine) gets a number made of its name.
 */
function deriveServerId({ name, address }: Named): number {
  if (isIPv4(address) && !address.startsWith("127."))
    return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const hash = createHash("sha256").update(name).digest().readUInt32BE(0);
  return hash === 0 ? 1 : hash;
}

/**
 * The host's server id.
 *
 * @param others every host that may be its primary or replica
 * @throws ShowrunnerError if another host would get the same one
 */
export function uniqueServerId(host: Named, others: readonly Named[]): number {
  const id = deriveServerId(host);
  const twin = others.find((other) => other.name !== host.name && deriveServerId(other) === id);
  if (twin)
    fail(
      `${host.name} and ${twin.name} would both get the server id ${id}`,
      "give one of the two another id with the role's variable serverId",
    );
  return id;
}
