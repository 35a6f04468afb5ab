import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { secret } from "../../src/base/secret.ts";
import { renderFile, renderTemplate } from "../../src/templates/render.ts";

const render = (text: string, vars: Record<string, unknown> = {}) =>
  renderTemplate({ file: "/templates/site.ejs", text }, vars);

function failure(run: () => unknown): ShowrunnerError {
  try {
    run();
  } catch (error) {
    if (error instanceof ShowrunnerError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("a template that is not UTF-8", () => {
  const directory = mkdtempSync(join(tmpdir(), "templates-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each([
    ["Latin-1", Buffer.from("a=é\ncaf\xe9\n", "latin1"), 1, 2, "0xE9"],
    ["a letter cut off", Buffer.concat([Buffer.from("é\nb="), Buffer.from([0xc3])]), 2, 5, "0xC3"],
    ["UTF-16", Buffer.from("\ufeffa", "utf16le"), 1, 0, "0xFF"],
  ])("is refused with its byte (%s)", (_, bytes, line, position, byte) => {
    const file = join(directory, "site.ejs");
    writeFileSync(file, bytes);
    const { code, message, location } = failure(() => renderFile(file, {}));
    expect([code, location]).toEqual(["template.invalid", { file, line }]);
    expect(message).toBe(`the template is not UTF-8: byte ${position} is ${byte}`);
  });
});

const rendered: readonly [what: string, text: string, vars: Record<string, unknown>, expected: string][] = [
  ["a variable by its name", "<%= a %>", { a: "x" }, "x"],
  ["a variable in vars", "<%= vars.a %>", { a: "x" }, "x"],
  ["a variable whose name is no word", '<%= vars["app-port"] %>', { "app-port": 80 }, "80"],
  ["a variable named like a word of the language", "<%= vars.default %>", { default: 1 }, "1"],
  ["variables named like ejs's own", "<%= locals %><%= vars.include %>", { locals: 1, include: 2 }, "12"],
  ["markup as it is", "<%= a %> <%- a %>", { a: `<a href="x">&'` }, `<a href="x">&' <a href="x">&'`],
  ["numbers and booleans", "<%= n %> <%= b %>", { n: 0, b: false }, "0 false"],
  ["an empty text", "[<%= a %>]", { a: "" }, "[]"],
  ["a list, with commas", "<%= a %>", { a: [1, 2, "x"] }, "1,2,x"],
  [
    "a secret in the clear",
    "pw=<%= a %> <%= `u:${vars.a}` %>",
    { a: secret("hunter22") },
    "pw=hunter22 u:hunter22",
  ],
  ["a secret in a list", '<%= a.join("|") %>', { a: [secret("one1"), "two"] }, "one1|two"],
  [
    "a loop",
    "<% for (const s of servers) { %><%= s.name %>;<% } %>",
    { servers: [{ name: "a" }, { name: "b" }] },
    "a;b;",
  ],
  [
    "forEach with an index",
    "<% l.forEach((x, i) => { %><%= i %><%= x %> <% }) %>",
    { l: ["a", "b"] },
    "0a 1b ",
  ],
  [
    "map, filter and destructuring",
    '<%= l.filter((x) => x.on).map(({ n }) => n).join(" ") %>',
    {
      l: [
        { n: 1, on: true },
        { n: 2, on: false },
      ],
    },
    "1",
  ],
  ["a condition", "<% if (on) { %>yes<% } else { %>no<% } %>", { on: false }, "no"],
  ["`in` for what may be missing", '<% if ("tls" in vars) { %>tls<% } else { %>plain<% } %>', {}, "plain"],
  [
    "has() for what may be missing",
    '<%= has("tls.key") %> <%= has("tls.none.deeper") %>',
    { tls: { key: "k" } },
    "true false",
  ],
  ["an undefined variable in a condition", "<% if (tls) { %>tls<% } %>.", { tls: undefined }, "."],
  ["?? for what is undefined", "<%= port ?? 80 %>", { port: undefined }, "80"],
  ["-%> without the line's end", "a\n<% if (true) { -%>\nb\n<% } -%>\nc\n", {}, "a\nb\nc\n"],
  ["<%_ _%> without the whole line", "a\n  <%_ if (true) { _%>\n  b\n  <%_ } _%>\nc\n", {}, "a\n  b\nc\n"],
  ["a comment as nothing", "a<%# what = is this %>b", {}, "ab"],
  ["a literal tag", "<%% x %>", {}, "<% x %>"],
  ["a literal printing tag", "<%%- x %>", {}, "<%- x %>"],
  ["q() for a word and for words", "<%= q(a) %> <%= q([a, 1]) %>", { a: "it's" }, "'it'\\''s' 'it'\\''s' 1"],
  ["JSON", "<%= JSON.stringify(a) %>", { a: { b: [1, { c: null }] } }, '{"b":[1,{"c":null}]}'],
  [
    "entries and spread",
    '<%= Object.entries({ ...a }).map(([k, v]) => k + "=" + v).join(" ") %>',
    { a: { x: 1, y: 2 } },
    "x=1 y=2",
  ],
  [
    "frozen variables",
    "<%= a.b[0].c %>",
    Object.freeze({ a: Object.freeze({ b: Object.freeze([Object.freeze({ c: 1 })]) }) }),
    "1",
  ],
  ["a Map", '<%= a.get("x") %>', { a: new Map([["x", 1]]) }, "1"],
  ["a missing final newline as it is", "a", {}, "a"],
  ["carriage returns as they are", "a\r\n<%= a %>\r\n", { a: 1 }, "a\r\n1\r\n"],
  ["nothing of a byte order mark", "\uFEFFa", {}, "a"],
  ["backslashes and quotes", `\\n "x" 'y' \`z\` \${w}\n`, {}, `\\n "x" 'y' \`z\` \${w}\n`],
];

describe("a template", () => {
  for (const [what, text, vars, expected] of rendered)
    it(`renders ${what}`, () => expect(render(text, vars)).toBe(expected));

  it("is the same however often it is rendered", () => {
    const vars = { list: ["b", "a"] };
    expect(render("<%= list.toSorted() %>", vars)).toBe(render("<%= list.toSorted() %>", vars));
    expect(vars.list).toEqual(["b", "a"]);
  });

  it("can't change the variables it was given", () => {
    const vars = { list: ["b", "a"], o: { x: 1 } };
    render("<% list.sort(); o.x = 2 %>", vars);
    expect(vars).toEqual({ list: ["b", "a"], o: { x: 1 } });
  });
});

const refused: readonly [
  what: string,
  text: string,
  vars: Record<string, unknown>,
  line: number,
  message: RegExp,
][] = [
  ["a missing variable", "a\nb\n<%= nope %>\n", {}, 3, /there is no variable "nope"$/],
  [
    "a missing variable in vars",
    "\n<%= vars.nope %>",
    { port: 1 },
    2,
    /there is no vars\.nope; it has port$/,
  ],
  ["a missing property", "\n\n<%= a.b %>", { a: { c: 1 } }, 3, /there is no vars\.a\.b; it has c$/],
  [
    "a property of a missing one",
    "<%= vars.a.b.c %>",
    { a: {} },
    1,
    /there is no vars\.a\.b; it has nothing$/,
  ],
  [
    "an item that a list has not",
    "<%= a[2] %>",
    { a: [1, 2] },
    1,
    /there is no vars\.a\[2\]; it has 2 items$/,
  ],
  [
    "a missing property in a loop",
    "<% for (const s of l) { -%>\n<%= s.name %>\n<% } -%>\n",
    { l: [{ name: 1 }, {}] },
    2,
    /there is no vars\.l\[1\]\.name/,
  ],
  ["printing undefined", "a\n<%= a %>", { a: undefined }, 2, /this prints undefined$/],
  ["printing null", "<%= a.b %>", { a: { b: null } }, 1, /this prints null$/],
  ["printing undefined unescaped", "\n<%- a %>", { a: undefined }, 2, /this prints undefined$/],
  ["printing nothing out of a list", "<%= [1, null] %>", {}, 1, /this prints null$/],
  ["printing an object", "<%= a %>", { a: {} }, 1, /this prints a whole object$/],
  ["printing a function", "<%= q %>", {}, 1, /this prints a function$/],
  ["quoting nothing", "<%= q(undefined) %>", {}, 1, /this prints undefined$/],
  ["an assignment to nothing that was declared", "\n<% x = 1 %>", {}, 2, /there is no variable "x"$/],
  ["an error of its own", "\n\n<% throw new Error('no upstreams') %>", {}, 3, /no upstreams$/],
  ["something thrown that is no error", "\n<%= null.x %>", {}, 2, /null/],
  ["a tag that is never closed", "a\n<%= a \nb\n<% c %>", {}, 2, /the tag <%= is never closed/],
  ["a last tag that is never closed", "a\n\n<% if (x) {", {}, 3, /the tag <% is never closed/],
  ["a block that is never closed", "a\n<% if (a) { %>\nb\nc\n", { a: 1 }, 2, /the "\{" is never closed$/],
  [
    "a closing brace too many",
    "a\n<% if (a) { %>\nb\n<% } %>\nc\n<% } %>\n",
    { a: 1 },
    6,
    /"\}" closes nothing$/,
  ],
  [
    "a parenthesis that is not closed",
    "\n<% l.forEach((x) => { %>\n<%= x %>\n<% } %>\n",
    { l: [] },
    2,
    /"\(" is never closed$/,
  ],
  ["brackets that cross", "\n<%= f(a] %>", {}, 2, /"\]" can't close the "\(" of line 2$/],
  ["a syntax error", "a\nb\n<%= 1 + %>\nc\n", {}, 3, /Unexpected token/],
  [
    "a syntax error in a tag of several lines",
    "a\n<%\nconst x = 1;\nconst y = = 2;\n%>\n",
    {},
    4,
    /Unexpected token/,
  ],
  ["a syntax error after text of many lines", "a\nb\nc\nd\n<% const = 1 %>\ne\n", {}, 5, /Unexpected token/],
  ["a word of the language for a name", "\n<% const default = 1 %>", {}, 2, /Unexpected token/],
  [
    "braces in strings, and a real mistake",
    `\n<% const a = "}{"; // }\n/* { */ %>\n<% const b = ; %>`,
    {},
    4,
    /Unexpected token/,
  ],
  ["a name declared twice", "<% const a1 = 1 %>\n<% const a1 = 2 %>", {}, 2, /already been declared/],
];

describe("a template is refused, with its file and line, for", () => {
  for (const [what, text, vars, line, message] of refused)
    it(what, () => {
      const error = failure(() => render(text, vars));
      expect(error.code).toBe("template.invalid");
      expect(error.message).toMatch(message);
      expect(error.location).toEqual({ file: "/templates/site.ejs", line });
    });

  it("a missing variable, and shows the line and what to do", () => {
    const error = failure(() => render("server {\n  listen <%= port %>;\n}\n"));
    expect(error.message).toBe('there is no variable "port"');
    expect(error.details).toEqual(["  1 | server {", "> 2 |   listen <%= port %>;", "  3 | }"]);
    expect(error.hint).toContain('has("port")');
  });
});

describe("a template's file", () => {
  const directory = mkdtempSync(join(tmpdir(), "templates-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("is read again once it was edited, also to the same length and with the same time", async () => {
    const file = join(directory, "site.ejs");
    writeFileSync(file, "old <%= name %>\n");
    await sleep(2_100); // long enough ago to be kept
    const { mtime } = statSync(file);
    expect(renderFile(file, { name: "n" })).toBe("old n\n");
    expect(renderFile(file, { name: "m" })).toBe("old m\n");
    writeFileSync(file, "new <%= name %>\n");
    utimesSync(file, mtime, mtime);
    expect(renderFile(file, { name: "n" })).toBe("new n\n");
    writeFileSync(file, "two <%= name %>\n");
    utimesSync(file, mtime, mtime);
    expect(renderFile(file, { name: "n" })).toBe("two n\n");
  });
});

describe("include", () => {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "templates-"));
    writeFileSync(join(directory, "main.ejs"), 'a\n<%- include("part.ejs", { extra: "e" }) -%>\nb\n');
    writeFileSync(join(directory, "part.ejs"), "<%= name %> <%= extra %> <%= vars.extra %>\n");
    writeFileSync(join(directory, "outer.ejs"), '\n\n<%= include("inner.ejs") %>\n');
    writeFileSync(join(directory, "inner.ejs"), "\n<%= nope %>\n");
    writeFileSync(join(directory, "lost.ejs"), '\n<%= include("none.ejs") %>\n');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("renders a template beside the one that includes it, with its variables and more", () => {
    expect(renderFile(join(directory, "main.ejs"), { name: "n" })).toBe("a\nn e e\nb\n");
  });

  it("fails with the included template's line, and says where it was included", () => {
    const error = failure(() => renderFile(join(directory, "outer.ejs"), {}));
    expect(error).toMatchObject({
      code: "template.invalid",
      location: { file: join(directory, "inner.ejs"), line: 2 },
    });
    expect(error.details.at(-1)).toBe(`included from ${join(directory, "outer.ejs")}:3`);
  });

  it("fails at its own line where there is no such template", () => {
    expect(failure(() => renderFile(join(directory, "lost.ejs"), {}))).toMatchObject({
      code: "file.missing",
      location: { file: join(directory, "lost.ejs"), line: 2 },
    });
  });
});
