import {
  apt,
  certificate,
  certificateRequest,
  copy,
  defineRole,
  file,
  type OptionalInput,
  on,
  Param,
  privateKey,
  type RequiredInput,
  type Role,
  service,
  Type,
  withDefault,
} from "showrunner";
import { authorityPaths } from "../authority/paths.ts";
import { makeDirectory } from "../directory.ts";
import { renewalDays } from "./renewal.ts";

/** The role's own directory; the keys in it keep others out by their own modes. */
const ownDirectory = "/etc/ssl/site";
/** Not beside the certificates: HAProxy takes whatever lies in a directory of certificates for one. */
const requests = "/etc/ssl/requests";

const variables = {
  /** Names the files: `site` makes `site.key` and `site.crt`. */
  name: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$" }),
  /** The names and addresses under which the host is reached. */
  subjectAltNames: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  /** The host of the inventory that the role `authority` has made one. */
  authority: Type.String({ minLength: 1 }),
  /** The directory of the files; one that is there keeps its mode and owner. Default: "/etc/ssl/site". */
  directory: withDefault(Param.path(), ownDirectory),
  /** The group that may read the key. Default: "root". */
  group: withDefault(Type.String({ minLength: 1 }), "root"),
  /** How long a certificate is valid, in days. Default: 90. */
  days: withDefault(Type.Integer({ minimum: 2, maximum: 825 }), 90),
  /** A service that reads the files anew when they change. Default: none. */
  reload: Type.Optional(Type.String({ minLength: 1 })),
};

/** What `signedCertificate` takes. */
export interface SignedCertificateVars
  extends RequiredInput<typeof variables>,
    OptionalInput<typeof variables> {}

/** What `signedCertificate` gives: paths on the host. */
export interface SignedCertificateValue {
  /** The certificate, with its chain. */
  readonly certificate: string;
  readonly key: string;
}

/** A certificate for a host, signed by the site's own authority. The key never leaves the host. */
export const signedCertificate: Role<SignedCertificateVars, SignedCertificateValue> = defineRole({
  name: "signedCertificate",
  summary: "A certificate for a host, signed by the site's own authority, and renewed in time.",
  vars: variables,
  async run({ vars, host }): Promise<SignedCertificateValue> {
    const { name, subjectAltNames, directory, group, days, reload } = vars;
    const paths = { key: `${directory}/${name}.key`, certificate: `${directory}/${name}.crt` };
    await apt({ name: "openssl" });
    await makeDirectory(directory, ownDirectory, { mode: "0711", owner: "root", group: "root" });
    await privateKey({
      path: paths.key,
      type: "ecdsa",
      mode: group === "root" ? "0600" : "0640",
      owner: "root",
      group,
    });
    const requestFolder = `${requests}${directory}`;
    await file({ path: requestFolder, state: "directory", mode: "0700", owner: "root", group: "root" });
    const { value: request } = await certificateRequest({
      path: `${requestFolder}/${name}.csr`,
      privateKey: paths.key,
      subjectAltNames,
    });
    const { value: signed } = await on(vars.authority, () =>
      certificate({
        // no name has an @: each pair has a file of its own
        path: `${authorityPaths.issued}/${name}@${host.name}.pem`,
        request: request.content,
        authority: { certificate: authorityPaths.certificate, privateKey: authorityPaths.key },
        subjectAltNames,
        extendedKeyUsage: ["serverAuth", "clientAuth"],
        validFor: `${days}d`,
        renewBefore: `${renewalDays(days)}d`,
        chain: true,
      }),
    );
    await copy(
      { dest: paths.certificate, content: signed.content, mode: "0644" },
      reload === undefined ? {} : { notify: service({ name: reload, state: "reloaded" }) },
    );
    return paths;
  },
});
