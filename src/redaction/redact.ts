/** Blanks secrets in all output. */
import type { Span } from "../text/undo.ts";
import { layersOf, plainForm } from "./plain-form.ts";
import { lineSpellings, spellings } from "./spellings.ts";
import { WordTree } from "./word-tree.ts";

export const mask = "********";

/** Every secret value made in this process, so that all of them can be blanked in all output. */
const known = new WordTree();

/** Redacting one or two letters would blank every text and protect nothing. */
const shortest = 3;

/** Takes note of a secret's value, also under the other spellings in which programs print it. */
export function remember(value: string): void {
  rememberText(value, spellings);
  // output and errors are printed line by line, and a file's content often ends with an extra newline
  for (const line of value.split(/\r?\n/))
    if (line.trim() !== value && line.trim().length >= 6) rememberText(line.trim(), lineSpellings);
}

function rememberText(value: string, spell: (text: string) => Iterable<string>): void {
  if (value.length < shortest) return;
  for (const spelling of spell(value))
    for (const form of [spelling, plainForm(spelling)]) if (form.length >= shortest) known.add(form);
}

/**
 * The text with every known secret blanked, however the secret is escaped. Control characters within a secret are
 * blanked with it.
 */
export function redact(text: string): string {
  if (known.isEmpty || text.length < shortest) return text;
  const spans = [...secretsIn(text)];
  return spans.length === 0 ? text : blanked(text, spans);
}

function* secretsIn(text: string): Generator<Span> {
  for (const { text: layer, back } of layersOf(text))
    for (const span of known.find(layer)) yield back.reduce((at, undone) => undone.origin(at), span);
}

function blanked(text: string, spans: readonly Span[]): string {
  const parts: string[] = [];
  let [start, end] = [-1, 0];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (start >= 0 && span.start <= end) end = Math.max(end, span.end);
    else {
      if (start >= 0) parts.push(mask);
      parts.push(text.slice(end, span.start));
      ({ start, end } = span);
    }
  }
  return [...parts, mask, text.slice(end)].join("");
}
