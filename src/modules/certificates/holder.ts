/** What a certificate is to say of its holder: parameters, the text that tells `openssl`, and what differs. */
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { extendedUsages, type Holder, keyUsages, showAddress, showName } from "../../facts/x509.ts";
import { fail, lines, type OptionalInput, Param, type Script, sh, Type } from "../../kit/index.ts";

/** A part of a name: one line, with nothing that would be lost at its ends, as long as X.520 and PKCS #9 allow. */
const part = (maxLength: number) =>
  Type.Optional(
    Type.String({ pattern: "^[^\\0-\\x1f\\x7f\\s]([^\\0-\\x1f\\x7f]*[^\\0-\\x1f\\x7f\\s])?$", maxLength }),
  );

const Subject = Type.Object(
  {
    /** Two letters: `DE`. */
    countryName: Type.Optional(Type.String({ pattern: "^[A-Z]{2}$" })),
    /** The state or province. */
    stateOrProvinceName: part(128),
    /** The town. */
    localityName: part(128),
    /** The organisation. */
    organizationName: part(64),
    /** The part of the organisation. */
    organizationalUnitName: part(64),
    /** What it is called. Hosts are found by `subjectAltNames`, not by this. */
    commonName: part(64),
    /** An address of mail. */
    emailAddress: part(128),
  },
  { additionalProperties: false },
);

export const holderParams = {
  /** Who holds it. Left out: nobody is named, and `subjectAltNames` say what it is for. */
  subject: Type.Optional(Subject),
  /** Names and addresses that it is for: `shop.example.org`, `*.example.org`, `192.0.2.1`, `email:…`, `URI:…`. */
  subjectAltNames: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
  /** What its key may be used for. Left out: anything, or of an authority to sign certificates and lists of revoked ones. */
  keyUsage: Type.Optional(Type.Array(Param.oneOf(...keyUsages))),
  /** Whom it is shown to: `serverAuth`, `clientAuth` or a number such as `1.3.6.1.5.5.7.3.17`. Left out: anybody. */
  extendedKeyUsage: Type.Optional(
    Type.Array(Type.String({ pattern: `^(${Object.values(extendedUsages).join("|")}|[0-9]+(\\.[0-9]+)+)$` })),
  ),
  /** true: its holder may sign certificates of others. Default: false. */
  isAuthority: Param.flag(),
  /** How many authorities may stand between this one and a certificate. Left out: any number. */
  pathLength: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
};

type HolderInput = OptionalInput<typeof holderParams>;

const short = {
  countryName: "C",
  stateOrProvinceName: "ST",
  localityName: "L",
  organizationName: "O",
  organizationalUnitName: "OU",
  commonName: "CN",
  emailAddress: "emailAddress",
} as const;

/**
 * What the parameters ask for.
 *
 * @throws ShowrunnerError for a name that is none
 */
export function wantedHolder(p: HolderInput): Holder {
  const isAuthority = p.isAuthority === true;
  const names = p.subjectAltNames?.map(altName) ?? [];
  const subject = showName(subjectParts(p));
  if (subject === "" && names.length === 0)
    fail("expected subject or subjectAltNames, got neither", "say what it is for");
  if (isAuthority && subject === "") fail("subject: an authority needs one: others name it as their issuer");
  const usual = isAuthority ? (["keyCertSign", "cRLSign"] as const) : [];
  const usage = new Set<string>(p.keyUsage ?? usual);
  return {
    subject,
    subjectAltNames: [...new Set(names)],
    keyUsage: keyUsages.filter((one) => usage.has(one)),
    extendedKeyUsage: [...new Set(p.extendedKeyUsage?.map((one) => extendedUsages[one] ?? one))],
    isAuthority,
    ...(p.pathLength === undefined ? {} : { pathLength: p.pathLength }),
  };
}

function subjectParts({ subject = {} }: HolderInput): [string, string][] {
  const given: Readonly<Record<string, string | undefined>> = subject;
  return Object.entries(short).flatMap(([long, name]): [string, string][] => {
    const value = given[long];
    return value === undefined ? [] : [[name, value]];
  });
}

/**
 * A name in the form in which certificates are read: `DNS:shop.example.org`.
 *
 * @throws ShowrunnerError for a name that is none
 */
