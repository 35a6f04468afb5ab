/** SQL, option files and results: what is written for the server and read from it. */
import { describe, expect, it } from "vitest";
import { redact, secret } from "../../src/base/secret.ts";
import { optionFile } from "../../src/facts/mysql/option-file.ts";
import { parseResultSets } from "../../src/facts/mysql/result-sets.ts";
import { identifier, join, keyword, sql, statements } from "../../src/facts/mysql/sql.ts";

describe("sql", () => {
  it.each([
    ["plain", "'plain'"],
    ["", "''"],
    ["it's", "'it''s'"],
    ["'; DROP TABLE x; --", "'''; DROP TABLE x; --'"],
    ["back\\slash", "'back\\\\slash'"],
    ["\\'", "'\\\\'''"],
    ['"double" `tick`', `'"double" \`tick\`'`],
    ["nul\0byte", "'nul\\0byte'"],
    ["two\nlines\r", "'two\\nlines\\r'"],
    ["naïve \u{1f511}", "'naïve \u{1f511}'"],
    [7, "7"],
    [-1.5, "-1.5"],
    [true, "TRUE"],
    [false, "FALSE"],
    [null, "NULL"],
    [Buffer.from([0, 255, 39]), "X'00ff27'"],
    [secret("hid'den"), "'hid''den'"],
    [sql`NOW()`, "NOW()"],
  ])("writes %j as a literal", (value, expected) => {
    expect(sql`SELECT ${value}`.text).toBe(`SELECT ${expected}`);
  });

  it("writes large whole numbers exactly", () => {
    expect(sql`SELECT ${18446744073709551615n}`.text).toBe("SELECT 18446744073709551615");
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, "lone \ud800 surrogate"])("refuses %s", (value) => {
    expect(() => sql`SELECT ${value}`).toThrow(TypeError);
  });

  it("redacts a secret in its SQL spelling as well", () => {
    const { text } = sql`IDENTIFIED BY ${secret("o'clock \\ secret")}`;
    expect(redact(`near '${text}'`)).not.toContain("clock");
  });

  it.each([
    ["site", "`site`"],
    ["odd`name", "`odd``name`"],
    ["with space, é", "`with space, é`"],
    ["a".repeat(64), `\`${"a".repeat(64)}\``],
  ])("quotes the name %j", (name, expected) => {
    expect(identifier(name).text).toBe(expected);
  });

  it.each(["", "a".repeat(65), "nul\0", "end ", "\u{1f511}", "\ud800"])("refuses the name %j", (name) => {
    expect(() => identifier(name)).toThrow(TypeError);
  });

  it("takes only words for keywords", () => {
    expect(keyword("ALL PRIVILEGES").text).toBe("ALL PRIVILEGES");
    for (const words of ["SELECT; DROP", "x'", "", "a-b", "/*"])
      expect(() => keyword(words)).toThrow(TypeError);
  });

  it("joins pieces and ends statements", () => {
    expect(join([sql`a = ${1}`, sql`b = ${2}`]).text).toBe("a = 1, b = 2");
    expect(statements(sql`STOP SLAVE`, sql`START SLAVE`).text).toBe("STOP SLAVE;\nSTART SLAVE;\n");
  });
});

describe("an option file", () => {
  it.each([
    ["p#w", 'password="p#w"'],
    ['say "hi"', 'password="say \\"hi\\""'],
    ["back\\slash", 'password="back\\\\slash"'],
    ["tab\tnew\nline", 'password="tab\\tnew\\nline"'],
    [" spaces ", 'password=" spaces "'],
    [secret("masked"), 'password="masked"'],
  ])("quotes %j", (password, line) => {
    expect(optionFile({ password })).toBe(`[client]\n${line}\n`);
  });

  it("leaves out what is not given and writes flags", () => {
    expect(optionFile({ user: undefined, ssl: true, verify: false, port: 3306 })).toBe(
      "[client]\nssl\nverify=0\nport=3306\n",
    );
  });

  it("refuses a NUL byte", () => {
    expect(() => optionFile({ password: "a\0b" })).toThrow(TypeError);
  });
});

describe("the client's XML", () => {
  const set = (rows: string) =>
    `<?xml version="1.0"?>\n\n<resultset statement="SELECT 'a&lt;b'" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${rows}</resultset>\n`;

  it("is read by column name, with NULL, markup and line breaks", () => {
    const row =
      '\n  <row>\n\t<field name="a">x&lt;y&gt;&amp;amp;&quot;\n&apos;\tz</field>\n\t<field name="n" xsi:nil="true" />\n\t<field name="e"></field>\n  </row>\n';
    expect(parseResultSets(set(row))).toEqual([[{ a: "x<y>&amp;\"\n'\tz", n: null, e: "" }]]);
  });

  it("keeps empty result sets apart from missing ones", () => {
    expect(
      parseResultSets(
        set("") + set('<row><field name="a">1</field></row><row><field name="a">2</field></row>'),
      ),
    ).toEqual([[], [{ a: "1" }, { a: "2" }]]);
    expect(parseResultSets("")).toEqual([]);
  });
});
