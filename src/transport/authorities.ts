/** Authorities that must have signed certificates: the hosts' bundles, each kept once, and named by its digest. */
import { createHash } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

interface Bundle {
  readonly certificates: readonly string[];
  context?: SecureContext;
}

const bundles = new Map<string, Bundle>();

/**
 * Keeps a bundle for the connections of this run.
 *
 * @param pem a file of certificates; text around them is ignored
 * @returns the bundle's name for `contextOf`; undefined if the file holds no certificate
 */
export function keepAuthorities(pem: string): string | undefined {
  const certificates = pem.match(
    /-----BEGIN (TRUSTED )?CERTIFICATE-----[^-]*-----END (TRUSTED )?CERTIFICATE-----/g,
  );
  if (certificates === null) return undefined;
  const name = createHash("sha256").update(certificates.join("\n")).digest("hex");
  if (!bundles.has(name)) bundles.set(name, { certificates });
  return name;
}

/** The certificates of a bundle, as PEM; none for an unknown name. */
export function authoritiesOf(name: string): readonly string[] {
  return bundles.get(name)?.certificates ?? [];
}

/**
 * @param name undefined for the control machine's authorities, which are Node's own and NODE_EXTRA_CA_CERTS
 * @throws Error for a certificate that can't be read
 */
export function contextOf(name: string | undefined): SecureContext | undefined {
  const bundle = name === undefined ? undefined : bundles.get(name);
  if (bundle === undefined) return undefined;
  bundle.context ??= createSecureContext({ ca: [...bundle.certificates] });
  return bundle.context;
}