export function altName(given: string): string {
  const [, kind = "", name = given] = /^(DNS|IP|email|URI):(.*)$/s.exec(given) ?? [];
  const wrong = (expected: string) =>
    fail(`subjectAltNames: expected ${expected}, got ${JSON.stringify(given)}`);
  // a zone is the host's own word for one of its links: no certificate can hold it
  if (kind === "IP" || (kind === "" && isIP(name) !== 0))
    return isIP(name) === 0 || name.includes("%")
      ? wrong("an address such as 192.0.2.1")
      : `IP:${showAddress(name)}`;
  if (kind === "email" || (kind === "" && name.includes("@")))
    return /^[\w.+-]+@[\w.-]+$/.test(name) ? `email:${name}` : wrong("an address such as ann@example.org");
  if (kind === "URI" || (kind === "" && name.includes("://")))
    return /^[a-z][a-z\d+.-]*:[\w./:@%+~=&?-]+$/i.test(name)
      ? `URI:${name}`
      : wrong("an address such as spiffe://site/web");
  const ascii = name.startsWith("*.") ? `*.${domainToASCII(name.slice(2))}` : domainToASCII(name);
  return /^(\*\.)?[a-z\d_]([a-z\d_.-]*[a-z\d_])?$/.test(ascii)
    ? `DNS:${ascii}`
    : wrong("a name of hosts such as shop.example.org, or an address");
}

/** What of a certificate or a request is not as it is to be, a line each. */
export function holderDifferences(found: Holder, wanted: Holder): string[] {
  const told = (name: string, one: string, other: string) =>
    one === other ? [] : [`${name}: expected ${other || "none"}, got ${one || "none"}`];
  const sorted = (names: readonly string[]) => [...names].sort().join(", ");
  const sign = ({ isAuthority, pathLength }: Holder) =>
    `${isAuthority}${pathLength === undefined ? "" : ` with pathLength ${pathLength}`}`;
  return [
    ...told("subject", found.subject, wanted.subject),
    ...told("subjectAltNames", sorted(found.subjectAltNames), sorted(wanted.subjectAltNames)),
    ...told("keyUsage", found.keyUsage.join(", "), wanted.keyUsage.join(", ")),
    ...told("extendedKeyUsage", sorted(found.extendedKeyUsage), sorted(wanted.extendedKeyUsage)),
    ...told("isAuthority", sign(found), sign(wanted)),
  ];
}

/** The subject as a word of `openssl`: `/O=Shop/CN=shop`, or `/` for none. */
export function subjectWord(p: HolderInput): string {
  return `/${subjectParts(p)
    .map(([name, value]) => `${name}=${value.replace(/[\\/+]/g, "\\$&")}`)
    .join("/")}`;
}

/** The lines of a section of `openssl`'s configuration, and the section that it refers to. What is in them is checked. */
export function extensionLines(wanted: Holder): string[] {
  const { subject, subjectAltNames, keyUsage, extendedKeyUsage, isAuthority, pathLength } = wanted;
  const path = pathLength === undefined ? "" : `,pathlen:${pathLength}`;
  return [
    `basicConstraints = critical,CA:${isAuthority ? `TRUE${path}` : "FALSE"}`,
    ...(keyUsage.length === 0 ? [] : [`keyUsage = critical,${keyUsage.join(",")}`]),
    ...(extendedKeyUsage.length === 0 ? [] : [`extendedKeyUsage = ${extendedKeyUsage.join(",")}`]),
    ...(subjectAltNames.length === 0
      ? []
      : [
          // without a subject it is all that says whose the certificate is
          `subjectAltName = ${subject === "" ? "critical," : ""}@names`,
          "[names]",
          ...subjectAltNames.map((name, index) => name.replace(":", `.${index} = `)),
        ]),
  ];
}

/** What the section `req` of `openssl`'s configuration has in all cases, and an empty section behind it. */
export const requestLines = ["distinguished_name = none", "prompt = no", "string_mask = utf8only", "[none]"];

/** Puts lines into a file of `openssl`'s configuration in the folder where the script stands. */
export function writeConfig(...text: readonly string[]): Script {
  return lines(sh`printf '%s\\n' ${text} >./.sr-config`);
}
