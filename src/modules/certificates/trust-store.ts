import { certificates, readCertificates } from "../../facts/certificates.ts";
import { fileFacts } from "../../facts/file-effects.ts";
import { file } from "../../facts/files.ts";
import { isTrusted, tellingLine } from "../../facts/trust-store.ts";
import type { Certificate } from "../../facts/x509.ts";
import {
  type Change,
  change,
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  Param,
  type RequiredInput,
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
    const tool = host.fact(file, "/usr/sbin/update-ca-certificates");
    if (state === "absent") {
      const [now, { type }, linked] = await Promise.all([
        host.fact(certificates, path),
        host.fact(file, path),
        host.fact(file, link),
        tool,
      ]);
      // the tool takes the links away before it writes the bundle, and may be cut off between: so the file, by which the
      // next run sees that something is left to do, stays without content until the bundle is written
      if (type !== "absent") {
        yield* copy.plan(host, { dest: path, content: "" });
        yield update("no longer trusted", typeof now === "object" ? now : [], false);
        yield* removePath(host, path);
      }
      if (type !== "absent" || (linked.type === "link" && linked.target === path))
        yield update("links", [], false);
      return { path };
    }
    const wanted = authorityIn(content);
    const [trusted, { type }] = await Promise.all([host.fact(isTrusted, tellingLine(wanted.pem)), tool]);
    host.require(
      type !== "absent",
      "the package ca-certificates is not installed",
      'install it before: apt({ name: "ca-certificates" })',
    );
    yield* copy.plan(host, { dest: path, content: wanted.pem, owner: "root", group: "root", mode: "0644" });
    if (!trusted) yield update("trusted", [wanted], true);
    return { path };
  },
});

/** All links are made again, since those of a certificate that took another's place would stay as they are. */
function update(what: string, all: readonly Certificate[], then: boolean): Change {
  return change({
    what,
    before: !then,
    after: then,
    script: sh`update-ca-certificates --fresh`,
    sets: all.map(({ pem }) => isTrusted.is(tellingLine(pem), then)),
    touches: fileFacts("/etc/ssl/certs"),
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
