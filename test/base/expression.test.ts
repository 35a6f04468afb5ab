import { describe, expect, it } from "vitest";
import { regularExpression } from "../../src/base/expression.ts";

describe("an expression as Python spells it", () => {
  it.each<[source: string, matches: readonly string[], others: readonly string[]]>([
    ["(?i)^listen\\s", ["Listen 80"], ["listening"]],
    ["\\AListen\\Z", ["Listen"], ["xListen", "ListenZ", "AListenZ"]],
    ["(?m)\\Ab", ["b\na"], ["a\nb"]],
    ["a\\z", ["ba"], ["az"]],
    ["\\\\A", ["x\\A"], ["A"]],
    ["(?P<a>.)=(?P=a)", ["x=x"], ["x=y"]],
    ["^a{,2}$", ["", "aa"], ["aaa", "a{,2}"]],
    ["^[]a]+$", ["]a"], ["b"]],
    ["^[^]a]+$", ["b"], ["]"]],
    ["^[(?P<{,3}]$", ["P", "<"], ["x"]],
    ["\\a", ["\x07"], ["a"]],
    ["^\\w+\\.\\d[\\w.-]\\x41\\u0042$", ["ab.1-AB"], ["ab.1"]],
  ])("%s", (source, matches, others) => {
    const expression = regularExpression(source);
    expect(matches.filter((text) => !expression.test(text))).toEqual([]);
    expect(others.filter((text) => expression.test(text))).toEqual([]);
  });

  it.each(["\\h+", "[\\A]", "\\Qa\\E", "\\p{L}", "\\U0001F600", "\\R"])(
    "is refused where JavaScript would take an escape for a letter: %s",
    (source) => {
      expect(() => regularExpression(source)).toThrow(/^\\.* has no meaning here/);
    },
  );
});
