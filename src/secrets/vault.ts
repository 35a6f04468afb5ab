/**
 * Decrypts what Ansible Vault encrypted, formats 1.1 and 1.2.
 *
 * The format is in https://docs.ansible.com/ansible/latest/vault_guide/vault_using_encrypted_content.html: a header
 * line, then in hexadecimal three lines, themselves hexadecimal: salt, HMAC, ciphertext. PBKDF2 (HMAC-SHA256, 10000
 * rounds) makes of the password and the salt 80 bytes: the cipher's key, the HMAC's key and the counter's start.
 */
import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { unavailable } from "../base/secret-unavailable.ts";

/** Encrypted text as it was found. */
export interface VaultText {
  /** The id of the password it was encrypted with, if format 1.2 names one. */
  readonly id: string | undefined;
  readonly salt: Buffer;
  readonly hmac: Buffer;
  readonly ciphertext: Buffer;
}

/** Whether a text begins like an encrypted one. */
export function isVaultText(text: string): boolean {
  return /^\s*\$ANSIBLE_VAULT;/.test(text);
}

/**
 * Reads the envelope of an encrypted text; nothing is decrypted.
 *
 * @param what how it is called in a message: the file, and the line
 * @throws ShowrunnerError "secret.unavailable" where it is damaged, or of another format
 */
export function readVaultText(text: string, what: string): VaultText {
  const [header = "", ...body] = text.trim().split(/\s*\n\s*/);
  const [, version, cipher, id] = /^\$ANSIBLE_VAULT;([^;]*);([^;]*)(?:;(.*))?$/.exec(header) ?? [];
  if (version === undefined)
    throw unavailable(
      `${what}: expected text encrypted with Ansible Vault, which begins with $ANSIBLE_VAULT`,
    );
  if ((version !== "1.1" && version !== "1.2") || cipher !== "AES256")
    throw unavailable(
      `${what}: expected Ansible Vault 1.1 or 1.2 with AES256, got ${version} with ${cipher}`,
      "Encrypt it afresh: `ansible-vault rekey`.",
    );
  const parts = fromHex(body.join(""))?.toString("latin1").split("\n").map(fromHex);
  const [salt, hmac, ciphertext] = parts ?? [];
  if (!salt || !hmac || !ciphertext || parts?.length !== 3)
    throw unavailable(`${what}: the encrypted text is damaged or cut off`);
  return { id: version === "1.2" ? id : undefined, salt, hmac, ciphertext };
}

/** The text in the clear, or undefined where the password is another one or the text was altered. */
export function decryptVault({ salt, hmac, ciphertext }: VaultText, password: string): Buffer | undefined {
  const derived = pbkdf2Sync(password, salt, 10_000, 80, "sha256");
  const expected = createHmac("sha256", derived.subarray(32, 64)).update(ciphertext).digest();
  if (expected.length !== hmac.length || !timingSafeEqual(expected, hmac)) return undefined;
  const decipher = createDecipheriv("aes-256-ctr", derived.subarray(0, 32), derived.subarray(64));
  const padded = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  return padded.subarray(0, padded.length - (padded.at(-1) ?? 0));
}

function fromHex(text: string): Buffer | undefined {
  return /^([\da-f]{2})*$/i.test(text) ? Buffer.from(text, "hex") : undefined;
}
