/** Blanks what must not be seen in whatever is said. */
import { lineSpellings, spellings } from "./spellings.ts";

export const mask = "********";

/** Every secret value made in this process, so that whatever is emitted can be cleaned of all of them. */
const known = new Set<string>();

/** Takes note of a secret's value, also under the other spellings in which programs print it. */
export function remember(value: string): void {
  rememberText(value);
  // output and errors go line by line, and a file's content often comes with a newline too many
  for (const line of value.split(/\r?\n/))
    if (line.trim() !== value && line.trim().length >= 6) rememberText(line.trim(), lineSpellings);
}

function rememberText(value: string, spell = spellings): void {
  if (value.length < 3) return; // redacting one or two letters would blank every text and protect nothing
  for (const spelling of spell(value)) known.add(spelling);
  ordered = undefined;
}

let ordered: string[] | undefined;

/** The text with every known secret blanked, longest first so that no part of a longer one stays. */
export function redact(text: string): string {
  if (known.size === 0) return text;
  ordered ??= [...known].sort((a, b) => b.length - a.length);
  let clean = text;
  for (const value of ordered) if (clean.includes(value)) clean = clean.replaceAll(value, mask);
  return clean;
}

/** Whether there is anything to redact: most runs of most tools have no secret at all. */
export function hasSecrets(): boolean {
  return known.size > 0;
}
