/** The certificate that visitors see: of the site's own authority, or one that is brought. */
import { readFileSync } from "node:fs";
import {
  batch,
  copy,
  fail,
  file,
  type HostInfo,
  type InventoryView,
  messageOf,
  play,
  ShowrunnerError,
  type Static,
  secret,
  secretFrom,
  service,
  Type,
  trustStore,
  verifyCertificate,
  withDefault,
} from "showrunner";
import { signedCertificate } from "../../roles/index.ts";
import { authorityCertificate, authorityHost, trustAuthority } from "./certificates.ts";
import { domain } from "./words.ts";

/** Files on the control machine, as PEM; a relative path begins at the working directory. */
const Brought = Type.Object(
  {
    /** The certificate with its chain. */
    certificate: Type.String({ minLength: 1 }),
    /** Its key. */
    key: Type.String({ minLength: 1 }),
    /** The authority that has signed it, where hosts do not know it: those that visit the site then trust it. */
    authority: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);
type Brought = Static<typeof Brought>;

/** Who has signed the certificate that visitors see. Default: the site's own authority. */
export const edgeCertificate = withDefault(
  Type.Union([Type.Literal("ownAuthority"), Brought]),
  "ownAuthority",
);

/** What the inventory says of the edge. */
interface Edge {
  readonly edgeCertificate: "ownAuthority" | Brought;
  readonly domain: string;
  readonly siteAddresses: readonly string[];
}

/** Whom a visitor trusts: the certificate of who has signed the edge's, as PEM; undefined where everybody knows it. */
export async function visitorsTrust(
  given: Edge["edgeCertificate"],
  inventory: InventoryView,
): Promise<string | undefined> {
  if (given === "ownAuthority") return authorityCertificate(inventory);
  return given.authority === undefined ? undefined : textOf(given.authority);
}

/** Has a host trust who has signed the site's certificates, the edge's among them. */
export async function trustSigners(given: Edge["edgeCertificate"], inventory: InventoryView): Promise<void> {
  await trustAuthority(inventory);
  if (given !== "ownAuthority" && given.authority !== undefined)
    await trustStore({ name: "edge", content: textOf(given.authority) });
}

const root = "/etc/haproxy/certificates";

/** Where HAProxy finds the certificate: a folder for each kind, so that it goes over with its configuration. */
export const edgeFolder = (given: Edge["edgeCertificate"]) =>
  `${root}/${given === "ownAuthority" ? "own" : "brought"}`;

/** Refuses a certificate that would not do, before anything is changed. */
export const edgeCertificateWillDo = play(
  "the certificate that visitors see",
  { hosts: "lb[0]", become: true, vars: { domain, edgeCertificate } },
  {
    verify: async ({ vars }) => {
      // whether the host trusts who has signed it is seen once the host has been set up
      if (vars.edgeCertificate !== "ownAuthority")
        await verifyBrought(vars.edgeCertificate, vars.domain, false);
    },
  },
);

/** Puts the certificate in its place on a balancer. */
export async function placeEdgeCertificate(
  host: HostInfo,
  inventory: InventoryView,
  edge: Edge,
): Promise<void> {
  const { edgeCertificate: given } = edge;
  const directory = edgeFolder(given);
  await batch([
    file({ path: "/etc/haproxy", state: "directory", mode: "0755" }),
    file({ path: root, state: "directory", mode: "0700", owner: "root", group: "root" }),
  ]);
  if (given !== "ownAuthority") return placeBrought(given, directory, edge.domain);
  await signedCertificate({
    name: "site",
    directory,
    subjectAltNames: [...new Set([edge.domain, host.address, ...edge.siteAddresses])],
    authority: authorityHost(inventory).name,
    reload: "haproxy",
  });
}

async function placeBrought(given: Brought, directory: string, name: string): Promise<void> {
  const { pem, key } = await verifyBrought(given, name, true);
  await file({ path: directory, state: "directory", mode: "0700" });
  await copy(
    // one file, so that certificate and key are replaced together
    { dest: `${directory}/site.pem`, content: secret`${pem}\n${key}\n`, mode: "0600" },
    { notify: service({ name: "haproxy", state: "reloaded" }) },
  );
}

/** @throws ShowrunnerError naming the files, with all that is wrong with them */
async function verifyBrought({ certificate, key: keyFile }: Brought, name: string, chain: boolean) {
  const [pem, key] = [textOf(certificate), secretFrom.file(keyFile)];
  try {
    await verifyCertificate({ content: pem, key, subjectAltNames: [name], chain });
  } catch (error) {
    if (!(error instanceof ShowrunnerError)) throw error;
    const { code, message, hint, details } = error;
    throw new ShowrunnerError(code, `${certificate} with the key ${keyFile}: ${message}`, { hint, details });
  }
  return { pem, key };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return fail(
      `${path} can't be read: ${messageOf(error)}`,
      "edgeCertificate names files on this machine: a relative path begins where the command is run",
    );
  }
}
