/** What certificates and requests for them say. */
import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import { type Der, objectId, required, textOf, timeOf, valueIn, valuesIn } from "./der.ts";

/** What a certificate says of its holder, and a request asks for. */
export interface Holder {
  /** As `C=DE, O=Shop, CN=shop.example.org`; empty where it has no name of this kind. */
  readonly subject: string;
  /** Each with its kind: `DNS:shop.example.org`, `IP:192.0.2.1`, `email:…`, `URI:…`. */
  readonly subjectAltNames: readonly string[];
  /** `digitalSignature`, `keyCertSign`, …; empty where any is allowed. */
  readonly keyUsage: readonly string[];
  /** `serverAuth`, `clientAuth`, … or a number such as `1.3.6.1.4.1.311.10.3.4`; empty where any is allowed. */
  readonly extendedKeyUsage: readonly string[];
  /** Whether the holder may sign certificates of others. */
  readonly isAuthority: boolean;
  /** How many authorities may stand between this one and a certificate; left out: any number. */
  readonly pathLength?: number;
}

/** A request for a certificate. */
export interface CertificateRequest extends Holder {
  /** The public half of the key, as PEM. */
  readonly publicKey: string;
  /** The request as PEM. */
  readonly pem: string;
}

/** A certificate. */
export interface Certificate extends Holder {
  /** The public half of the holder's key, as PEM. */
  readonly publicKey: string;
  /** The certificate as PEM. */
  readonly pem: string;
  /** Who has signed it, as `subject` is written. */
  readonly issuer: string;
  /** In hexadecimal digits. */
  readonly serial: string;
  /** From when it is valid, in UTC: `2030-01-31T12:00:00Z`. */
  readonly notBefore: string;
  /** Until when, in UTC. */
  readonly notAfter: string;
  /** The SHA-256 of it all, in hexadecimal digits. */
  readonly fingerprint: string;
  /** What the holder's key is called in the certificates that it signs, in hexadecimal digits; left out: nothing. */
  readonly keyId?: string;
  /** What the key that has signed it is called, in hexadecimal digits; left out: nothing. */
  readonly issuerKeyId?: string;
}

const attributes: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/** By their bits, from the first. */
export const keyUsages = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

/** The names that OpenSSL has for some of them, by their numbers. */
export const extendedUsages: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.3": "codeSigning",
  "1.3.6.1.5.5.7.3.4": "emailProtection",
  "1.3.6.1.5.5.7.3.8": "timeStamping",
  "1.3.6.1.5.5.7.3.9": "OCSPSigning",
};

/**
 * @param der a certificate
 * @throws TypeError for bytes that are none
 */
export function parseCertificate(der: Buffer): Certificate {
  // what stands behind it in the same bytes is no part of it: OpenSSL writes there what it trusts the certificate for
  const { whole, content } = valueIn(der);
  const parts = valuesIn(required(valuesIn(content)[0]).content);
  if (parts[0]?.tag === 0xa0) parts.shift();
  const [serial, , issuer, validity, subject, publicKey, ...rest] = parts;
  const [notBefore, notAfter] = valuesIn(required(validity).content);
  const all = rest.find(({ tag }) => tag === 0xa3);
  const extensions = extensionsIn(all && valueIn(all.content));
  const keyId = extensions.get("2.5.29.14")?.content;
  const issuerKeyId = valuesIn(extensions.get("2.5.29.35")?.content ?? Buffer.alloc(0)).find(
    ({ tag }) => tag === 0x80,
  )?.content;
  return {
    ...holder(subject, extensions),
    publicKey: asPem("PUBLIC KEY", required(publicKey).whole),
    pem: asPem("CERTIFICATE", whole),
    issuer: nameIn(required(issuer)),
    serial: required(serial).content.toString("hex").replace(/^00/, ""),
    notBefore: timeOf(required(notBefore)),
    notAfter: timeOf(required(notAfter)),
    fingerprint: createHash("sha256").update(whole).digest("hex"),
    ...(keyId ? { keyId: keyId.toString("hex") } : {}),
    ...(issuerKeyId ? { issuerKeyId: issuerKeyId.toString("hex") } : {}),
  };
}

