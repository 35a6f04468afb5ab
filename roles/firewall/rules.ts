/** What may reach a host, as rules of its firewall. */
import { isIP } from "node:net";
import { fail, type HostInfo, type NftRule, type Traffic } from "showrunner";

/**
 * The rules of one host.
 *
 * @param name the host's
 * @param traffic who may talk to whom in its inventory
 * @returns a rule for each kind of traffic that others begin
 */
export function rulesFor(name: string, traffic: readonly Traffic[]): NftRule[] {
  return traffic
    .filter(({ targets }) => targets.some((target) => target.name === name))
    .flatMap(({ what, protocol, ports, isOpen, networks, sources }): NftRule[] => {
      const others = sources.filter((source) => source.name !== name);
      const from = [...new Set([...networks, ...others.map(addressOf)])];
      // a host that is alone in its group is reached by nobody, and reaches itself without a rule
      if (!isOpen && from.length === 0) return [];
      const by = protocol === "vrrp" ? { protocol } : { [protocol]: [...ports] };
      return [{ ...by, ...(isOpen ? {} : { from }), comment: what }];
    });
}

function addressOf({ name, address }: HostInfo): string {
  if (isIP(address) !== 0) return address;
  return fail(
    `a firewall knows addresses, not names: expected an IP address of ${name}, got ${address}`,
    `give the host its address in the inventory: ${JSON.stringify(name)}: { address: "192.0.2.1" }`,
  );
}
