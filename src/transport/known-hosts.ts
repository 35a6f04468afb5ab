/**
 * OpenSSH's known_hosts: the key that each host must have. Fails closed. See sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";
import { readUserFileNow } from "../base/user-file.ts";

type HostKeyStatus =
  | { readonly status: "known" | "unknown" }
  | { readonly status: "changed" | "revoked"; readonly file: string; readonly line: number };

interface Entry {
  readonly marker: string | undefined;
  readonly patterns: string;
  readonly type: string;
  readonly key: string;
  readonly file: string;
  readonly line: number;
}

/** The known_hosts files of one lookup, read once. */
export class KnownHosts {
  readonly #entries: readonly Entry[];

  /**
   * @param files paths, the user's own first; missing ones are empty
   * @throws ShowrunnerError `host.key` for what is there and can't be read: a directory, for one
   */
  constructor(files: readonly string[]) {
    this.#entries = files.flatMap((file) => (existsSync(file) ? entriesIn(file, read(file)) : []));
  }

  /**
   * Judges the key that a host presented.
   *
   * @param name the host as `known_hosts` spells it: see `hostName`
   * @param key the public key in SSH wire form
   */
  compare(name: string, key: Buffer): HostKeyStatus {
    const found = this.#compare(name, key);
    const bare = bareName(name);
    if (found.status !== "unknown" || bare === undefined) return found;
    // a different key for the bare name proves nothing: it may belong to the host's sshd on port 22
    const asBare = this.#compare(bare, key);
    return asBare.status === "changed" ? found : asBare;
  }

  #compare(name: string, key: Buffer): HostKeyStatus {
    const presented = key.toString("base64");
    const mine = this.#entries.filter((entry) => matches(entry.patterns, name));
    const revoked = mine.find((entry) => entry.marker === "@revoked" && entry.key === presented);
    if (revoked) return { status: "revoked", file: revoked.file, line: revoked.line };
    const pinned = mine.filter((entry) => entry.marker === undefined);
    if (pinned.some((entry) => entry.key === presented)) return { status: "known" };
    const [other] = pinned;
    return other ? { status: "changed", file: other.file, line: other.line } : { status: "unknown" };
  }

  /** The key types recorded for a host, to be asked for first: a host with several keys must show the known one. */
  typesOf(name: string): string[] {
    const pinned = this.#entries.filter((entry) => entry.marker === undefined);
    const mine = pinned.filter((entry) => matches(entry.patterns, name));
    const bare = bareName(name);
    if (mine.length === 0 && bare !== undefined) return this.typesOf(bare);
    return [...new Set(mine.map((entry) => entry.type))];
  }
}

/** A host as known_hosts spells it: the bare name on port 22, else `[name]:port`. */
export function hostName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** What OpenSSH looks for where `[name]:port` has no entry. */
function bareName(name: string): string | undefined {
  return /^\[(.*)\]:\d+$/.exec(name)?.[1];
}

/** Records a key, creating the file for its owner alone. */
export function pinHostKey(file: string, name: string, key: Buffer): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const line = `${name} ${keyType(key)} ${key.toString("base64")}\n`;
  appendFileSync(file, endsMidLine(file) ? `\n${line}` : line, { mode: 0o600 });
}

/** An editor or a script may have left out the last line's end: appended to it, both entries would be lost. */
function endsMidLine(file: string): boolean {
  if (!existsSync(file)) return false;
  const content = readUserFileNow(file);
  return content.length > 0 && content.at(-1) !== 0x0a;
}

/** The type that a public key in wire form names: `ssh-ed25519`, … */
export function keyType(key: Buffer): string {
  return key.toString("latin1", 4, 4 + key.readUInt32BE(0));
}

/** A key as OpenSSH shows it: `SHA256:…`. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

function read(file: string): string {
  const bytes = readUserFileNow(
    file,
    (why, cause) =>
      new ShowrunnerError("host.key", `the known hosts in ${file} can't be read: ${why}`, {
        hint: "knownHosts in the inventory, and UserKnownHostsFile in ~/.ssh/config, name a file that you can read",
        cause,
      }),
  );
  return bytes.toString("utf8");
}

/** What each file held last: the hosts of a run mostly have the same files, with a line for each of them. */
const parsedLast = new Map<string, { readonly text: string; readonly entries: readonly Entry[] }>();

function entriesIn(file: string, text: string): readonly Entry[] {
  const last = parsedLast.get(file);
  if (last?.text === text) return last.entries;
  const entries = parse(file, text);
  parsedLast.set(file, { text, entries });
  return entries;
}

function parse(file: string, text: string): Entry[] {
  return text.split("\n").flatMap((raw, index) => {
    const words = raw.trim().split(/\s+/);
    if (raw.trim() === "" || raw.trim().startsWith("#")) return [];
    const marker = words[0]?.startsWith("@") ? words.shift() : undefined;
    const [patterns, type, key] = words;
    return patterns && type && key ? [{ marker, patterns, type, key, file, line: index + 1 }] : [];
  });
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith("|1|")) return matchesHash(patterns, name);
  let found = false;
  for (const pattern of patterns.toLowerCase().split(",")) {
    if (pattern.startsWith("!") && fits(pattern.slice(1), name)) return false;
    if (fits(pattern, name)) found = true;
  }
  return found;
}

/** `|1|salt|hash`: the name's HMAC-SHA1 under the salt, both in base64. */
function matchesHash(pattern: string, name: string): boolean {
  const [, , salt = "", hash = ""] = pattern.split("|");
  const expected = Buffer.from(hash, "base64");
  const actual = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** Most patterns are plain names. */
function fits(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(name);
}
