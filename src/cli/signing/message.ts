/** What is signed of a plan. */
import type { PlanFile } from "../../core/plans/plan-schema.ts";

/** Keeps a signature from meaning anything elsewhere: ssh-keygen calls it a namespace. */
export const namespace = "showrunner-plan";

/** The bytes that a signature is over: what it is about, and the digest of all that stands in the plan. */
export function signedMessage({ digests }: PlanFile): Buffer {
  return Buffer.from(`${namespace} 2\n${digests.digest}\n`);
}
