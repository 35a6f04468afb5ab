/** Secrets as programs print them: escaped in layers, with control characters within, and in much text. */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { secret } from "../../src/base/secret.ts";
import { redact } from "../../src/redaction/redact.ts";

const value = `Tr0ub4dor&3/<"ü'\\ +x%>`;
secret(value);

const json = (text: string) => JSON.stringify(text).slice(1, -1);
const url = encodeURIComponent;
const lower = (text: string) => url(text).replace(/%../g, (one) => one.toLowerCase());
const every = (text: string, spell: (code: number) => string) =>
  [...text].map((one) => spell(one.codePointAt(0) ?? 0)).join("");
const html = (text: string) =>
  text.replace(
    /[&<>"']/g,
    (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[one] ?? "",
  );
const ascii = (text: string) =>
  text.replace(/[^\0-\x7f]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
const bytes = (text: string, spell: (byte: number) => string) => [...Buffer.from(text)].map(spell).join("");
const base64 = (text: string) => Buffer.from(text).toString("base64");

const printed: Record<string, string> = {
  "in a URL": url(value),
  "in a URL, in lower case": lower(value),
  "in a URL, every character": bytes(value, (byte) => `%${byte.toString(16).padStart(2, "0")}`),
  "in a URL, twice": url(url(value)),
  "in a form, in lower case": lower(value).replaceAll("%20", "+"),
  "in HTML": html(value),
  "in HTML by names": html(value)
    .replaceAll("ü", "&uuml;")
    .replaceAll("/", "&sol;")
    .replaceAll("%", "&percnt;"),
  "in HTML by decimal numbers": every(value, (code) => `&#${code};`),
  "in HTML by hexadecimal numbers": every(value, (code) => `&#x${code.toString(16)};`),
  "in HTML by padded capitals": every(
    value,
    (code) => `&#X${code.toString(16).toUpperCase().padStart(4, "0")};`,
  ),
  "in HTML, twice": html(html(value)),
  "in JSON": json(value),
  "in JSON with escaped slashes": json(value).replaceAll("/", "\\/"),
  "in JSON of ASCII": ascii(json(value)),
  "in JSON as Go and PHP write HTML": json(value).replace(
    /[<>&']/g,
    (one) => `\\u00${one.charCodeAt(0).toString(16)}`,
  ),
  "in JSON, every character": every(value, (code) => `\\u${code.toString(16).padStart(4, "0")}`),
  "in JSON within JSON": json(JSON.stringify({ a: value })),
  "in JSON within JSON within JSON": json(JSON.stringify({ a: JSON.stringify([value]) })),
  "in JSON within a URL": url(JSON.stringify({ a: value })),
  "in a URL within JSON": json(`http://host/?p=${url(value)}`),
  "in HTML within JSON": ascii(json(html(value))),
  "in JSON within HTML": html(JSON.stringify([value])),
  "by inspect": inspect([value]),
  "by Python's repr": `b'${bytes(value, (byte) => (byte < 127 && byte > 31 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).replace(/[\\']/g, (one) => (one === "'" ? "\\'" : one))}'`,
  "in bash's $'…'": bytes(value, (byte) =>
    byte < 127 ? String.fromCharCode(byte).replace(/[\\']/, "\\$&") : `\\${byte.toString(8)}`,
  ),
  "in octal": bytes(value, (byte) => `\\${byte.toString(8).padStart(3, "0")}`),
  "quoted twice for a shell": `'${value.replaceAll("'", "'\\''")}'`,
  "in base64 within a URL": url(base64(value)),
  "in base64 within JSON with escaped slashes": base64(value).replaceAll("/", "\\/"),
  "with colours within": [...value].join("\u001b[31m"),
  "with NULs within": [...value].join("\0"),
  "with an escape before each letter": [...value].join("\u001b"),
  "with a title within": value.replace("dor", "d\u001b]0;x\u0007or"),
  "with C1 controls within": value.replace("dor", "d\u009b1mo\u0085r"),
  "with directions turned within": value.replace("dor", "d\u202eo\u2066r"),
  "with what has no width within": [...value].join("\u200b"),
  "with colours within, in JSON": json([...value].join("\u001b[1;31m")),
};

describe("a secret is found", () => {
  it.each(Object.entries(printed))("%s", (_, text) => {
    const said = redact(`before ${text} behind`);
    expect(said).toMatch(/^before .*\*{8}.* behind$/s);
    expect(said.length).toBeLessThan("before ******** behind".length + 24);
    expect(said).not.toMatch(/ub4|4dor|%34|&#52;/);
  });

  it("where two touch or overlap, and leaves all else as it is", () => {
    secret("abcd-1234");
    secret("1234-efgh");
    expect(redact("x abcd-1234-efgh y")).toBe("x ******** y");
    expect(redact("x \u001b[1mabcd-1\u001b[0m234\u001b[2J y\u0007")).toBe(
      "x \u001b[1m********\u001b[2J y\u0007",
    );
    expect(redact("100%25 &amp; a+b \\n")).toBe("100%25 &amp; a+b \\n");
  });
});

describe("looking for secrets", () => {
  it("takes a time that depends on the length of the text alone", () => {
    const secrets = Array.from(
      { length: 200 },
      (_, index) => `${index}-the-${"same-end".repeat(8)}-${index}`,
    );
    for (const one of secrets) secret(one);
    secret(`-----BEGIN KEY-----\n${"a".repeat(3_000)}`);
    const size = 1_000_000;
    const texts = [
      "a",
      "-----BEGIN KEY-----\n",
      "\\",
      "\\u00",
      "%2",
      "%25",
      "&amp;",
      "&#",
      "\u001b]",
      "\u001b[0",
      "\u009d",
      "\u200b",
      "+",
      "7-the-same-end",
    ].map((part) => part.repeat(Math.ceil(size / part.length)).slice(0, size));
    const times: number[] = [];
    for (const text of texts) {
      const started = performance.now();
      redact(text);
      times.push(performance.now() - started);
    }
    // many times what it takes: were it quadratic, it would be minutes
    expect(Math.max(...times)).toBeLessThan(10_000);
  });
});
