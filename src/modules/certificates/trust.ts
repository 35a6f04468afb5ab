/** Who has signed a certificate. */
import { createPublicKey, X509Certificate } from "node:crypto";
import type { Certificate } from "../../facts/x509.ts";

/** Whether a certificate is signed by the holder of another one. */
export function isSignedBy({ pem, issuer }: Certificate, { subject, publicKey }: Certificate): boolean {
  if (issuer !== subject) return false;
  try {
    return new X509Certificate(pem).verify(createPublicKey(publicKey));
  } catch {
    return false; // it is of a kind that nobody here can check
  }
}

/** Whether its holder has signed it. */
export function isSelfSigned(certificate: Certificate): boolean {
  return isSignedBy(certificate, certificate);
}

/** A certificate in few words: `CN=shop.example.org, valid until 2030-01-31T12:00:00Z`. */
export function showCertificate({ subject, subjectAltNames, notAfter }: Certificate): string {
  return `${subject || subjectAltNames.join(", ")}, valid until ${notAfter}`;
}
