/** The public keys of those whose plans are applied: `apply --trust KEY`. */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import { fileProblem } from "../../base/file-problem.ts";
import { readUserFileNow } from "../../base/user-file.ts";

export interface TrustedKey {
  /** As OpenSSH writes it: `ssh-ed25519 AAAA…`. */
  readonly line: string;
  /** `SHA256:…`, as `ssh-keygen -l` shows it. */
  readonly fingerprint: string;
  /** What its owner called it, or its file. */
  readonly label: string;
  /** Of an ed25519 key. */
  readonly ed25519: KeyObject | undefined;
}

const kinds =
  /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp\d+|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;

/**
 * Reads public keys.
 *
 * @param path a file of public keys (a pipe must have been awaited), in PEM (ed25519) or one a line as OpenSSH has them; or a folder of such files
 * @throws ShowrunnerError `usage` with the file and line of what is none, or where there is no key at all
 */
export function trustedKeys(path: string): readonly TrustedKey[] {
  const keys = filesAt(path).flatMap(keysIn);
  if (keys.length > 0) return keys;
  throw new ShowrunnerError("usage", `--trust ${path}: there is no key in it`, { hint: expected });
}

const expected = "expected public keys: one a line as in id_ed25519.pub, or ed25519 ones in PEM";

function filesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => !name.startsWith("."));
    return names.sort().map((name) => join(path, name));
  } catch (error) {
    throw new ShowrunnerError("usage", `--trust ${path}: ${fileProblem(error)}`, { hint: expected });
  }
}

function keysIn(file: string): TrustedKey[] {
  const text = textOf(file);
  if (text.includes("PRIVATE KEY-----"))
    throw new ShowrunnerError("usage", `--trust ${file}: it is a private key`, {
      hint: "whoever applies a plan needs the public part only: ssh-keygen -y -f KEY, or openssl pkey -pubout -in KEY",
    });
  const blocks = text.match(/-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----/g);
  if (blocks) return blocks.map((block) => fromPem(block, file));
  return text.split("\n").flatMap((line, index) => {
    const words = line.trim();
    return words === "" || words.startsWith("#") ? [] : [fromLine(words, `${file}:${index + 1}`)];
  });
}

function textOf(file: string): string {
  const bytes = readUserFileNow(
    file,
    (why) => new ShowrunnerError("usage", `--trust ${file}: ${why}`, { hint: expected }),
  );
  return bytes.toString("utf8");
}

function fromPem(pem: string, file: string): TrustedKey {
  const key = publicKey(pem, file);
  if (key.asymmetricKeyType !== "ed25519")
    throw new ShowrunnerError("usage", `--trust ${file}: it is a key of the kind ${key.asymmetricKeyType}`, {
      hint: "in PEM, only ed25519 keys are read",
    });
  const raw = Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
  const blob = Buffer.concat([sized(Buffer.from("ssh-ed25519")), sized(raw)]);
  return made("ssh-ed25519", blob, file, key);
}

function publicKey(pem: string, file: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw new ShowrunnerError("usage", `--trust ${file}: ${messageOf(error)}`, { hint: expected });
  }
}

/** Options before a key limit what it is good for; none of them is known here, so such a line is refused. */
function fromLine(line: string, place: string): TrustedKey {
  const [kind = "", base64 = "", ...comment] = line.split(/\s+/);
  const blob = Buffer.from(base64, "base64");
  const isKey = kinds.test(kind) && blob.subarray(0, kind.length + 4).equals(sized(Buffer.from(kind)));
  if (!isKey || (kind === "ssh-ed25519" && blob.length !== 51))
    throw new ShowrunnerError("usage", `--trust ${place}: this is no public key`, {
      hint: `${expected}; no options may stand before the key's kind`,
    });
  const ed25519 = kind === "ssh-ed25519" ? fromRaw(blob.subarray(kind.length + 8)) : undefined;
  return made(kind, blob, comment.join(" ") || place, ed25519);
}

function fromRaw(raw: Buffer): KeyObject {
  return createPublicKey({
    format: "jwk",
    key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") },
  });
}

function made(kind: string, blob: Buffer, label: string, ed25519: KeyObject | undefined): TrustedKey {
  const fingerprint = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
  return { line: `${kind} ${blob.toString("base64")}`, fingerprint: `SHA256:${fingerprint}`, label, ed25519 };
}

/** With its length before it, as SSH's protocol has it. */
function sized(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
