/**
 * The texts of files that are encrypted as a whole. All of them are secrets, but not all are blanked in output: to
 * blank every "root" or "true" protects nothing and makes a report unreadable. One warning names those that are not
 * blanked.
 */

import { remember } from "../redaction/redact.ts";
import { visibleLine } from "../text/controls.ts";

interface VaultedText {
  readonly text: string;
  readonly file: string;
  /** The path of its key: `db.password`. */
  readonly key: string;
}

let pending: VaultedText[] = [];
const names = new Set<string>();
const told = new Set<string>();

/** Takes note of a text; whether it is blanked is decided once the inventory's names are known. */
export function noteVaulted(text: VaultedText): void {
  pending.push(text);
}

/**
 * Decides which texts are blanked in all output from now on.
 *
 * @param known names that are no secret: those of hosts and groups
 */
export function rememberVaulted(known: Iterable<string> = []): void {
  for (const name of known) names.add(name);
  const common = new Map<string, string[]>();
  for (const one of pending) {
    if (!isCommon(one)) remember(one.text);
    else if (!common.get(one.file)?.push(one.key)) common.set(one.file, [one.key]);
  }
  pending = [];
  for (const [file, keys] of common) {
    if (told.has(file)) continue;
    told.add(file);
    process.emitWarning(
      `${visibleLine(`${file} is encrypted, but these texts in it are too short or too common to be blanked where they show: ${keys.join(", ")}`)}. A key whose name says so (password, secret, token, key, …) always is.`,
    );
  }
}

/** Names of keys whose values are secrets, however short or common the values are. */
const secretKey = /pass|pwd|secret|token|key|cred|auth|private|salt|pin|cert|hash|signature/i;
/** Names of keys whose values are names. */
const nameKey =
  /(?:^|[._-])(?:user|username|owner|group|name|host|hostname|domain|port|mode|state|environment|env)$/i;

const words = new Set(
  "true false yes no none null auto default enabled disabled present absent started stopped running active inactive http https tcp udp ssl tls localhost local root admin administrator user users nobody www-data nginx apache mysql mariadb postgres redis haproxy ansible deploy debian ubuntu host hosts group groups name type text status state mode value values test tests testing stage staging production prod development devel main master primary replica slave server client database site data file files path json yaml info debug warn warning error message changed failed skipped unknown likely unreachable task step play playbook inventory run output stdout stderr reason hint code before after".split(
    " ",
  ),
);

function isCommon({ text, key }: VaultedText): boolean {
  const last =
    key
      .replace(/\[\d+\]$/, "")
      .split(".")
      .at(-1) ?? "";
  if (secretKey.test(last)) return false;
  const isShort = text.length < 4 || /^\d{1,5}$/.test(text);
  return (
    isShort ||
    words.has(text.toLowerCase()) ||
    names.has(text) ||
    (nameKey.test(last) && /^[a-z][\w.-]*$/i.test(text))
  );
}
