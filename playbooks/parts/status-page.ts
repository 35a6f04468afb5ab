/** The page that shows the whole site, on the hosts of the group `mon`. */
import { fail, play, SecretString, Type } from "showrunner";
import { statusPage } from "../../roles/index.ts";
import { hostCertificate, hostCertificateFiles } from "./certificates.ts";
import { domain, siteAddresses } from "./words.ts";

// all hosts, since an inventory need not have the group
export const thePage = play(
  "the status page",
  {
    hosts: "all",
    become: true,
    vars: {
      domain,
      siteAddresses,
      statusPassword: Type.Optional(SecretString()),
    },
  },
  {
    certificate: async ({ host, inventory }) => {
      if (host.groups.includes("mon")) await hostCertificate(host, inventory, "status", "nginx");
    },
    statusPage: async ({ host, vars }) => {
      if (!host.groups.includes("mon")) return;
      const password =
        vars.statusPassword ??
        fail(
          `${host.name} is to show the status page, and the inventory has no statusPassword`,
          'give it one: vars: { statusPassword: secretFrom.env("SITE_STATUS_PASSWORD") }',
        );
      await statusPage({
        title: vars.domain,
        password,
        ...hostCertificateFiles("status"),
        addresses: vars.siteAddresses,
      });
    },
  },
);
