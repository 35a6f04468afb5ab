/** Certificates for cases: made in a folder by the same script here and on hosts. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCertificates } from "../../src/facts/certificates.ts";
import type { Certificate } from "../../src/facts/x509.ts";

/**
 * Shell functions that work in the folder where they stand: `key NAME`; `self NAME DAYS SUBJECT EXTENSION…` signs with
 * NAME.key; `signed NAME BY DAYS SUBJECT EXTENSION…` has the authority BY sign, whose key is BY.key.
 */
export const certificateTools = `umask 077
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }
extensions() { printf '%s\\n' 'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' "$@" >./law.ext; }
asked() { openssl req -new -key "$1.key" -subj "$2" 2>/dev/null; }
self() {
  name=$1 days=$2 subject=$3; shift 3; extensions "$@"
  asked "$name" "$subject" | openssl x509 -req -signkey "$name.key" -days "$days" -extfile ./law.ext -out "$name.pem" 2>/dev/null
}
signed() {
  name=$1 by=$2 days=$3 subject=$4; shift 4; extensions "$@"
  asked "$name" "$subject" | openssl x509 -req -CA "$by.pem" -CAkey "$by.key" -set_serial "0x$(openssl rand -hex 16)" -days "$days" -extfile ./law.ext -out "$name.pem" 2>/dev/null
}
ca='basicConstraints=critical,CA:TRUE' sign='keyUsage=critical,keyCertSign,cRLSign' end='basicConstraints=critical,CA:FALSE'`;

/**
 * Runs such a script on this machine.
 *
 * @returns what is in the files of certificates, by their names
 */
export function madeHere<N extends string>(
  script: string,
  ...names: readonly N[]
): Record<N, readonly Certificate[]> {
  const folder = mkdtempSync(join(tmpdir(), "certificates-"));
  try {
    execFileSync("sh", ["-e"], { cwd: folder, input: `${certificateTools}\n${script}` });
    const found: Partial<Record<N, readonly Certificate[]>> = {};
    for (const name of names) {
      const read = readCertificates(readFileSync(join(folder, `${name}.pem`), "latin1"));
      if (typeof read === "string") throw new Error(`${name}: ${read}`);
      found[name] = read;
    }
    return required(found, names);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A request, and the key that it is for. */
export function requestHere(
  subject: string,
  extensions: readonly string[],
): { readonly request: string; readonly key: string } {
  const added = extensions.flatMap((one) => ["-addext", one]);
  const key = execFileSync("openssl", ["genpkey", "-algorithm", "ED25519"], { encoding: "utf8" });
  // what Node.js gives a program as its input can't be opened by a name; a pipe of the shell can
  const script = 'cat | openssl req -new -key /dev/stdin "$@"';
  const words = ["-c", script, "sh", "-subj", subject, ...added];
  return { key, request: execFileSync("sh", words, { input: key, encoding: "utf8" }) };
}

function required<N extends string, V>(found: Partial<Record<N, V>>, names: readonly N[]): Record<N, V> {
  const isWhole = (some: Partial<Record<N, V>>): some is Record<N, V> => names.every((name) => name in some);
  if (!isWhole(found)) throw new Error("a certificate is missing");
  return found;
}

/** The first certificate of a file. */
export function firstOf(all: readonly Certificate[]): Certificate {
  const [first] = all;
  if (first === undefined) throw new Error("there is no certificate");
  return first;
}
