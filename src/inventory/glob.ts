/** Names matched by a shell glob or a regular expression, as Ansible's host patterns do. */
import { regularExpression } from "../base/expression.ts";

/** Whether a term is a glob or a regular expression, and not simply a name. */
export function isWild(term: string): boolean {
  return term.startsWith("~") || /[*?[]/.test(term);
}

/**
 * The test for one term of a pattern.
 *
 * @param term a glob with `*`, `?`, `[seq]` and `[!seq]`, or after a `~` a regular expression that a name must
 * begin with
 * @returns whether a name matches
 * @throws SyntaxError where the regular expression is malformed
 *
 * @example
 * nameTest("web*")("web1"); // true
 * nameTest("~(web|db)\\d")("db12"); // true
 */
export function nameTest(term: string): (name: string) => boolean {
  const expression = term.startsWith("~") ? regex(term.slice(1)) : new RegExp(`^${globSource(term)}$`, "s");
  return (name) => expression.test(name);
}

function regex(text: string): RegExp {
  const { source, flags } = regularExpression(text);
  return new RegExp(`^(?:${source})`, flags);
}

function globSource(glob: string): string {
  return glob.replaceAll(/\[(!?)(\]?[^\]]*)\]|\*|\?|[^\w]/g, (found, not?: string, set?: string) => {
    if (found === "*") return ".*";
    if (found === "?") return ".";
    if (set) return `[${not ? "^" : ""}${set.replaceAll(/[\\[\]^]/g, "\\$&")}]`;
    return `\\${found}`;
  });
}
