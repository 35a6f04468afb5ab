/** What a content must be: given as a digest, or as the address of a list of digests. */
import { fail, type Mistake } from "../../kit/index.ts";

const digest = /^sha256:([0-9a-fA-F]{64})$/;
const list = /^(?:sha256:)?(https?:\/\/\S+)$/;

/** What keeps a text from being a checksum, if anything does. */
export function mistakeInChecksum(value: unknown): Mistake | undefined {
  if (typeof value === "string" && (digest.test(value) || list.test(value))) return undefined;
  const shown = JSON.stringify(value) ?? "nothing";
  const kind = typeof value === "string" ? /^(md5|sha1|sha224|sha384|sha512):/i.exec(value)?.[1] : undefined;
  return {
    message: `expected "sha256:" with 64 hexadecimal digits, or the address of a SHA256SUMS file, got ${shown}`,
    hint: kind === undefined ? undefined : `${kind} is not supported: give the file's SHA-256`,
  };
}

/** The digest in a checksum, in small letters, or the address of the list that has it. */
export function checksumOf(value: string): { readonly hash: string } | { readonly list: string } {
  const [, hash] = digest.exec(value) ?? [];
  return hash === undefined ? { list: list.exec(value)?.[1] ?? value } : { hash: hash.toLowerCase() };
}

/**
 * The digest of a file in a list, as sha256sum(1) prints it, with or without `--tag`; or the one digest in it.
 *
 * @param from the list's address
 * @param name the file's, without a directory
 */
export function digestIn(text: string, from: string, name: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const found = new Set(lines.flatMap((line) => digestInLine(line, name)));
  const [first, second] = found;
  if (second !== undefined) fail(`${from} has several digests of ${name}`, "give the one that is meant");
  if (first !== undefined) return first;
  const [only = "", more] = lines.filter((line) => line !== "");
  if (more === undefined && /^[0-9a-fA-F]{64}$/.test(only)) return only.toLowerCase();
  return fail(`${from} has no SHA-256 of ${name}`, "check the list; or give the digest itself: sha256:…");
}

function digestInLine(line: string, name: string): string[] {
  const [, plain, path] = /^([0-9a-fA-F]{64}) [ *](.+)$/.exec(line) ?? [];
  if (plain !== undefined && path !== undefined && baseOf(path) === name) return [plain.toLowerCase()];
  const tagged = `SHA256 (`;
  if (!line.startsWith(tagged)) return [];
  const end = line.lastIndexOf(") = ");
  const hash = line.slice(end + 4);
  return end > 0 && baseOf(line.slice(tagged.length, end)) === name && /^[0-9a-fA-F]{64}$/.test(hash)
    ? [hash.toLowerCase()]
    : [];
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
