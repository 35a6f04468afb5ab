/** Refuses plans that nobody trusted has signed: `apply --trust KEY`. */
import { verify } from "node:crypto";
import { ShowrunnerError } from "../../base/errors.ts";
import { pasted } from "../../base/script.ts";
import type { PlanFile } from "../../core/plans/plan-schema.ts";
import { namespace, signedMessage } from "./message.ts";
import { sshKeygen, withFiles } from "./ssh-keygen.ts";
import type { TrustedKey } from "./trusted-keys.ts";

/**
 * Finds out who signed a plan. What stands in the plan has been compared with its digest before: a signature is over
 * that digest.
 *
 * @param file the plan's, for messages
 * @returns the key that signed it
 * @throws ShowrunnerError `plan.untrusted` where it is none of those trusted
 */
export async function requireSigned(
  plan: PlanFile,
  file: string,
  trusted: readonly TrustedKey[],
): Promise<TrustedKey> {
  const details = trusted.map(({ fingerprint, label }) => `trusted: ${fingerprint} (${label})`);
  if (!plan.signature)
    throw new ShowrunnerError("plan.untrusted", `${file} is not signed`, {
      details,
      hint: `nothing was loaded; whoever approves the plan signs it: npx run plan --show ${pasted(file)} --sign KEY`,
    });
  const { kind, value } = plan.signature;
  const signer = kind === "ed25519" ? withPem(plan, value, trusted) : await withSsh(plan, value, trusted);
  if (signer) return signer;
  throw new ShowrunnerError(
    "plan.untrusted",
    `none of the trusted keys has signed ${file} in its present form`,
    {
      details,
      hint: "nothing was loaded; the plan was signed by another key, or altered since: ask whoever gave it to you",
    },
  );
}

function withPem(plan: PlanFile, value: string, trusted: readonly TrustedKey[]): TrustedKey | undefined {
  const message = signedMessage(plan);
  const signature = Buffer.from(value, "base64");
  return trusted.find(({ ed25519 }) => ed25519 && verify(null, message, ed25519, signature));
}

async function withSsh(
  plan: PlanFile,
  signature: string,
  trusted: readonly TrustedKey[],
): Promise<TrustedKey | undefined> {
  const signer = "signer";
  const allowed = trusted.map(({ line }) => `${signer} namespaces="${namespace}" ${line}\n`).join("");
  const { status, stdout } = await withFiles({ allowed, signature }, (path) =>
    sshKeygen(
      ["-Y", "verify", "-f", path("allowed"), "-I", signer, "-n", namespace, "-s", path("signature")],
      signedMessage(plan),
    ),
  );
  // "Good "NAMESPACE" signature for signer with ED25519 key SHA256:…"
  const [fingerprint] = /SHA256:\S+/.exec(stdout) ?? [];
  return status === 0 ? trusted.find((key) => key.fingerprint === fingerprint) : undefined;
}
