/** Whether a host speaks IPv6 at all. */
import { defineFact, nothingElse, rawScript } from "../kit/index.ts";

/** False where the kernel has no IPv6: a daemon that is to listen on an address of it does not start there. */
export const ipv6 = defineFact<"", boolean>({
  name: "net.ipv6",
  restsOn: nothingElse,
  script: () => rawScript("if [ -e /proc/net/if_inet6 ]; then echo yes; else echo no; fi"),
  parse: (stdout, keys) => new Map(keys.map((key) => [key, stdout.toString().trim() === "yes"])),
});