/**
 * @param der a request of PKCS #10
 * @throws TypeError for bytes that are none
 */
export function parseRequest(der: Buffer): CertificateRequest {
  const { whole, content } = valueIn(der);
  const [, subject, publicKey, asked] = valuesIn(required(valuesIn(content)[0]).content);
  const extensions = (asked ? valuesIn(asked.content) : [])
    .map(({ content }) => valuesIn(content))
    .find(([id]) => id !== undefined && objectId(id.content) === "1.2.840.113549.1.9.14");
  return {
    ...holder(subject, extensionsIn(extensions && valueIn(required(extensions[1]).content))),
    publicKey: asPem("PUBLIC KEY", required(publicKey).whole),
    pem: asPem("CERTIFICATE REQUEST", whole),
  };
}

/** Bytes as they stand in text files. */
export function asPem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** The one spelling of an address that `isIP` knows and that has no zone, as `2001:db8::1`. */
export function showAddress(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** By their numbers. */
function extensionsIn(extensions: Der | undefined): ReadonlyMap<string, Der> {
  return new Map(
    (extensions ? valuesIn(extensions.content) : []).map(({ content }) => {
      const parts = valuesIn(content);
      return [objectId(required(parts[0]).content), valueIn(required(parts.at(-1)).content)];
    }),
  );
}

function holder(subject: Der | undefined, found: ReadonlyMap<string, Der>): Holder {
  const names = found.get("2.5.29.17");
  const usage = found.get("2.5.29.15");
  const extended = found.get("2.5.29.37");
  const [isAuthority, pathLength] = valuesIn(found.get("2.5.29.19")?.content ?? Buffer.alloc(0));
  return {
    subject: nameIn(required(subject)),
    subjectAltNames: (names ? valuesIn(names.content) : []).map(showAltName),
    keyUsage: usage ? keyUsages.filter((_, bit) => isSet(usage.content, bit)) : [],
    extendedKeyUsage: (extended ? valuesIn(extended.content) : [])
      .map(({ content }) => objectId(content))
      .map((id) => extendedUsages[id] ?? id),
    isAuthority: isAuthority?.tag === 1 && isAuthority.content[0] !== 0,
    ...(pathLength ? { pathLength: Number(`0x${pathLength.content.toString("hex", 0, 32) || "0"}`) } : {}),
  };
}

/** The first byte of bits says how many of the last are unused. */
function isSet(bits: Buffer, bit: number): boolean {
  return (((bits[1 + (bit >> 3)] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
}

function nameIn({ content }: Der): string {
  return showName(
    valuesIn(content).flatMap((set) =>
      valuesIn(set.content).map(({ content: pair }): [string, string] => {
        const [type, value] = valuesIn(pair);
        const id = objectId(required(type).content);
        return [attributes[id] ?? id, textOf(required(value))];
      }),
    ),
  );
}

/** A name in one line. */
export function showName(parts: readonly (readonly [string, string])[]): string {
  return parts.map(([type, value]) => `${type}=${value.replace(/[\\,]/g, "\\$&")}`).join(", ");
}

function showAltName({ tag, content }: Der): string {
  if (tag === 0x82) return `DNS:${content.toString("latin1").toLowerCase()}`;
  if (tag === 0x81) return `email:${content.toString("latin1")}`;
  if (tag === 0x86) return `URI:${content.toString("latin1")}`;
  if (tag === 0x87 && content.length === 4) return `IP:${content.join(".")}`;
  if (tag === 0x87 && content.length === 16)
    return `IP:${showAddress((content.toString("hex").match(/..../g) ?? []).join(":"))}`;
  return `other:${content.toString("hex")}`;
}
