/** Secrets in files encrypted with age (https://age-encryption.org). */

import { reveal, Secret } from "../base/secret.ts";
import { unavailable } from "../base/secret-unavailable.ts";
import { readUserFile } from "../base/user-file.ts";
import { secretPath, unreadable } from "./file.ts";
import { secretText } from "./secret-text.ts";
import { withoutNewline } from "./without-newline.ts";

interface AgeOptions {
  /** The file with the identity, as `age-keygen` makes it. Default: what the variable AGE_IDENTITY names or holds. */
  readonly identity?: string;
  /** The passphrase, for a file that was encrypted with one. */
  readonly passphrase?: string | Secret;
}

/**
 * The content of a file that was encrypted with age, armoured or not, without one newline at its end. It is decrypted
 * at once, so it must be awaited.
 *
 * @param file relative to the working directory
 * @throws ShowrunnerError "secret.unavailable" where it can't be decrypted
 * @example
 * const password = await secretFrom.age("secrets/db.age", { identity: "~/.config/age/keys.txt" });
 */
export async function secretAge(file: string, options: AgeOptions = {}): Promise<Secret> {
  const bytes = await readUserFile(secretPath(file), unreadable(file, "age file"));
  const text = bytes.toString("latin1");
  const armoured = text.trimStart().startsWith("-----BEGIN AGE ENCRYPTED FILE-----");
  if (!armoured && !text.startsWith("age-encryption.org/v1\n"))
    throw unavailable(
      `${file} is not an age file: expected one that begins with age-encryption.org/v1, or with -----BEGIN AGE ENCRYPTED FILE-----`,
      "Encrypt it with `age`, or take what it holds as it stands: secretFrom.file.",
    );
  const { armor, Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  if (options.passphrase !== undefined) decrypter.addPassphrase(reveal(options.passphrase));
  else
    for (const identity of await identities(file, options.identity))
      told(
        () => decrypter.addIdentity(identity),
        `an AGE-SECRET-KEY to decrypt ${file} with is damaged or cut off`,
      );
  const sealed = told(
    () => (armoured ? armor.decode(text) : bytes),
    `cannot decrypt ${file}: its armour is damaged or cut off`,
  );
  const clear = await decrypter.decrypt(sealed).catch((error: unknown) => {
    throw unavailable(`cannot decrypt ${file}: ${whyNot(error, options)}`);
  });
  return new Secret(withoutNewline(secretText(Buffer.from(clear), `${file}: what is encrypted in it`)));
}

/** The library's messages may quote keys and the file, so they are never shown. */
function told<T>(run: () => T, problem: string): T {
  try {
    return run();
  } catch {
    throw unavailable(problem);
  }
}

function whyNot(error: unknown, { passphrase }: AgeOptions): string {
  const isAnothers = error instanceof Error && error.message.startsWith("no identity matched");
  if (!isAnothers) return "it is damaged or cut off";
  return passphrase === undefined ? "it is not encrypted for this identity" : "the passphrase does not fit";
}

/** The keys in an identity file, which may also hold comments. */
async function identities(file: string, path: string | undefined): Promise<string[]> {
  const given = path ?? process.env["AGE_IDENTITY"];
  if (!given)
    throw unavailable(
      `no identity to decrypt ${file} with`,
      "Say { identity: FILE }, or set AGE_IDENTITY to the identity's file.",
    );
  const isKey = /^\s*AGE-SECRET-KEY-/im;
  const text = isKey.test(given)
    ? given
    : path === undefined
      ? await fileInVariable(given)
      : (await readUserFile(secretPath(given), unreadable(given, "age identity"))).toString("utf8");
  const keys = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => isKey.test(line));
  if (keys.length === 0)
    throw unavailable(`there is no AGE-SECRET-KEY in ${path ?? "what AGE_IDENTITY names"}`);
  return keys.map((key) => new Secret(key.toUpperCase()).reveal());
}

/** The variable's value is never quoted in a message: it may be a key with a typing mistake. */
async function fileInVariable(path: string): Promise<string> {
  const bytes = await readUserFile(secretPath(path), () =>
    unavailable(
      "AGE_IDENTITY is neither an identity nor the name of a file that can be read",
      "Let it be what age-keygen wrote, or the path of that.",
    ),
  );
  return bytes.toString("utf8");
}
