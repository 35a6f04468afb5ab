/** The page that shows the whole site, on the hosts of the group `mon`. */
import { fail, type HostInfo, type InventoryView, play, SecretString, Type } from "showrunner";
import { authority, signedCertificate, statusPage } from "../../roles/index.ts";
import { siteAddresses } from "./words.ts";

// all hosts, since an inventory need not have the group
export const thePage = play(
  "the status page",
  {
    hosts: "all",
    become: true,
    vars: {
      domain: Type.String({ format: "hostname" }),
      siteAddresses,
      statusPassword: Type.Optional(SecretString()),
    },
  },
  {
    statusPage: async ({ host, vars, inventory }) => {
      if (!host.groups.includes("mon")) return;
      const password =
        vars.statusPassword ??
        fail(
          `${host.name} is to show the status page, and the inventory has no statusPassword`,
          'give it one: vars: { statusPassword: secretFrom.env("SITE_STATUS_PASSWORD") }',
        );
      const signer = signerOf(host, inventory);
      if (signer.name === host.name) await authority({});
      const { certificate, key } = await signedCertificate({
        name: "status",
        subjectAltNames: [...new Set([host.name, host.address])],
        authority: signer.name,
        reload: "nginx",
      });
      await statusPage({ title: vars.domain, password, certificate, key, addresses: vars.siteAddresses });
    },
  },
);

/** The host that is the site's authority: that of the group `ca`, else the monitoring host itself. */
function signerOf(host: HostInfo, inventory: InventoryView): HostInfo {
  const [first] = inventory.groups.has("ca") ? inventory.group("ca") : [];
  return first ?? host;
}
