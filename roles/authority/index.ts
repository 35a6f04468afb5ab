import {
  apt,
  certificate,
  defineRole,
  file,
  type OptionalInput,
  privateKey,
  type RequiredInput,
  type Role,
  Type,
  withDefault,
} from "showrunner";
import { authorityPaths } from "./paths.ts";

const variables = {
  /** What the authority is called, in its certificate. Default: "Site authority". */
  name: withDefault(Type.String({ minLength: 1, maxLength: 64 }), "Site authority"),
};

/** What `authority` takes. */
export interface AuthorityVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** What `authority` gives. */
export interface AuthorityValue {
  /** The authority's certificate as PEM, for all who are to trust it. */
  readonly certificate: string;
}

/** Makes a host the authority of a site: it signs the certificates of `signedCertificate`. */
export const authority: Role<AuthorityVars, AuthorityValue> = defineRole({
  name: "authority",
  summary: "An own authority for the certificates of a site's hosts.",
  vars: variables,
  async run({ vars }): Promise<AuthorityValue> {
    const { root, key, certificate: path, issued } = authorityPaths;
    await apt({ name: "openssl" });
    await file({ path: root, state: "directory", mode: "0700", owner: "root", group: "root" });
    await file({ path: issued, state: "directory", mode: "0700" });
    await privateKey({ path: key, type: "ecdsa", curve: "secp384r1" });
    const { value } = await certificate({
      path,
      privateKey: key,
      subject: { commonName: vars.name },
      isAuthority: true,
      pathLength: 0,
      validFor: "3650d",
      renewBefore: "365d",
    });
    return { certificate: value.content };
  },
});
