/** What may reach a host, as rules of its firewall. */
import type { NftRule, Traffic } from "showrunner";
import { ipAddressOf } from "../ip-address.ts";

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
      const addresses = others.map((host) => ipAddressOf(host, `traffic "${what}"`));
      const from = [...new Set([...networks, ...addresses])];
      // a host that is alone in its group is reached by nobody, and reaches itself without a rule
      if (!isOpen && from.length === 0) return [];
      const by = protocol === "vrrp" ? { protocol } : { [protocol]: [...ports] };
      return [{ ...by, ...(isOpen ? {} : { from }), comment: what }];
    });
}
