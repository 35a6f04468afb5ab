/** Private keys of a host: what kind each is, and its public half. The key itself never leaves the host. */
import { createPublicKey } from "node:crypto";
import {
  defineFact,
  feed,
  lines,
  oneLine,
  rawScript,
  reveal,
  type Secret,
  secret,
  sh,
} from "../kit/index.ts";
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

/** How much of a file `openssl` is given, which looks for a key in all of it, in bytes: as much as a pipe holds. */
const most = 64 * 1024;

/** What is known of a file where openssl itself has said that it can't read a key there. */
const noKey = "it holds no private key that can be read with";

/** Where there is no openssl that could read a key. */
const noTool = "openssl is not installed on the host";

/** Whether what the fact says of a file is that it holds no key, rather than that nobody knows. */
export function holdsNoKey(value: PrivateKey | string | undefined): boolean {
  return typeof value === "string" && value.startsWith(noKey);
}

/** The fact's key for a file, and the passphrase for it. */
export function privateKeyFile(path: string, passphrase?: string | Secret): PrivateKeyFile {
  if (passphrase === undefined) return { path };
  return { path, passphrase: secret(reveal(passphrase)), passphraseId: markOf(passphrase) };
}

/**
 * A private key, links followed; a text that says why where a file holds none that can be read with this passphrase, or
 * where nobody knows (`holdsNoKey` tells which); undefined where there is no file.
 */
export const privateKey = defineFact<PrivateKeyFile, PrivateKey | string | undefined>({
  name: "certificate.privateKey",
  restsOn: ({ path }) => [path, "/usr/bin/openssl"],
  mayArrive: ({ path }, value) => value === noTool || (value === undefined && mayArriveAt(path)),
  script: (keys) =>
    lines(
      // a passphrase that is empty is refused at once, and asks nobody. Whoever may write the file could make a pipe of it
      // that never ends, or a file of any size
      rawScript(`sr_try() {
  sr_said=$({
    { timeout 10 head -c ${most} -- "$1" 2>/dev/null || echo 'it could not be read' >&2; } |
      LC_ALL=C timeout 20 openssl pkey -pubout -passin "$2"
    echo "status $?"
  } 2>&1)
  case $sr_said in *'
status 0') ;; *) false ;; esac
}
sr_key() {
  if [ ! -f "$1" ]; then printf none
  elif [ ! -r "$1" ]; then printf denied
  elif ! command -v openssl >/dev/null; then printf missing
  elif sr_try "$1" pass: 3</dev/null; then printf 'open\\n%s' "$sr_said"
  elif [ -n "$2" ] && sr_try "$1" fd:3 3<&0; then printf 'locked\\n%s' "$sr_said"
  elif [ "$(stat -L -c %s -- "$1" || echo 0)" -gt ${most} ]; then printf long
  else printf 'open\\n%s' "$sr_said"
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

const words: Readonly<Record<string, string>> = {
  denied: "it can't be read: permission denied",
  missing: noTool,
  long: `it is longer than ${most / 1024} KiB, and openssl finds no key in the beginning of it`,
};

function read(answer: string, { passphrase }: PrivateKeyFile): PrivateKey | string | undefined {
  if (answer === "none") return undefined;
  const said = answer.slice(answer.indexOf("\n") + 1);
  const isRead = said.endsWith("\nstatus 0");
  const found = isRead ? keyIn(said, answer.startsWith("locked\n")) : undefined;
  return found ?? words[answer] ?? problemIn(said, passphrase !== undefined);
}

function keyIn(said: string, isEncrypted: boolean): PrivateKey | undefined {
  const publicKey = said.slice(
    Math.max(0, said.indexOf("-----BEGIN PUBLIC KEY-----")),
    said.lastIndexOf("\n") + 1,
  );
  if (publicKey.length > longest) return undefined;
  try {
    const { asymmetricKeyType = "unknown", asymmetricKeyDetails = {} } = createPublicKey(publicKey);
    const { modulusLength, namedCurve } = asymmetricKeyDetails;
    return {
      type: asymmetricKeyType,
      ...(modulusLength === undefined ? {} : { size: modulusLength }),
      ...(namedCurve === undefined ? {} : { curve: namedCurve }),
      isEncrypted,
      publicKey,
    };
  } catch {
    return undefined;
  }
}

/** A good key must not count as none because there was no memory, or because something else was in the way. */
function problemIn(said: string, hasPassphrase: boolean): string {
  const [first = ""] = said.slice(0, 2000).split("\n", 1);
  const isSure =
    said.endsWith("\nstatus 1") &&
    /^(Could not (find|read) |unable to load )/.test(first) &&
    !/malloc|memory|could not be read|loader/.test(said.slice(0, most));
  if (isSure) return `${noKey}${hasPassphrase ? " this passphrase" : "out a passphrase"}`;
  return `openssl could not look at it: ${oneLine(first)}`;
}
