/** Regular expressions as people coming from Ansible write them. */

/**
 * A regular expression that may be spelt as in Python, where that differs from JavaScript: flags at its beginning,
 * `(?i)`, named groups, `(?P<name>…)` and `(?P=name)`, the ends of the text, `\A` and `\Z`, the bell, `\a`, `{,3}`, and
 * a `]` that comes first in its brackets.
 *
 * @throws SyntaxError where it is malformed, or has an escape that JavaScript would take for a letter
 *
 * @example
 * regularExpression("(?i)\\Alisten\\s").test("Listen 80"); // true
 */
export function regularExpression(source: string): RegExp {
  const [, flags = ""] = /^\(\?([ims]+)\)/.exec(source) ?? [];
  return new RegExp(translate(flags === "" ? source : source.slice(flags.length + 3)), flags);
}

/** What is looked at one by one, between brackets and without. */
const inBrackets = /\\[\s\S]|[\s\S]/y;
const outside = /\\[\s\S]|\[\^?\]?|\(\?P<|\(\?P=\w+\)|\{,(?=\d+\})|[\s\S]/y;

function translate(source: string): string {
  let text = "";
  let bracketed = false;
  for (let at = 0; at < source.length; ) {
    const token = bracketed ? inBrackets : outside;
    token.lastIndex = at;
    const [found = ""] = token.exec(source) ?? [];
    at += found.length;
    if (found.startsWith("\\")) text += escaped(found, bracketed);
    else if (bracketed) text += found;
    else text += spelling(found);
    if (bracketed ? found === "]" : found.startsWith("[")) bracketed = !bracketed;
  }
  return text;
}

function spelling(found: string): string {
  if (found.startsWith("[")) return found.replace("]", "\\]");
  if (found === "(?P<") return "(?<";
  if (found === "{,") return "{0,";
  const [, name] = /^\(\?P=(\w+)\)$/.exec(found) ?? [];
  return name === undefined ? found : `\\k<${name}>`;
}

const begin = "(?<![\\s\\S])";
const end = "(?![\\s\\S])";
const ends: Readonly<Record<string, string>> = { "\\A": begin, "\\Z": end, "\\z": end };

function escaped(found: string, bracketed: boolean): string {
  if (found === "\\a") return "\\x07";
  const place = ends[found];
  if (place !== undefined && !bracketed) return place;
  // of any other letter JavaScript makes the letter itself, without a word
  if (/^\\(?![bBcdDfknrsStuvwWx])[A-Za-z]$/.test(found))
    throw new SyntaxError(
      `${found} has no meaning here${bracketed ? " between brackets" : ""}; for the letter itself leave the backslash out`,
    );
  return found;
}
