/** The page that shows the whole site, on the hosts of the group `mon`. */
import { fail, type HostInfo, play, type Secret, SecretString, Type } from "showrunner";
import { isPassword, passwordForm, statusPage } from "../../roles/index.ts";
import { hostCertificate, hostCertificateFiles } from "./certificates.ts";
import { domain, siteAddresses } from "./words.ts";

/** The password by which people log in: there need not be one where nobody watches over the site. */
const statusPassword = Type.Optional(SecretString());

// all hosts, since an inventory need not have the group

/** Looks before anything is changed. */
export const pageHasPassword = play(
  "the status page has a password",
  { hosts: "all", vars: { statusPassword }, anyErrorsFatal: true },
  {
    verify: async ({ host, vars }) => {
      if (host.groups.includes("mon")) given(vars.statusPassword, host);
    },
  },
);

export const thePage = play(
  "the status page",
  { hosts: "all", become: true, vars: { domain, siteAddresses, statusPassword } },
  {
    certificate: async ({ host, inventory }) => {
      if (host.groups.includes("mon")) await hostCertificate(host, inventory, "status", "nginx");
    },
    statusPage: async ({ host, vars }) => {
      if (!host.groups.includes("mon")) return;
      await statusPage({
        title: vars.domain,
        password: given(vars.statusPassword, host),
        ...hostCertificateFiles("status"),
        addresses: vars.siteAddresses,
      });
    },
  },
);

function given(password: string | Secret | undefined, { name }: HostInfo): string | Secret {
  if (password !== undefined && isPassword(password)) return password;
  return fail(
    password === undefined
      ? `${name} is to show the status page, and the inventory has no statusPassword`
      : `statusPassword: expected ${passwordForm}, got fewer`,
    'give the inventory one: vars: { statusPassword: secretFrom.env("SITE_STATUS_PASSWORD") }',
  );
}
