/** The lines of /etc/hosts for the hosts of an inventory. */
import { isIP } from "node:net";

interface Named {
  readonly name: string;
  readonly address: string;
}

/** The parameters of `blockinfile` for these lines. */
type HostsBlock =
  | { readonly state: "absent" }
  | {
      readonly block: string;
      /** Matches lines that name one of these hosts and nothing else: earlier versions of the role wrote such lines. */
      readonly replaces: string;
    };

/** A host whose address is a name is left out: it resolves already. */
export function hostsBlock(hosts: readonly Named[]): HostsBlock {
  const named = hosts.filter(({ name, address }) => isIP(address) !== 0 && name !== "localhost");
  if (named.length === 0) return { state: "absent" };
  const names = named.map(({ name }) => name.replaceAll(/[.+^$|(){}]/g, "\\$&"));
  return {
    block: named.map(({ name, address }) => `${address} ${name}`).join("\n"),
    replaces: `^[^\\s#]\\S*\\s+(?:${names.join("|")})\\s*$`,
  };
}
