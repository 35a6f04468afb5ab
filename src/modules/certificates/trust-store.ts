import { createHash } from "node:crypto";
import { certificates, readCertificates } from "../../facts/certificates.ts";
import { fileFacts } from "../../facts/file-effects.ts";
import { file, fileHash } from "../../facts/files.ts";
import { isTrusted, tellingLine } from "../../facts/trust-store.ts";
import type { Certificate } from "../../facts/x509.ts";
import {
  type Change,
  change,
  defineModule,
  fail,
  lines,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type PlanHost,
  type RequiredInput,
  type Script,
  sh,
  Type,
} from "../../kit/index.ts";
import { copy } from "../files/copy.ts";
import { removePath } from "../files/remove.ts";
import { showCertificate } from "./trust.ts";

const params = {
  /** What the authority is called on the host: its file is `/usr/local/share/ca-certificates/NAME.crt`. */
  name: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$" }),
  /** The authority's certificate, as PEM. */
  content: Type.Optional(Type.String({ minLength: 1 })),
  /** Whether the host's programs trust it. Default: "present". */
  state: Param.state(),
};

/** What `trustStore` takes. */
export interface TrustStoreParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/** What `trustStore` gives. */
export interface TrustStoreValue {
  /** The file of the authority's certificate. */
  readonly path: string;
}

/**
 * Has all programs of a Debian host trust the certificates that an authority signs, or no longer.
 *
 * @throws ShowrunnerError `task.failed` where the package ca-certificates is not installed
 *
 * @example
 * await trustStore({ name: "site", content: authority.content });
 */
export const trustStore: Module<TrustStoreParams, TrustStoreValue> = defineModule({
  name: "trustStore",
  summary: "Has the programs of a Debian host trust an authority, or no longer.",
  params,
  presentNeeds: ["content"],
  onlyPresent: ["content"],
  examples: [
    `trustStore({ name: "site", content: authority.content })`,
    `trustStore({ name: "site", state: "absent" })`,
  ],
  title: ({ name }) => name,
  check: (p) => void (p.content !== undefined && authorityIn(p.content)),
  async *plan(host, { name, content = "", state }) {
    const path = `/usr/local/share/ca-certificates/${name}.crt`;
    const link = `/etc/ssl/certs/${name}.pem`;
    const [now, { type }, linked, hash, { type: tool }] = await Promise.all([
      host.fact(certificates, path),
      host.fact(file, path),
      host.fact(file, link),
      host.fact(fileHash, path),
      host.fact(file, "/usr/sbin/update-ca-certificates"),
    ]);
    const requireTool = () =>
      host.require(
        tool !== "absent",
        "the package ca-certificates is not installed",
        'install it before: apt({ name: "ca-certificates" })',
      );
    if (state === "absent") {
      const isLinked = linked.type === "link" && linked.target === path;
      if (type !== "absent" || isLinked) requireTool();
      if (type !== "absent") {
        yield* distrust(host, path, link);
        yield* removePath(host, path);
      } else if (isLinked) yield update("links", sh`update-ca-certificates --fresh`);
      return { path };
    }
    const wanted = authorityIn(content);
    const isTrustedNow = await host.fact(isTrusted, tellingLine(wanted.pem));
    requireTool();
    const isSame = hash === createHash("sha256").update(wanted.pem).digest("hex");
    // another file has programs trust the new one already, so nothing else would tell that they trust the old one, too
    if (isTrustedNow && type === "file" && !isSame && !(typeof now === "object" && holds(now, wanted)))
      yield* distrust(host, path, link);
    yield* copy.plan(host, { dest: path, content: wanted.pem, owner: "root", group: "root", mode: "0644" });
    if (!isTrustedNow)
      yield change({
        what: "trusted",
        before: false,
        after: true,
        script: sh`update-ca-certificates --fresh`,
        sets: [isTrusted.is(tellingLine(wanted.pem), true)],
        touches: fileFacts("/etc/ssl/certs"),
      });
    return { path };
  },
});

/** Whether a file holds this certificate, however it is written there, and no other. */
function holds(all: readonly Certificate[], { fingerprint }: Certificate): boolean {
  return all.every((one) => one.fingerprint === fingerprint);
}

/**
 * Has programs trust no more what a file holds.
 *
 * The tool takes the links away before it writes the bundle, and may be cut off between: so the file, by which the next
 * run sees that something is left to do, stays without content until the bundle is written.
 */
async function* distrust(host: PlanHost, path: string, link: string): Plan<void> {
  yield* copy.plan(host, { dest: path, content: "" });
  yield update(
    "no longer trusted",
    lines(
      sh`set -e`,
      sh`update-ca-certificates --fresh`,
      sh`[ "$(readlink -- ${link})" != ${path} ] || rm -f -- ${link}`,
    ),
  );
}

/**
 * All links are made again, since those of a certificate that took another's place would stay as they are. Another file may
 * have the same certificate: what is trusted then is read again.
 */
function update(what: string, script: Script): Change {
  return change({
    what,
    before: true,
    after: false,
    script,
    touches: [...fileFacts("/etc/ssl/certs"), isTrusted.of()],
  });
}

function authorityIn(content: string): Certificate {
  const found = readCertificates(content);
  if (typeof found === "string") return fail(`content: ${found}`);
  const [first, second] = found;
  if (first === undefined || second !== undefined)
    return fail(`content: expected one certificate, got ${found.length}`, "give each a task of its own");
  if (!first.isAuthority) return fail(`content: ${showCertificate(first)}, is no authority's certificate`);
  return first;
}
