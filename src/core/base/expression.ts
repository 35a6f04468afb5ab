/** Regular expressions as people coming from Ansible write them. */

/**
 * A regular expression that may be spelt as in Python, where that differs from JavaScript: flags at its beginning,
 * `(?i)`, and named groups, `(?P<name>…)`.
 *
 * @throws SyntaxError where it is malformed
 *
 * @example
 * regularExpression("(?i)^listen\\s").test("Listen 80"); // true
 */
export function regularExpression(source: string): RegExp {
  const [, flags = ""] = /^\(\?([ims]+)\)/.exec(source) ?? [];
  const rest = flags === "" ? source : source.slice(flags.length + 3);
  return new RegExp(rest.replaceAll("(?P<", "(?<"), flags);
}
