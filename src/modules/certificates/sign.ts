/** The script that signs a certificate. */
import type { Holder } from "../../facts/x509.ts";
import { cleanPath, lines, requireOwnFile, type Script, type Secret, sh } from "../../kit/index.ts";
import { extensionLines, requestLines, subjectWord, writeConfig } from "./holder.ts";
import { requireOwnKey, withPassphrase } from "./openssl.ts";

interface Signing {
  readonly privateKey?: string | undefined;
  readonly passphrase?: string | Secret | undefined;
  readonly authority?:
    | {
        readonly certificate: string;
        readonly privateKey: string;
        readonly passphrase?: string | Secret | undefined;
      }
    | undefined;
  readonly subject?: NonNullable<Parameters<typeof subjectWord>[0]["subject"]>;
}

interface Details {
  readonly wanted: Holder;
  /** As PEM; undefined for a key of this host. */
  readonly request: string | undefined;
  /** What follows the certificate in the file, as PEM. */
  readonly chain: string;
  /** How long it is valid. */
  readonly seconds: number;
  /** The authority's own end, in seconds since 1970. */
  readonly latest: number | undefined;
}

/** Clocks differ by a little: a certificate is valid from a little earlier on. Seconds. */
const before = 300;

/** Ends the script where another user could exchange what a certificate is signed with. */
export function requireOwnSigner({ privateKey, authority }: Signing): Script {
  return lines(
    privateKey === undefined ? sh`` : requireOwnKey(cleanPath(privateKey)),
    authority === undefined
      ? sh``
      : lines(
          requireOwnKey(cleanPath(authority.privateKey)),
          requireOwnFile(cleanPath(authority.certificate), "keep the authority in a directory of root's"),
        ),
  );
}

/**
 * Prints a new certificate, and works in the directory where it stands.
 *
 * `openssl ca` is what sets times to the second in all versions. Its database is new each time, since serial numbers are
 * random: nothing is left that two hosts' certificates would have to share.
 */
export function signCertificate(p: Signing, details: Details): Script {
  const { wanted, request, chain, seconds, latest } = details;
  const { authority } = p;
  const keyPath = cleanPath(p.privateKey ?? "");
  const signer = authority
    ? sh`-cert ${cleanPath(authority.certificate)} -keyfile ${cleanPath(authority.privateKey)}`
    : sh`-selfsign -keyfile ${keyPath}`;
  return lines(
    writeConfig("[req]", ...requestLines, ...authorityConfig(wanted)),
    request === undefined
      ? withPassphrase(
          p.passphrase,
          (source) =>
            sh`openssl req -new -utf8 -config ./.sr-config -subj ${subjectWord(p)} -key ${keyPath} -passin ${source} -out ./.sr-request`,
        )
      : sh`printf %s ${request} >./.sr-request`,
    sh`: >./.sr-index
now=$(date +%s) end=$((now + ${seconds}))`,
    latest === undefined ? sh`` : sh`[ $end -le ${latest} ] || end=${latest}`,
    sh`day() { date -u -d "@$1" +%Y%m%d%H%M%SZ; }`,
    withPassphrase(
      authority ? authority.passphrase : p.passphrase,
      (source) =>
        sh`openssl ca -batch -notext -utf8 -preserveDN -config ./.sr-config -in ./.sr-request -subj ${subjectWord(p)} -startdate "$(day $((now - ${before})))" -enddate "$(day $end)" ${signer} -passin ${source} -out ./.sr-signed`,
    ),
    sh`cat ./.sr-signed`,
    sh`printf %s ${chain}`,
  );
}

/** The configuration of `openssl ca`. */
function authorityConfig(wanted: Holder): string[] {
  return [
    "[ca]",
    "default_ca = signing",
    "[signing]",
    "database = ./.sr-index",
    "new_certs_dir = .",
    "default_md = default",
    "policy = any",
    "unique_subject = no",
    "rand_serial = yes",
    "email_in_dn = yes",
    "x509_extensions = signed",
    "[any]",
    ...[
      "countryName",
      "stateOrProvinceName",
      "localityName",
      "organizationName",
      "organizationalUnitName",
      "commonName",
      "emailAddress",
    ].map((name) => `${name} = optional`),
    "[signed]",
    "subjectKeyIdentifier = hash",
    "authorityKeyIdentifier = keyid",
    ...extensionLines(wanted),
  ];
}
