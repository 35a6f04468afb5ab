import { createPrivateKey, createPublicKey } from "node:crypto";
import { authorities, trusted } from "../../facts/authorities.ts";
import { certificates, readCertificates } from "../../facts/certificates.ts";
import { clockOffset } from "../../facts/clock.ts";
import { privateKey as privateKeyFact, privateKeyFile } from "../../facts/private-key.ts";
import { asPem, type Certificate } from "../../facts/x509.ts";
import {
  cleanPath,
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  Param,
  type PlanHost,
  type RequiredInput,
  reveal,
  SecretString,
  type Static,
  type TObject,
  Type,
  withDefault,
} from "../../kit/index.ts";
import type { CertificateValue } from "./certificate.ts";
import { chainProblem } from "./chain.ts";
import { covers } from "./covers.ts";
import { altName } from "./holder.ts";
import { Lifetime, secondsOf } from "./lifetime.ts";
import { requireKey } from "./openssl.ts";
import { showCertificate } from "./trust.ts";

const params = {
  /** The file on the host with the certificate and its chain; or give `content`. */
  path: Type.Optional(Param.path()),
  /** The certificate and its chain as PEM, before they are put anywhere; or give `path`. */
  content: Type.Optional(Type.String({ minLength: 1 })),
  /** The file on the host with the key that it is to be for. Left out: `key`, else no key is looked at. */
  privateKey: Type.Optional(Param.path()),
  /** That key as PEM, before it is put anywhere. */
  key: Type.Optional(SecretString()),
  /** The key's passphrase, if it has one. */
  passphrase: Type.Optional(SecretString()),
  /** Names and addresses that it must be good for. Left out: any. */
  subjectAltNames: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
  /** How long it must be valid still, in days or hours. Default: "0d". */
  validFor: withDefault(Lifetime, "0d"),
  /** Whether its chain must lead to an authority that is trusted. Default: true. */
  chain: Param.flag(true),
  /** A file on the host with the authorities that are trusted. Left out: those that the host's programs trust. */
  authorities: Type.Optional(Param.path()),
};

/** What `verifyCertificate` takes: `path` or `content`, and of `privateKey` and `key` at most one. */
export interface VerifyCertificateParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

type Given = Static<TObject<typeof params>>;

/**
 * Verifies a certificate, such as one that somebody brings: its key, its time, its names and its chain. It changes nothing.
 *
 * Verify `content` and `key` before they are put in their places, and nothing is reloaded with a certificate that would
 * not do. The time is that of the host's clock.
 *
 * @throws ShowrunnerError `task.failed` naming the certificate, its subject and its last day, and all that is wrong with it
 *
 * @example
 * await verifyCertificate({ content: pem, key: vars.key, subjectAltNames: ["shop.example.org"], validFor: "7d" });
 * await copy({ dest: "/etc/ssl/private/shop.key", content: vars.key, mode: "0600" });
 * await copy({ dest: "/etc/ssl/shop.pem", content: pem }, { notify: reload });
 */
export const verifyCertificate: Module<VerifyCertificateParams, CertificateValue> = defineModule({
  name: "verifyCertificate",
  summary: "Verifies a certificate: its key, its time, its names and its chain.",
  params,
  examples: [
    `verifyCertificate({ content: pem, key: vars.key, subjectAltNames: ["shop.example.org"], validFor: "7d" })`,
    `verifyCertificate({ path: "/etc/ssl/shop.pem", privateKey: "/etc/ssl/private/shop.key" })`,
  ],
  title: ({ path, subjectAltNames }) => path ?? subjectAltNames?.[0] ?? "a certificate",
  check(p) {
    if ((p.path === undefined) === (p.content === undefined)) fail("expected path or content, and not both");
    if (p.privateKey !== undefined && p.key !== undefined) fail("expected privateKey or key, and not both");
    for (const name of p.subjectAltNames ?? []) altName(name);
  },
  async *plan(host, p) {
    const path = p.path === undefined ? undefined : cleanPath(p.path);
    const called = path === undefined ? "the certificate" : `the certificate ${path}`;
    const [found, offset, publicKey, bundle] = await Promise.all([
      path === undefined ? readCertificates(p.content ?? "") : host.fact(certificates, path),
      host.fact(clockOffset, ""),
      publicKeyFor(host, p),
      p.chain ? host.fact(authorities, p.authorities ?? trusted) : undefined,
    ]);
    host.require(found !== undefined, `there is no file ${path} on the host`);
    host.require(typeof found !== "string", `${called}: ${found}`);
    const [first, ...rest] = typeof found === "object" ? found : [];
    if (first === undefined) return fail(`${called} can't be read`);
    const time = Date.now() + offset;
    const problem = p.chain ? await chainProblem(first, rest, bundle, time) : undefined;
    const wrong = [
      ...(publicKey === undefined || first.publicKey === publicKey ? [] : ["it is for another key"]),
      ...timeProblems(first, time, p),
      ...(p.subjectAltNames ?? [])
        .map(altName)
        .filter((asked) => !first.subjectAltNames.some((name) => covers(name, asked)))
        .map((asked) => `it is not for ${asked}, but for ${first.subjectAltNames.join(", ") || "nothing"}`),
      ...(problem === undefined ? [] : [problem]),
    ];
    host.require(
      wrong.length === 0,
      `${called} (${showCertificate(first)}) will not do: ${wrong.join("; ")}`,
      "nothing was changed: bring another certificate, or correct what is asked of it",
    );
    const content = [first, ...rest].map(({ pem }) => pem).join("");
    return { path: path ?? "", certificate: first, content };
  },
});

async function publicKeyFor(
  host: PlanHost,
  { privateKey: path, key, passphrase }: Given,
): Promise<string | undefined> {
  if (path !== undefined) {
    const at = cleanPath(path);
    return requireKey(host, at, await host.fact(privateKeyFact, privateKeyFile(at, passphrase)));
  }
  if (key === undefined) return undefined;
  try {
    // of a certificate or a public key, a public key can be made, too
    const given = createPrivateKey({
      key: reveal(key),
      ...(passphrase === undefined ? {} : { passphrase: reveal(passphrase) }),
    });
    return asPem("PUBLIC KEY", createPublicKey(given).export({ type: "spki", format: "der" }));
  } catch {
    // what the library says may quote the key
    return fail("key: it is no private key as PEM that can be read", "give passphrase, if the key has one");
  }
}

function timeProblems({ notBefore, notAfter }: Certificate, time: number, { validFor }: Given): string[] {
  const end = Date.parse(notAfter);
  if (Date.parse(notBefore) > time) return [`it is not valid before ${notBefore}`];
  if (end <= time) return [`it expired on ${notAfter}`];
  return end - secondsOf(validFor) * 1000 <= time ? [`it is not valid for ${validFor} more`] : [];
}
