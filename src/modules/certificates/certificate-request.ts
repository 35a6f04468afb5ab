import { posix } from "node:path";
import { certificateRequest as requestFact } from "../../facts/certificates.ts";
import { fileWritten } from "../../facts/file-effects.ts";
import { file } from "../../facts/files.ts";
import { privateKey as privateKeyFact, privateKeyFile } from "../../facts/private-key.ts";
import type { CertificateRequest, Holder } from "../../facts/x509.ts";
import {
  change,
  cleanPath,
  defineModule,
  fail,
  lines,
  type Module,
  type OptionalInput,
  Param,
  type RequiredInput,
  type Script,
  SecretString,
  sh,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { requireAccounts } from "../files/accounts.ts";
import { ownerParams, setAttributes, withAttributes } from "../files/attributes.ts";
import { created, requireParent } from "../files/put-file.ts";
import { removePath } from "../files/remove.ts";
import {
  extensionLines,
  holderDifferences,
  holderParams,
  requestLines,
  subjectWord,
  wantedHolder,
  writeConfig,
} from "./holder.ts";
import {
  madeApart,
  requireKey,
  requireOpenssl,
  requireOwnKey,
  withPassphrase,
  writeMade,
} from "./openssl.ts";

const params = {
  /** The file with the request. */
  path: Param.path(),
  /** Whether there is such a file. Default: "present". */
  state: Param.state(),
  /** The file with the key that the certificate is for, as `privateKey` makes it. */
  privateKey: Type.Optional(Param.path()),
  /** The key's passphrase, if it has one. */
  passphrase: Type.Optional(SecretString()),
  ...holderParams,
  ...ownerParams,
  /** The file's mode. Default: "0644". */
  mode: withDefault(Param.mode(), "0644"),
};

/** What `certificateRequest` takes. */
export interface CertificateRequestParams
  extends RequiredInput<typeof params>,
    OptionalInput<typeof params> {}

/** What `certificateRequest` gives. */
export interface CertificateRequestValue {
  /** The file's path on the host. */
  readonly path: string;
  /**
   * The request as PEM, for an authority. In a check that would make the request, reading it ends the plan. Empty for a
   * request that is gone.
   */
  readonly content: string;
}

/**
 * Asks for a certificate: makes a request (PKCS #10) for a private key of the host.
 *
 * The request is made again when the key is another one, or anything that it asks for. What is asked for says no more
 * than what the authority may grant: `certificate` goes by its own parameters.
 *
 * @throws ShowrunnerError `task.failed` where there is no such key, or its passphrase is another
 *
 * @example
 * const { value } = await certificateRequest({
 *   path: "/etc/ssl/shop.csr",
 *   privateKey: "/etc/ssl/private/shop.key",
 *   subjectAltNames: ["shop.example.org", host.address],
 * });
 */
export const certificateRequest: Module<CertificateRequestParams, CertificateRequestValue> = defineModule({
  name: "certificateRequest",
  summary: "Makes a request for a certificate, for a private key of the host.",
  params,
  presentNeeds: ["privateKey"],
  onlyPresent: ["privateKey", "passphrase", "subject", "subjectAltNames", "keyUsage", "extendedKeyUsage"],
  needs: { pathLength: "isAuthority" },
  examples: [
    `certificateRequest({ path: "/etc/ssl/shop.csr", privateKey: "/etc/ssl/private/shop.key", subjectAltNames: ["shop.example.org"] })`,
    `certificateRequest({ path: "/etc/ssl/shop.csr", state: "absent" })`,
  ],
  title: ({ path }) => path,
  check: (p) => void (p.state === "present" && wantedHolder(p)),
  async *plan(host, p) {
    const path = cleanPath(p.path);
    if (p.state === "absent") {
      yield* removePath(host, path);
      return { path, content: "" };
    }
    const keyPath = cleanPath(p.privateKey ?? "");
    const [state, parent, now, key] = await Promise.all([
      host.fact(file, path),
      host.fact(file, posix.dirname(path)),
      host.fact(requestFact, path),
      host.fact(privateKeyFact, privateKeyFile(keyPath, p.passphrase)),
      requireOpenssl(host),
      requireAccounts(host, p),
    ]);
    if (state.type !== "absent" && state.type !== "file")
      fail(`${path} is no file, but a ${state.type}`, "name the file itself, or remove what is there first");
    const publicKey = requireKey(host, keyPath, key);
    const wanted = wantedHolder(p);
    const differences = state.type === "file" ? requestDifferences(now, wanted, publicKey) : [];
    if (state.type === "file" && typeof now === "object" && differences.length === 0) {
      yield* setAttributes(host, path, state, p);
      return { path, content: now.pem };
    }
    requireParent(host, path, parent);
    const then = withAttributes(state.type === "file" ? state : await created(host, "file", parent), p);
    const output = yield change({
      what: state.type === "absent" ? "created" : "renewed",
      before: state.type === "absent" ? "absent" : differences.join("; "),
      after: [wanted.subject, ...wanted.subjectAltNames].filter((one) => one !== "").join(", "),
      script: lines(
        requireOwnKey(keyPath),
        writeMade(path, p, state, then, madeApart(makeRequest(keyPath, p, wanted))),
      ),
      ...fileWritten(path, { state: then, before: state }),
    });
    return {
      path,
      get content() {
        return output.stdout.toString();
      },
    };
  },
});

function requestDifferences(
  now: CertificateRequest | string | undefined,
  wanted: Holder,
  publicKey: string | undefined,
): string[] {
  if (typeof now !== "object") return [now ?? "it was removed meanwhile"];
  return [
    ...(now.publicKey === publicKey ? [] : ["it is for another key"]),
    ...holderDifferences(now, wanted),
  ];
}

function makeRequest(keyPath: string, p: CertificateRequestParams, wanted: Holder): Script {
  return lines(
    writeConfig(
      "[req]",
      "req_extensions = extensions",
      ...requestLines,
      "[extensions]",
      ...extensionLines(wanted),
    ),
    withPassphrase(
      p.passphrase,
      (source) =>
        sh`openssl req -new -utf8 -config ./.sr-config -subj ${subjectWord(p)} -key ${keyPath} -passin ${source}`,
    ),
  );
}
