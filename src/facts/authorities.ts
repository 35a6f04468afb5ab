/** Whom a host trusts to sign certificates. */
import { setImmediate } from "node:timers/promises";
import { defineFact, lines, quote, rawScript, sh } from "../kit/index.ts";
import { authoritiesOf, keepAuthorities } from "../transport/authorities.ts";
import { readCertificates } from "./certificates.ts";
import { contentsIn, printSome } from "./contents.ts";
import type { Certificate } from "./x509.ts";

/** The key for the authorities that a host's own programs go by. */
export const trusted = "trusted";

/** Where distributions keep them: Debian, Arch and Alpine; Fedora and its kin; openSUSE; the last two of the rest. */
const places = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** Many times the size of any bundle, in bytes: a host does not fill the controller's memory. */
const most = 4 * 1024 * 1024;

/**
 * The certificates in a file of the host, or those in the first of the usual places: a name that requests know them by
 * (transport/authorities.ts). Undefined where there are none.
 */
export const authorities = defineFact<string, string | undefined>({
  name: "tls.authorities",
  limit: (keys) => keys.length * (most + 1024),
  script: (keys) =>
    lines(
      sh`for trusted in ${places}; do [ ! -s "$trusted" ] || break; done`,
      printSome(rawScript(keys.map((key) => (key === trusted ? '"$trusted"' : quote(key))).join(" ")), most),
    ),
  parse(stdout, keys) {
    const files = contentsIn(stdout, keys.length);
    return new Map(keys.map((key, index) => [key, keepAuthorities(files[index]?.toString("latin1") ?? "")]));
  },
  restsOn: (key) => (key === trusted ? places : [key]),
  mayArrive: (_, value) => value === undefined,
});

type BySubject = ReadonlyMap<string, readonly Certificate[]>;

/** What bundles hold, by their names, and by what subjects are called: hosts mostly have the same one. */
const read = new Map<string, Promise<BySubject>>();

/** How long a large bundle is read before others have their turn, in milliseconds. */
const turn = 10;

/**
 * The authorities of a name that are trusted.
 *
 * @param bundle what the fact `authorities` gave
 * @param subject as certificates name it
 */
export async function issuersIn(
  bundle: string | undefined,
  subject: string,
): Promise<readonly Certificate[]> {
  if (bundle === undefined) return [];
  const known = read.get(bundle) ?? bySubject(authoritiesOf(bundle));
  read.set(bundle, known);
  return (await known).get(subject) ?? [];
}

async function bySubject(all: readonly string[]): Promise<BySubject> {
  const found = new Map<string, Certificate[]>();
  let since = performance.now();
  for (const pem of all) {
    if (performance.now() - since > turn) {
      await setImmediate();
      since = performance.now();
    }
    const certificates = readCertificates(pem);
    // what can't be read here is trusted by nobody here
    if (typeof certificates === "string") continue;
    for (const one of certificates) {
      const alike = found.get(one.subject);
      if (alike) alike.push(one);
      else found.set(one.subject, [one]);
    }
  }
  return found;
}
