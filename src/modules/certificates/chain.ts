/** Whether a certificate's chain leads to an authority that is trusted. */
import { setImmediate } from "node:timers/promises";
import { issuersIn } from "../../facts/authorities.ts";
import type { Certificate } from "../../facts/x509.ts";
import { isSignedBy, showCertificate } from "./trust.ts";

/**
 * How many signatures are checked for one certificate of a chain, and for all. Each takes milliseconds, and whoever writes
 * the files may have thousands of authorities in them that are called alike.
 */
const most = { each: 4, all: 40 };

/**
 * Looks for a way from a certificate to an authority that is trusted, whatever their order in the file. Where more than
 * one could have signed, as where an authority's certificate was signed across, each way is tried.
 *
 * @param rest what else stands in the certificate's file
 * @param bundle what the fact `authorities` gave
 * @param time in milliseconds since 1970
 * @returns what is wrong; undefined where nothing is
 */
export async function chainProblem(
  first: Certificate,
  rest: readonly Certificate[],
  bundle: string | undefined,
  time: number,
): Promise<string | undefined> {
  let left = most.all;
  let found: string | undefined;
  let end = first;

  /** @param below how many authorities stand between the first certificate and the one that is to be signed, and it too */
  async function leads(at: Certificate, others: readonly Certificate[], below: number): Promise<boolean> {
    const trusted = await issuersIn(bundle, at.issuer);
    if (trusted.some((one) => one.fingerprint === at.fingerprint)) return true;
    const signed = new Map<string, boolean>();
    for (const one of mayHaveSigned(at, trusted, others, (some) => problemOf(some, below, time))) {
      if (!signed.has(one.publicKey)) {
        if (signed.size === most.each || left-- <= 0) continue;
        // others have their turn
        await setImmediate();
        signed.set(one.publicKey, isSignedBy(at, one));
      }
      if (signed.get(one.publicKey) !== true) continue;
      const problem = problemOf(one, below, time);
      if (problem !== undefined) found ??= `in its chain, ${showCertificate(one)}, ${problem}`;
      else if (trusted.includes(one)) return true;
      else {
        end = one;
        const isAnother = one.subject !== one.issuer;
        const further = others.filter((other) => other !== one);
        if (left > 0 && (await leads(one, further, below + (isAnother ? 1 : 0)))) return true;
      }
    }
    return false;
  }

  if (await leads(first, rest, 0)) return undefined;
  return found ?? `its chain ends with ${end.issuer || "nobody who is named"}, who is not trusted`;
}

/** The likeliest first. Names of keys are hints that cost nothing, and where both are there, they must be the same. */
function mayHaveSigned(
  at: Certificate,
  trusted: readonly Certificate[],
  others: readonly Certificate[],
  problemOf: (one: Certificate) => string | undefined,
): Certificate[] {
  const rank = (one: Certificate) =>
    (problemOf(one) === undefined ? 0 : 2) +
    (at.issuerKeyId !== undefined && one.keyId !== undefined ? 0 : 1);
  return [...trusted, ...others.filter(({ subject }) => subject === at.issuer)]
    .filter(({ keyId }) => keyId === undefined || at.issuerKeyId === undefined || keyId === at.issuerKeyId)
    .map((one) => ({ one, rank: rank(one) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}

/** Why an authority's certificate must not stand above so many others (RFC 5280, 6.1.4). */
function problemOf(
  { isAuthority, keyUsage, pathLength, notBefore, notAfter }: Certificate,
  below: number,
  time: number,
): string | undefined {
  if (!isAuthority) return "is no authority's certificate";
  if (keyUsage.length > 0 && !keyUsage.includes("keyCertSign"))
    return "is for a key that may sign no certificates";
  if (pathLength !== undefined && below > pathLength)
    return `allows ${pathLength} authorities below it, and there are ${below}`;
  if (Date.parse(notAfter) <= time) return "has expired";
  return Date.parse(notBefore) > time ? `is not valid before ${notBefore}` : undefined;
}
