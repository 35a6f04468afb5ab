/** The certificate that visitors see: of the site's own authority, of a public one, or one that is brought. */
import {
  batch,
  file,
  type HostInfo,
  type InventoryView,
  play,
  Type,
  trustStore,
  withDefault,
} from "showrunner";
import { signedCertificate } from "../../roles/index.ts";
import { Brought, placeBrought, textOf, verifyBrought } from "./brought-certificate.ts";
import { authorityCertificate, authorityHost, trustAuthority } from "./certificates.ts";
import { addressesCanMove } from "./one-balancer.ts";
import { leaveOutExpired, Public } from "./public-certificate.ts";
import { domain, siteAddresses } from "./words.ts";

/** Who has signed the certificate that visitors see. Default: the site's own authority. */
export const edgeCertificate = withDefault(
  Type.Union([Type.Literal("ownAuthority"), Brought, Public]),
  "ownAuthority",
);

type EdgeCertificate = "ownAuthority" | Brought | Public;

const isBrought = (given: EdgeCertificate): given is Brought =>
  given !== "ownAuthority" && "certificate" in given;

/** Whether a public authority signs it. */
export const isPublic = (given: EdgeCertificate): given is Public =>
  given !== "ownAuthority" && "acme" in given;

/** What the inventory says of the edge. */
interface Edge {
  readonly edgeCertificate: EdgeCertificate;
  readonly domain: string;
  readonly siteAddresses: readonly string[];
}

/** Whom a visitor trusts: the certificate of who has signed the edge's, as PEM; undefined where everybody knows it. */
export async function visitorsTrust(
  given: EdgeCertificate,
  inventory: InventoryView,
): Promise<string | undefined> {
  if (given === "ownAuthority") return authorityCertificate(inventory);
  return given.authority === undefined ? undefined : textOf(given.authority);
}

/** Has a host trust who has signed the site's certificates, the edge's among them. */
export async function trustSigners(given: EdgeCertificate, inventory: InventoryView): Promise<void> {
  await trustAuthority(inventory);
  if (given !== "ownAuthority" && given.authority !== undefined)
    await trustStore({ name: "edge", content: textOf(given.authority) });
}

const root = "/etc/haproxy/certificates";

/** Where HAProxy finds the certificate: a folder for each kind, so that it goes over with its configuration. */
export function edgeFolder(given: EdgeCertificate): string {
  if (given === "ownAuthority") return `${root}/own`;
  return isPublic(given) ? `${root}/public` : `${root}/brought`;
}

/** Refuses a certificate or addresses that would not do, before anything is changed. */
export const edgeWillDo = play(
  "what visitors see will do",
  { hosts: "lb[0]", become: true, vars: { domain, edgeCertificate, siteAddresses } },
  {
    addresses: async ({ vars, inventory }) => addressesCanMove(vars.siteAddresses, inventory),
    verify: async ({ vars: { edgeCertificate: given, domain: name } }) => {
      // whether the host trusts who has signed it is seen once the host has been set up
      if (isBrought(given)) await verifyBrought(given, name, false);
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
  if (isBrought(given)) return placeBrought(given, directory, edge.domain);
  const addresses = [host.address, ...edge.siteAddresses];
  if (isPublic(given)) await leaveOutExpired(directory);
  await signedCertificate({
    // HAProxy takes the first file by its name for visitors who name no site, and until there is a public certificate
    name: isPublic(given) ? "default" : "site",
    directory,
    subjectAltNames: [...new Set(isPublic(given) ? addresses : [edge.domain, ...addresses])],
    authority: authorityHost(inventory).name,
    reload: "haproxy",
  });
}
