/** SQL texts in which everything interpolated is quoted. */
import { Secret, secret } from "../../kit/index.ts";

/** A piece of SQL that is safe to run: made by `sql`, never by pasting strings. */
export interface Sql {
  readonly kind: "sql";
  readonly text: string;
}

/** What may stand in an `sql` template. Strings become literals; a name needs `identifier`. */
type SqlValue = string | number | bigint | boolean | null | Buffer | Secret | Sql;

/**
 * An SQL template: every value becomes a literal, an `Sql` stays as it is.
 *
 * Literals are written for a session without NO_BACKSLASH_ESCAPES, ANSI_QUOTES or an odd character set; every text
 * that goes to a server begins with `prologue`, which makes the session so.
 *
 * @throws TypeError for a number that is not finite and for text that is not well-formed Unicode
 *
 * @example
 * sql`ALTER DATABASE ${identifier("site")} CHARACTER SET ${"utf8mb4"}`; // ALTER DATABASE `site` CHARACTER SET 'utf8mb4'
 */
export function sql(parts: TemplateStringsArray, ...values: readonly SqlValue[]): Sql {
  let text = parts[0] ?? "";
  values.forEach((value, index) => {
    text += literal(value) + (parts[index + 1] ?? "");
  });
  return { kind: "sql", text };
}

/**
 * A name (of a database, table or column) in backticks.
 *
 * @throws TypeError for what no server takes as a name: empty, longer than 64 characters, with a NUL or a space at
 * its end, or with characters beyond the Basic Multilingual Plane
 */
export function identifier(name: string): Sql {
  if (
    name === "" ||
    [...name].length > 64 ||
    /[\0\u{10000}-\u{10ffff}]| $/u.test(name) ||
    !isWellFormed(name)
  )
    throw new TypeError(`${JSON.stringify(name.slice(0, 80))} can't be a name in SQL`);
  return { kind: "sql", text: `\`${name.replaceAll("`", "``")}\`` };
}

/** SQL pieces with a separator between them. */
export function join(pieces: readonly Sql[], separator = ", "): Sql {
  return { kind: "sql", text: pieces.map(({ text }) => text).join(separator) };
}

/** Statements one after the other. */
export function statements(...pieces: readonly Sql[]): Sql {
  return { kind: "sql", text: pieces.map(({ text }) => `${text};\n`).join("") };
}

/** SQL words that were checked elsewhere, such as a privilege's name. Nothing else may come in by it. */
export function keyword(words: string): Sql {
  if (!/^[A-Za-z_][A-Za-z0-9_ ]*$/.test(words))
    throw new TypeError(`${JSON.stringify(words.slice(0, 80))} is no SQL keyword`);
  return { kind: "sql", text: words };
}

/** Makes the session what the literals are written for, whatever the server's configuration says. */
export const prologue: Sql = {
  kind: "sql",
  text: "SET NAMES utf8mb4;\nSET SESSION sql_mode = '';\nSET SESSION sql_quote_show_create = 1;\n",
};

function literal(value: SqlValue): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return stringLiteral(value);
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} is no number that SQL knows`);
    return String(value);
  }
  if (Buffer.isBuffer(value)) return `X'${value.toString("hex")}'`;
  if (value instanceof Secret) return secretLiteral(value);
  return value.text;
}

/** The quoted spelling is a secret, too: a server may repeat a piece of a statement in its error. */
function secretLiteral(value: Secret): string {
  const text = stringLiteral(value.reveal());
  secret(text.slice(1, -1));
  return text;
}

const escapes: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\n": "\\n",
  "\r": "\\r",
  "\\": "\\\\",
  "'": "''",
};

function stringLiteral(text: string): string {
  if (!isWellFormed(text)) throw new TypeError("text for SQL must be well-formed Unicode");
  // a line break is escaped so that no line of a value can be taken for one of the client's own commands
  return `'${text.replace(/[\0\n\r\\']/g, (character) => escapes[character] ?? character)}'`;
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
