/** Whom a host trusts to sign certificates. */
import { defineFact, lines, sh } from "../kit/index.ts";
import { keepAuthorities } from "../transport/authorities.ts";

/** The key for the authorities that a host's own programs go by. */
export const trusted = "trusted";

/** Where distributions keep them: Debian, Arch and Alpine; Fedora and its kin; openSUSE; the last two of the rest. */
const places = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** Many times the size of any bundle, in pieces of 64 KiB: a host does not fill the controller's memory. */
const most = 64;

/**
 * The certificates in a file of the host, or those in the first of the usual places: a name that requests know them by
 * (transport/authorities.ts). Undefined where there are none.
 */
export const authorities = defineFact<string, string | undefined>({
  name: "tls.authorities",
  limit: (keys) => keys.length * (most * 65_536 + 1024),
  script: (keys) =>
    lines(
      ...keys.map(
        (key) =>
          sh`for file in ${key === trusted ? places : [key]}; do
  [ -s "$file" ] && dd if="$file" bs=65536 count=${most} 2>/dev/null && break
done; echo; echo ${separator}`,
      ),
    ),
  parse(stdout, keys) {
    const files = stdout.toString("latin1").split(`\n${separator}\n`);
    return new Map(keys.map((key, index) => [key, keepAuthorities(files[index] ?? "")]));
  },
  restsOn: (key) => (key === trusted ? places : [key]),
  mayArrive: (_, value) => value === undefined,
});

const separator = "== end ==";
