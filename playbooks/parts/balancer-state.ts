/** What a balancer says of itself, and of the addresses that move. */
import { isIPv4 } from "node:net";
import { defineFact, lines, rawScript, sh } from "showrunner";
import { metricsFolder, outOfService } from "../../roles/keepalived/paths.ts";

/** How a balancer is. */
export interface BalancerState {
  /** Whether HAProxy and keepalived run. */
  readonly runs: boolean;
  /** The word that says why it takes no address; undefined where it is in service. */
  readonly outOfService: string | undefined;
  /** The addresses that it takes part in; `held` are those that it has now. */
  readonly addresses: readonly { readonly address: string; readonly held: boolean }[];
}

/** How a balancer is just now; its one key is `""`. */
export const balancerState = defineFact<string, BalancerState>({
  name: "site.balancer",
  about: "world",
  mostlyOwn: true,
  lasting: () => undefined,
  script: () =>
    lines(
      rawScript(`systemctl is-active haproxy keepalived | tr '\\n' ' '; echo`),
      // keepalived asks whether the file exists, whatever is in it
      sh`[ ! -e ${outOfService} ] || { echo out; head -c 100 ${outOfService} | head -n 1; }`,
      rawScript("echo; echo =="),
      sh`[ ! -d ${metricsFolder} ] || ls ${metricsFolder}`,
      rawScript("echo ==; ip -o -4 address show"),
    ),
  parse(stdout, keys) {
    const [first = "", files = "", interfaces = ""] = stdout.toString().split("==\n");
    const [units = "", mark = "", why = ""] = first.split("\n");
    const own = new Set([...interfaces.matchAll(/ inet ([0-9.]+)\//g)].map(([, address]) => address));
    const addresses = files.split("\n").flatMap((file) => {
      const address = file.replace(/\.prom$/, "");
      return address !== file && isIPv4(address) ? [{ address, held: own.has(address) }] : [];
    });
    const state = {
      runs: units.trim() === "active active",
      outOfService: mark === "out" ? (/^\w+$/.exec(why)?.[0] ?? "somebody") : undefined,
      addresses,
    };
    return new Map(keys.map((key) => [key, state]));
  },
});
