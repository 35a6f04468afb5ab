import { posix } from "node:path";
import { certificates, readCertificates, readRequest } from "../../facts/certificates.ts";
import { clockOffset } from "../../facts/clock.ts";
import { fileWritten } from "../../facts/file-effects.ts";
import { file } from "../../facts/files.ts";
import { type PrivateKey, privateKey as privateKeyFact, privateKeyFile } from "../../facts/private-key.ts";
import type { Certificate, CertificateRequest } from "../../facts/x509.ts";
import {
  type Chosen,
  change,
  cleanPath,
  defineModule,
  fail,
  lines,
  type Module,
  type OptionalInput,
  Param,
  type PlanHost,
  type RequiredInput,
  SecretString,
  type Static,
  type TObject,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { requireAccounts } from "../files/accounts.ts";
import { ownerParams, setAttributes, withAttributes } from "../files/attributes.ts";
import { created, requireParent } from "../files/put-file.ts";
import { holderDifferences, holderParams, wantedHolder } from "./holder.ts";
import { Lifetime, secondsOf } from "./lifetime.ts";
import { madeApart, requireKey, requireOpenssl, writeMade } from "./openssl.ts";
import { requireOwnSigner, signCertificate } from "./sign.ts";
import { isSelfSigned, isSignedBy, showCertificate } from "./trust.ts";

const Authority = Type.Object(
  {
    /** The file with the authority's certificate; those of the authorities above it may follow. */
    certificate: Param.path(),
    /** The file with the authority's key. */
    privateKey: Param.path(),
    /** The key's passphrase, if it has one. */
    passphrase: Type.Optional(SecretString()),
  },
  { additionalProperties: false },
);

const params = {
  /** The file with the certificate. */
  path: Param.path(),
  /** The file with the key that the certificate is for, on the same host; or give `request`. */
  privateKey: Type.Optional(Param.path()),
  /** A request as PEM, for a key of another host. No more than its public key is taken from it; or give `privateKey`. */
  request: Type.Optional(Type.String({ minLength: 1 })),
  /** The passphrase of `privateKey`, if it has one. */
  passphrase: Type.Optional(SecretString()),
  /** Who signs the certificate: an own authority, whose files are on the same host. Left out: the key signs for itself. */
  authority: Type.Optional(Authority),
  ...holderParams,
  /** How long a new certificate is valid, in days (`"365d"`) or hours (`"12h"`). Default: "365d". */
  validFor: withDefault(Lifetime, "365d"),
  /** How long before its end a certificate is renewed. Default: "30d". */
  renewBefore: withDefault(Lifetime, "30d"),
  /** true: the authority's certificates follow in the file, but for one that has signed itself. Default: false. */
  chain: Param.flag(),
  ...ownerParams,
  /** The file's mode. Default: "0644". */
  mode: withDefault(Param.mode(), "0644"),
};

type Given = Static<TObject<typeof params>>;
type Common = Omit<typeof params, "privateKey" | "request">;
interface OfKey
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Chosen<typeof params, "privateKey", "request"> {}
interface OfRequest
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Chosen<typeof params, "request", "privateKey"> {}

/** What `certificate` takes. */
export type CertificateParams = OfKey | OfRequest;

/** What `certificate` and `verifyCertificate` give. In a check that would make the certificate, reading it ends the plan. */
export interface CertificateValue {
  /** The file's path on the host. */
  readonly path: string;
  /** What the certificate says: subject, names, issuer, serial number, times, fingerprint. */
  readonly certificate: Certificate;
  /** The certificate as PEM, with the chain that the file holds. */
  readonly content: string;
}

/**
 * Makes a certificate that a key signs for itself, or that an own authority signs, and renews it in time.
 *
 * A certificate is made again before it expires (`renewBefore`, by the host's clock), and when its key, its issuer or
 * anything that it is to say is another. Serial numbers are random. For a key of another host, give its request, and put
 * the certificate there: the authority's key never leaves its host, and of the request only the public key counts, so a
 * host can't ask for more than the playbook grants.
 *
 * @throws ShowrunnerError `task.failed` where a key is missing; for an authority whose certificate has expired, is for
 * another key, or is none of an authority
 *
 * @example
 * const { value: csr } = await certificateRequest({ path: "/etc/ssl/shop.csr", privateKey: "/etc/ssl/private/shop.key", subjectAltNames });
 * const { value: signed } = await on(authorityHost, () =>
 *   certificate({ path: "/etc/authority/shop.pem", request: csr.content, authority, subjectAltNames, chain: true }),
 * );
 * await copy({ dest: "/etc/ssl/shop.pem", content: signed.content }, { notify: reload });
 */
export const certificate: Module<CertificateParams, CertificateValue> = defineModule({
  name: "certificate",
  summary: "Makes a certificate, signed by its own key or by an own authority, and renews it in time.",
  params,
  oneOf: ["privateKey", "request"],
  needs: { passphrase: "privateKey", chain: "authority", pathLength: "isAuthority" },
  examples: [
    `certificate({ path: "/etc/ssl/shop.pem", privateKey: "/etc/ssl/private/shop.key", subjectAltNames: ["shop.example.org"] })`,
    `certificate({ path: "/etc/authority/ca.pem", privateKey: "/etc/authority/ca.key", subject: { commonName: "Shop" }, isAuthority: true, validFor: "3650d" })`,
    `certificate({ path: "/etc/authority/shop.pem", request: csr.content, authority, subjectAltNames: ["shop.example.org"], validFor: "90d" })`,
  ],
  title: ({ path }) => path,
  check(p) {
    wantedHolder(p);
    if (p.request !== undefined) requestIn(p.request);
    if (p.request !== undefined && p.authority === undefined)
      fail("request: it goes with `authority` only", "to sign with the key itself, give `privateKey`");
    if (secondsOf(p.renewBefore) >= secondsOf(p.validFor))
      fail(
        `renewBefore: expected less than validFor, got ${p.renewBefore} of ${p.validFor}`,
        "the certificate would be renewed at every run",
      );
  },
  async *plan(host, p) {
    const path = cleanPath(p.path);
    const keyPath = p.privateKey === undefined ? undefined : cleanPath(p.privateKey);
    const [state, parent, now, offset, key, authority] = await Promise.all([
      host.fact(file, path),
      host.fact(file, posix.dirname(path)),
      host.fact(certificates, path),
      host.fact(clockOffset, ""),
      keyPath === undefined ? undefined : host.fact(privateKeyFact, privateKeyFile(keyPath, p.passphrase)),
      p.authority === undefined ? undefined : readAuthority(host, p.authority),
      requireOpenssl(host),
      requireAccounts(host, p),
    ]);
    if (state.type !== "absent" && state.type !== "file")
      fail(`${path} is no file, but a ${state.type}`, "name the file itself, or remove what is there first");
    const publicKey =
      p.request === undefined ? requireKey(host, keyPath ?? "", key) : requestIn(p.request).publicKey;
    // what may be signed, and for how long, an authority decides by its own certificate
    const signers = authority && requireAuthority(host, p, authority, Date.now() + offset);
    const chain = p.chain ? (signers ?? []).filter((one) => !isSelfSigned(one)) : [];
    const reasons = reasonsToRenew(now, p, { publicKey, signers, chain, time: Date.now() + offset });
    if (state.type === "file" && typeof now === "object" && reasons.length === 0) {
      yield* setAttributes(host, path, state, p);
      return given(path, () => now);
    }
    requireParent(host, path, parent);
    const then = withAttributes(state.type === "file" ? state : await created(host, "file", parent), p);
    const wanted = wantedHolder(p);
    const signing = signCertificate(p, {
      wanted,
      request: p.request === undefined ? undefined : requestIn(p.request).pem,
      chain: chain.map(({ pem }) => pem).join(""),
      seconds: secondsOf(p.validFor),
      latest: signers?.[0] && Date.parse(signers[0].notAfter) / 1000,
    });
    const output = yield change({
      what: state.type === "absent" ? "created" : "renewed",
      before: state.type === "absent" ? "absent" : reasons.join("; "),
      after: `${[wanted.subject, ...wanted.subjectAltNames].filter((one) => one !== "").join(", ")}, for ${p.validFor}`,
      script: lines(requireOwnSigner(p), writeMade(path, p, state, then, madeApart(signing))),
      ...fileWritten(path, { state: then, before: state }),
    });
    return given(path, () => readCertificates(output.stdout.toString("latin1")));
  },
});

function requestIn(pem: string): CertificateRequest {
  const request = readRequest(pem);
  return typeof request === "string" ? fail(`request: ${request}`) : request;
}

function given(path: string, read: () => readonly Certificate[] | string): CertificateValue {
  const all = () => {
    const found = read();
    return typeof found === "string"
      ? fail(`the host was to give the new certificate ${path}, and ${found}`)
      : found;
  };
  return {
    path,
    get certificate() {
      return all()[0] ?? fail(`the host gave no certificate for ${path}`);
    },
    get content() {
      return all()
        .map(({ pem }) => pem)
        .join("");
    },
  };
}

interface FoundAuthority {
  readonly key: PrivateKey | string | undefined;
  readonly certificates: readonly Certificate[] | string | undefined;
}

async function readAuthority(host: PlanHost, p: NonNullable<Given["authority"]>): Promise<FoundAuthority> {
  const [key, found] = await Promise.all([
    host.fact(privateKeyFact, privateKeyFile(cleanPath(p.privateKey), p.passphrase)),
    host.fact(certificates, cleanPath(p.certificate)),
  ]);
  return { key, certificates: found };
}

/** The authority's certificate and those above it; undefined in a check where an earlier task may yet make them. */
function requireAuthority(
  host: PlanHost,
  { authority, isAuthority, renewBefore }: Given,
  { key, certificates: found }: FoundAuthority,
  time: number,
): readonly Certificate[] | undefined {
  const { certificate: path = "", privateKey: keyPath = "" } = authority ?? {};
  const publicKey = requireKey(host, keyPath, key);
  host.require(
    found !== undefined,
    `there is no certificate ${path} of the authority on the host`,
    "make it before: await certificate({ …, isAuthority: true })",
  );
  const [first] = typeof found === "object" ? found : [];
  if (first === undefined) {
    host.require(found === undefined, `the authority's certificate ${path}: ${found}`);
    return undefined;
  }
  const about = `the authority's certificate ${path} (${showCertificate(first)})`;
  host.require(first.publicKey === publicKey, `${about} is for another key than ${keyPath}`);
  host.require(first.isAuthority, `${about} is no authority's: it may not sign`);
  host.require(!(isAuthority && first.pathLength === 0), `${about} may sign no other authority`);
  host.require(
    Date.parse(first.notAfter) - secondsOf(renewBefore) * 1000 > time,
    `${about} ends before a certificate of it would have to be renewed`,
    "renew the authority's certificate first",
  );
  return typeof found === "object" ? found : undefined;
}

interface Wanted {
  readonly publicKey: string | undefined;
  readonly signers: readonly Certificate[] | undefined;
  readonly chain: readonly Certificate[];
  /** The host's time, in milliseconds. */
  readonly time: number;
}

function reasonsToRenew(
  now: readonly Certificate[] | string | undefined,
  p: Given,
  { publicKey, signers, chain, time }: Wanted,
): string[] {
  const [first, ...rest] = typeof now === "object" ? now : [];
  if (first === undefined) return [typeof now === "string" ? now : "it was removed meanwhile"];
  const signer = p.authority === undefined ? first : signers?.[0];
  const isSigned = signer !== undefined && isSignedBy(first, signer);
  const otherChain = chain.map((one) => one.fingerprint).join() !== rest.map((one) => one.fingerprint).join();
  return [
    ...(first.publicKey === publicKey ? [] : ["it is for another key"]),
    ...(isSigned ? [] : [`it is signed by another: ${first.issuer || "nobody who is named"}`]),
    ...holderDifferences(first, wantedHolder(p)),
    ...(otherChain ? ["another chain follows it"] : []),
    ...(Date.parse(first.notAfter) - secondsOf(p.renewBefore) * 1000 > time
      ? []
      : [`it is valid until ${first.notAfter}`]),
    ...(Date.parse(first.notBefore) <= time ? [] : [`it is not valid before ${first.notBefore}`]),
  ];
}
