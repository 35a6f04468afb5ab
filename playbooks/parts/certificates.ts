/** The site's own authority: it signs for the traffic between hosts and, where nothing else is said, for the edge. */
import {
  apt,
  type HostInfo,
  type InventoryView,
  on,
  play,
  ShowrunnerError,
  trustStore,
  verifyCertificate,
} from "showrunner";
import { authorityPaths } from "../../roles/authority/paths.ts";
import { authority, signedCertificate } from "../../roles/index.ts";
import { domain } from "./words.ts";

export const siteAuthority = play(
  "the site's authority",
  { hosts: "ca[0]", become: true, vars: { domain } },
  { authority: ({ vars }) => authority({ name: `Authority of ${vars.domain}`.slice(0, 64) }) },
);

/** The host that is the authority. */
export function authorityHost(inventory: InventoryView): HostInfo {
  const [host] = inventory.groups.has("ca") ? inventory.group("ca") : [];
  if (host) return host;
  throw new ShowrunnerError("inventory.invalid", "no host of the inventory is in the group ca", {
    hint: 'name the host that signs the site\'s certificates, one that no visitor reaches: ca: { hosts: ["db1"] }',
  });
}

/** The authority's certificate as PEM, for all who are to trust it. */
export async function authorityCertificate(inventory: InventoryView): Promise<string> {
  const { value } = await on(authorityHost(inventory), () =>
    verifyCertificate({ path: authorityPaths.certificate, chain: false }, { become: true }),
  );
  return value.content;
}

// Paths are constants: a check of fresh hosts can't know what will be signed, but where it will lie.

/** On a host that trusts the authority: its certificate, for programs that are to trust nobody else. */
export const trustedAuthority = "/usr/local/share/ca-certificates/site.crt";

/** Has the programs of a host trust the authority. */
export async function trustAuthority(inventory: InventoryView): Promise<void> {
  await apt({ name: "ca-certificates" });
  await trustStore({ name: "site", content: await authorityCertificate(inventory) });
}

/** Where `hostCertificate` puts certificate and key. */
export const hostCertificateFiles = (name: string) => ({
  certificate: `/etc/ssl/site/${name}.crt`,
  key: `/etc/ssl/site/${name}.key`,
});

/**
 * A certificate of the authority for a host, under its name and address.
 *
 * @param name the files' name
 * @param reload the service that reads them anew
 */
export async function hostCertificate(
  host: HostInfo,
  inventory: InventoryView,
  name: string,
  reload: string,
): Promise<void> {
  await signedCertificate({
    name,
    subjectAltNames: [...new Set([host.name, host.address])],
    authority: authorityHost(inventory).name,
    reload,
  });
}
