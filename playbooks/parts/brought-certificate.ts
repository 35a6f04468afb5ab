/** A certificate that somebody brings: verified, and put in its place with its key. */
import { readFileSync } from "node:fs";
import {
  copy,
  fail,
  file,
  messageOf,
  ShowrunnerError,
  type Static,
  secret,
  secretFrom,
  service,
  Type,
  verifyCertificate,
} from "showrunner";

/** Files on the control machine, as PEM; a relative path begins at the working directory. */
export const Brought = Type.Object(
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
export type Brought = Static<typeof Brought>;

/** Puts certificate and key into a directory of HAProxy's. */
export async function placeBrought(given: Brought, directory: string, name: string): Promise<void> {
  const { pem, key } = await verifyBrought(given, name, true);
  await file({ path: directory, state: "directory", mode: "0700" });
  await copy(
    // one file, so that certificate and key are replaced together
    { dest: `${directory}/site.pem`, content: secret`${pem}\n${key}\n`, mode: "0600" },
    { notify: service({ name: "haproxy", state: "reloaded" }) },
  );
}

/** @throws ShowrunnerError naming the files, with all that is wrong with them */
export async function verifyBrought({ certificate, key: keyFile }: Brought, name: string, chain: boolean) {
  const [pem, key] = [textOf(certificate), secretFrom.file(keyFile)];
  try {
    await verifyCertificate({ content: pem, key, subjectAltNames: [name], chain });
  } catch (error) {
    if (!(error instanceof ShowrunnerError)) throw error;
    const { code, message, details } = error;
    const hint = chain
      ? "HAProxy keeps the certificate that it has. Where hosts do not know who has signed the new one, name that authority's certificate: edgeCertificate.authority"
      : error.hint;
    throw new ShowrunnerError(code, `${certificate} with the key ${keyFile}: ${message}`, { hint, details });
  }
  return { pem, key };
}

/** A file of this machine. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return fail(
      `${path} can't be read: ${messageOf(error)}`,
      "edgeCertificate names files on this machine: a relative path begins where the command is run",
    );
  }
}
