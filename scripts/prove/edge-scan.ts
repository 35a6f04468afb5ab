/** What Debian's testssl.sh finds at a site's edge. It takes minutes, and so belongs to the long proof. */
import { type LabSpec, run } from "../../src/lab/index.ts";

export interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** What is found in the certificates of the site's own authority, and says nothing of the edge. */
const ofTheAuthority: Readonly<Record<string, string>> = {
  cert_revocation:
    "the site's own authority publishes no list of revoked certificates; they are valid for 90 days",
};

/**
 * Scans the edge from a host of the lab, which gets the package.
 *
 * @param edge the site's name, the address of a balancer, and the certificate of who has signed the edge's
 * @returns what is graver than LOW, but for what an own authority is known not to do
 * @throws Error where the scan has seen nothing
 */
export async function scanEdge(
  spec: LabSpec,
  host: string,
  edge: { readonly name: string; readonly address: string; readonly ca: string },
): Promise<Finding[]> {
  const script = `set -e
cd "$(mktemp -d)"
apt-get -qq install -y testssl.sh bsdextrautils bind9-dnsutils >/dev/null 2>&1 </dev/null
printf '%s\\n' "$3" >ca.pem
testssl --quiet --color 0 --warnings off --add-ca ca.pem --ip "$2" --jsonfile found.json "https://$1" >/dev/null 2>&1 </dev/null || :
cat found.json`;
  const text = await run(spec, host, ["sh", "-c", script, "scan", edge.name, edge.address, edge.ca]);
  const found: Finding[] = JSON.parse(text);
  if (!found.some(({ id, finding }) => id === "TLS1_3" && finding.startsWith("offered")))
    throw new Error(`the scan of ${edge.address} has not seen TLS 1.3: ${text.slice(0, 1000)}`);
  const harmless = ["OK", "INFO", "LOW", "DEBUG"];
  return found.filter(({ id, severity }) => !harmless.includes(severity) && !(id in ofTheAuthority));
}
