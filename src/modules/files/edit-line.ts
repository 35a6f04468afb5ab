/** Edits one line of a text, by the rules of Ansible's lineinfile. Pure. */
import { joinLines, type Line, splitLines } from "./text-lines.ts";

export interface PresentLine {
  readonly line: string;
  readonly regexp?: RegExp | undefined;
  /** A match, or the ends of the file. */
  readonly insertafter?: RegExp | "BOF" | "EOF" | undefined;
  readonly insertbefore?: RegExp | "BOF" | "EOF" | undefined;
  /** The first match counts instead of the last. */
  readonly firstmatch?: boolean | undefined;
  /** `\1` and `\g<name>` in the line stand for what the expression's groups matched. */
  readonly backrefs?: boolean | undefined;
}

/**
 * The text with the line in it: the last line that matches `regexp` becomes it; where none does and the line is not
 * there as it stands, it is inserted.
 *
 * The order of these rules is that of `present()` in Ansible's lib/ansible/modules/lineinfile.py.
 */
export function lineInText(text: string, wanted: PresentLine): string {
  const { regexp, backrefs, firstmatch } = wanted;
  const all = splitLines(text);
  const end = all[0]?.end || "\n";
  const matching = regexp && pick(all, (line) => regexp.test(line.text), firstmatch);
  if (matching !== undefined) return joinLines(replaceLine(all, matching, wanted));
  // backrefs has nothing to refer to: the line can't be made
  if (backrefs) return text;
  if (all.some((line) => line.text === wanted.line)) return text;
  const added: Line = { text: wanted.line, end };
  const at = insertionPoint(all, wanted);
  if (at < all.length) return joinLines(all.toSpliced(at, 0, added));
  return joinLines([...all.map((line) => ({ ...line, end: line.end || end })), added]);
}

function replaceLine(all: readonly Line[], at: number, { line, regexp, backrefs }: PresentLine): Line[] {
  const old = all[at];
  const match = old && regexp?.exec(old.text);
  const text = backrefs && match ? expand(line, match) : line;
  return old?.text === text ? [...all] : all.toSpliced(at, 1, { text, end: old?.end || "\n" });
}

function insertionPoint(all: readonly Line[], wanted: PresentLine): number {
  const { insertafter, insertbefore, firstmatch } = wanted;
  if (insertafter === "BOF" || insertbefore === "BOF") return 0;
  if (insertafter instanceof RegExp) {
    const at = pick(all, (line) => insertafter.test(line.text), firstmatch);
    return at === undefined ? all.length : at + 1;
  }
  if (insertbefore instanceof RegExp)
    return pick(all, (line) => insertbefore.test(line.text), firstmatch) ?? all.length;
  return all.length;
}

function pick(
  all: readonly Line[],
  matches: (line: Line) => boolean,
  first: boolean | undefined,
): number | undefined {
  const at = first ? all.findIndex(matches) : all.findLastIndex(matches);
  return at < 0 ? undefined : at;
}

/** The text without the lines that match, or, without an expression, that are the line. */
export function lineOutOfText(
  text: string,
  { line, regexp }: { line?: string | undefined; regexp?: RegExp | undefined },
): string {
  return joinLines(splitLines(text).filter((one) => !(regexp ? regexp.test(one.text) : one.text === line)));
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", "\\": "\\" };

/** Python's `match.expand`: `\1`, `\g<1>`, `\g<name>`, `\n`, `\t` and `\\`. A group that took no part is empty. */
function expand(line: string, match: RegExpExecArray): string {
  return line.replace(
    /\\(?:(\d{1,2})|g<(\w+)>|(.))/g,
    (whole, number?: string, name?: string, letter?: string) => {
      if (letter !== undefined) return escapes[letter] ?? whole;
      const group = number ?? name ?? "";
      return (/^\d+$/.test(group) ? match[Number(group)] : match.groups?.[group]) ?? "";
    },
  );
}
