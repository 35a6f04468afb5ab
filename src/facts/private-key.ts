/** Private keys of a host: what kind each is, and its public half. The key itself never leaves the host. */
import { createPublicKey } from "node:crypto";
import { defineFact, feed, lines, rawScript, reveal, type Secret, secret, sh } from "../kit/index.ts";
import { markOf } from "../kit/own.ts";
import { mayArriveAt } from "./files.ts";

/** A file with a private key, and the passphrase that it may need. */
type PrivateKeyFile = {
  readonly path: string;
  readonly passphrase?: Secret;
  /** A secret shows itself as a mask in a key: this tells two passphrases apart. */
  readonly passphraseId?: string;
};

/** What is known of a private key. */
export interface PrivateKey {
  /** `rsa`, `ec`, `ed25519`, or another word of OpenSSL's. */
  readonly type: string;
  /** Of an RSA key, in bits. */
  readonly size?: number;
  /** Of an elliptic curve's, by OpenSSL's name: `prime256v1`. */
  readonly curve?: string;
  /** Whether the file can be read only with a passphrase. */
  readonly isEncrypted: boolean;
  /** The public half, as PEM. */
  readonly publicKey: string;
}

/** Of the public half of the largest RSA key, and more, in bytes. */
const longest = 16 * 1024;

/** The fact's key for a file, and the passphrase for it. */
export function privateKeyFile(path: string, passphrase?: string | Secret): PrivateKeyFile {
  if (passphrase === undefined) return { path };
  return { path, passphrase: secret(reveal(passphrase)), passphraseId: markOf(passphrase) };
}

/**
 * A private key, links followed; a text that says why where a file holds none that can be read with this passphrase,
 * undefined where there is no file.
 */
export const privateKey = defineFact<PrivateKeyFile, PrivateKey | string | undefined>({
  name: "certificate.privateKey",
  restsOn: ({ path }) => [path],
  mayArrive: ({ path }, value) => value === undefined && mayArriveAt(path),
  script: (keys) =>
    lines(
      // a passphrase that is empty is refused at once, and asks nobody. Of a pipe openssl would wait for its writer
      rawScript(`sr_key() {
  if [ ! -f "$1" ]; then printf none
  elif [ ! -r "$1" ]; then printf denied
  elif openssl pkey -in "$1" -pubout -passin pass: </dev/null 2>/dev/null; then :
  elif [ -n "$2" ] && openssl pkey -in "$1" -pubout -passin stdin 2>/dev/null; then printf encrypted
  fi
  printf '\\000'
}`),
      ...keys.map(({ path, passphrase }) =>
        passphrase === undefined ? sh`sr_key ${path} ''` : feed(passphrase, sh`sr_key ${path} passphrase`),
      ),
    ),
  parse(stdout, keys) {
    const answers = stdout.toString("latin1").split("\0");
    return new Map(keys.map((key, index) => [key, read(answers[index] ?? "", key)]));
  },
});

function read(answer: string, { passphrase }: PrivateKeyFile): PrivateKey | string | undefined {
  if (answer === "none") return undefined;
  if (answer === "denied") return "it can't be read: permission denied";
  const end = answer.lastIndexOf("\n") + 1;
  try {
    if (!answer.startsWith("-----BEGIN PUBLIC KEY-----") || end > longest) throw new TypeError("no key");
    const { asymmetricKeyType = "unknown", asymmetricKeyDetails = {} } = createPublicKey(
      answer.slice(0, end),
    );
    const { modulusLength, namedCurve } = asymmetricKeyDetails;
    return {
      type: asymmetricKeyType,
      ...(modulusLength === undefined ? {} : { size: modulusLength }),
      ...(namedCurve === undefined ? {} : { curve: namedCurve }),
      isEncrypted: answer.slice(end) === "encrypted",
      publicKey: answer.slice(0, end),
    };
  } catch {
    return passphrase === undefined
      ? "it holds no private key that can be read without a passphrase"
      : "it holds no private key that can be read with this passphrase";
  }
}
