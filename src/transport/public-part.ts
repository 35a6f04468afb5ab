/** The public key of a key file, if it can be read without the passphrase. */
import ssh2 from "ssh2";
import { readUserFileNow } from "../base/user-file.ts";

const magic = "openssh-key-v1\0";

/**
 * @param file the file of a private key (only the `.pub` need exist, if the agent has the key), or of a public key
 * @returns the key in SSH wire form; undefined if that needs the passphrase
 */
export function publicPart(file: string): Buffer | undefined {
  const content = read(file);
  return (content && inTheClear(content)) ?? parsed(content) ?? parsed(read(`${file}.pub`));
}

function read(file: string): Buffer | undefined {
  try {
    return readUserFileNow(file);
  } catch {
    return undefined;
  }
}

function parsed(content: Buffer | undefined): Buffer | undefined {
  const key = content && ssh2.utils.parseKey(content);
  return key === undefined || key instanceof Error ? undefined : key.getPublicSSH();
}

/** OpenSSH's own format encrypts the private part only. See PROTOCOL.key. */
function inTheClear(content: Buffer): Buffer | undefined {
  const [, base64 = ""] = /BEGIN OPENSSH PRIVATE KEY-+([^-]*)-/.exec(content.toString("latin1")) ?? [];
  const bytes = Buffer.from(base64, "base64");
  if (bytes.toString("latin1", 0, magic.length) !== magic) return undefined;
  let at = magic.length;
  const next = (): Buffer => {
    const start = at + 4;
    at = start + bytes.readUInt32BE(at);
    return bytes.subarray(start, at);
  };
  try {
    for (const _ of ["cipher", "kdf", "kdf options"]) next();
    at += 4; // how many keys: there is always one
    return next();
  } catch {
    return undefined; // cut short
  }
}
