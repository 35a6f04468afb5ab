/** Signs plans: `plan --sign KEY`. */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import { readUserFile } from "../../base/user-file.ts";
import type { PlanFile } from "../../core/plans/plan-schema.ts";
import { secretPrompt } from "../../secrets/prompt.ts";
import { namespace, signedMessage } from "./message.ts";
import { sshKeygen, withFiles } from "./ssh-keygen.ts";

/** Gives a plan a signature, in the place of one that it has. */
type Signer = (plan: PlanFile) => Promise<PlanFile>;

/**
 * Makes ready to sign, so that a key which is of no use is found out before a plan is made.
 *
 * @param file a private key: ed25519 in PEM (PKCS #8), or any of OpenSSH's; or the public part of one that is in an
 * agent. Encrypted ones are asked the passphrase for on the terminal.
 * @throws ShowrunnerError `usage` where it is none
 */
export async function openSigner(file: string): Promise<Signer> {
  const text = (await readUserFile(file, (why) => noKey(file, why))).toString("utf8");
  if (/-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)) {
    const key = await pemKey(text, file);
    return async (plan) => ({
      ...plan,
      signature: { kind: "ed25519", value: sign(null, signedMessage(plan), key).toString("base64") },
    });
  }
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text) && !/^[a-z0-9@.-]+ AAAA/.test(text))
    throw noKey(file, "it is neither a private key nor the public part of one");
  if (!statSync(file).isFile())
    throw noKey(file, "ssh-keygen reads a key of OpenSSH itself, and can't from a pipe");
  return async (plan) => ({ ...plan, signature: { kind: "ssh", value: await sshSignature(plan, file) } });
}

async function pemKey(key: string, file: string): Promise<KeyObject> {
  const made = await unlocked(key, file);
  if (made.asymmetricKeyType === "ed25519") return made;
  throw noKey(file, `it is a key of the kind ${made.asymmetricKeyType}`);
}

async function unlocked(key: string, file: string): Promise<KeyObject> {
  const passphrase = key.includes("ENCRYPTED") ? await asked(`Passphrase of ${file}`) : undefined;
  try {
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    throw noKey(
      file,
      passphrase === undefined ? messageOf(error) : "the passphrase is wrong, or the file is damaged",
    );
  }
}

async function asked(question: string): Promise<string> {
  const answer = secretPrompt(question);
  await answer.fetch();
  return answer.reveal();
}

function noKey(file: string, why: string): ShowrunnerError {
  return new ShowrunnerError("usage", `--sign ${file}: ${why}`, {
    hint: "expected an ed25519 key in PEM (`openssl genpkey -algorithm ed25519 -out FILE`), or a key of OpenSSH (`ssh-keygen -t ed25519 -f FILE`), or the .pub of one that the agent has",
  });
}

function sshSignature(plan: PlanFile, key: string): Promise<string> {
  return withFiles({ plan: signedMessage(plan) }, async (path) => {
    const { status, stderr } = await sshKeygen([
      "-q",
      "-Y",
      "sign",
      "-f",
      key,
      "-n",
      namespace,
      path("plan"),
    ]);
    if (status === 0) return readFileSync(path("plan.sig"), "utf8");
    throw new ShowrunnerError("usage", `--sign ${key}: ssh-keygen did not sign`, {
      details: stderr.trim().split("\n"),
      hint: "an encrypted key needs a terminal to ask for the passphrase, or an agent that has it (ssh-add)",
    });
  });
}
