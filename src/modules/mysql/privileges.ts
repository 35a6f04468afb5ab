/** Privileges as a user writes them, and the statements that grant and revoke them. */

import { type Privileges, privilegeName, settlePrivileges } from "../../facts/mysql/grants.ts";
import { identifier, join, keyword, type Sql, sql } from "../../facts/mysql/sql.ts";
import { fail } from "../../kit/index.ts";

/**
 * Reads privileges by object: `{ "site.*": ["SELECT", "INSERT"], "site.posts": ["UPDATE (title)"] }`.
 *
 * A database's name is taken literally: `_` is no wildcard, as it would be in GRANT. Only `%` stands for any text, in
 * privileges on whole databases.
 *
 * @param smallLetters whether the server keeps names of databases and tables in small letters. It always keeps names of
 *   routines so
 * @throws ShowrunnerError for a text that names no object, or no privilege
 */
export function parsePrivileges(
  given: Readonly<Record<string, readonly string[]>>,
  smallLetters = false,
): Privileges {
  const parsed: Record<string, string[]> = {};
  for (const [object, names] of Object.entries(given)) {
    const canonical = parseObject(object, smallLetters);
    const known = parsed[canonical] ?? [];
    for (const name of names.flatMap((one) => parseName(one, object))) known.push(respell(name, known));
    parsed[canonical] = known;
  }
  return settlePrivileges(parsed);
}

function parseObject(object: string, smallLetters: boolean): string {
  const match =
    /^(?:(procedure|function|package(?: body)?)\s+)?(`(?:[^`]|``)+`|[^`.]+)\.(`(?:[^`]|``)+`|[^`.]+)$/i.exec(
      object.trim(),
    );
  const [, kind, database = "", name = ""] = match ?? [];
  if (!match || (database === "*" && name !== "*") || (kind && name === "*"))
    fail(
      `privileges: "${object}" names no object`,
      `write "*.*", "database.*", "database.table", "procedure database.name" or "function database.name"`,
    );
  if (database === "*") return "*.*";
  const quoted = (text: string, small: boolean) => identifier(small ? text.toLowerCase() : text).text;
  if (name === "*") return `${quoted(unquote(database).replace(/[_\\]/g, "\\$&"), smallLetters)}.*`;
  const routine = kind ? `${kind.replace(/\s+/g, " ").toUpperCase()} ` : "";
  const inside = quoted(unquote(name), smallLetters || routine !== "");
  return `${routine}${quoted(unquote(database), smallLetters)}.${inside}`;
}

function parseName(text: string, object: string): string[] {
  const match = /^([A-Za-z_][A-Za-z_ ]*?)\s*(?:\(([^()]+)\))?$/.exec(text.trim());
  const [, words = "", columns] = match ?? [];
  if (!match)
    fail(
      `privileges: "${text}" on "${object}" names no privilege`,
      `write privileges as GRANT does: "SELECT", "UPDATE (title)", "ALL"`,
    );
  if (columns === undefined) return [privilegeName(words)];
  return columns
    .split(",")
    .map((column) => `${privilegeName(words)} (${identifier(unquote(column.trim())).text})`);
}

function unquote(name: string): string {
  return name.startsWith("`") ? name.slice(1, -1).replaceAll("``", "`") : name;
}

/** One object on which an account's privileges differ. */
interface PrivilegeDifference {
  readonly object: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly statements: readonly Sql[];
}

/**
 * What it takes to give an account exactly these privileges.
 *
 * @param keep true: the account keeps all other privileges that it has
 */
export function privilegeDifferences(
  account: Sql,
  now: Privileges,
  wanted: Privileges,
  keep: boolean,
): PrivilegeDifference[] {
  const objects = [...new Set([...Object.keys(wanted), ...(keep ? [] : Object.keys(now))])].sort();
  return objects.flatMap((object) => {
    const before = now[object] ?? [];
    const asked = (wanted[object] ?? []).map((name) => respell(name, before));
    const target = keep ? [...before, ...asked] : asked;
    const after = settlePrivileges({ [object]: target })[object] ?? [];
    const statements = converge(account, object, before, after);
    return statements.length === 0 ? [] : [{ object, before, after, statements }];
  });
}

/**
 * Small and capital letters make no difference in a column's name. The server keeps the spelling of the first grant for
 * all privileges on the column, and revokes only by that spelling.
 */
function respell(privilege: string, held: readonly string[]): string {
  const [words, column] = partsOf(privilege);
  if (column === undefined || held.includes(privilege)) return privilege;
  const known = held.map((name) => partsOf(name)[1]).find((name) => name && isSame(name, column));
  return `${words} (\`${known ?? column}\`)`;
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** ``SELECT (`id`)``: its words, and its column as it stands in quotes. */
function partsOf(privilege: string): [string, string | undefined] {
  const [, words = "", column] = /^([^(]*?)(?: \(`(.*)`\))?$/s.exec(privilege) ?? [];
  return [words, column];
}

const all = "ALL PRIVILEGES";
const option = "GRANT OPTION";

/** Grants what is missing before it revokes what is too much. Only ALL goes first: it can be revoked only as a whole. */
function converge(account: Sql, object: string, before: readonly string[], after: readonly string[]): Sql[] {
  const on = objectSql(object);
  const narrowed = before.includes(all) && !after.includes(all);
  const held = narrowed ? before.filter((name) => name === option) : before;
  const covered = held.includes(all);
  const missing = after.filter((name) => !held.includes(name));
  const grants = missing.filter((name) => name !== option);
  // ALL includes the others that were there
  const surplus = after.includes(all)
    ? held.filter((name) => name === option && !after.includes(name))
    : held.filter((name) => !after.includes(name));
  return [
    ...(narrowed ? [sql`REVOKE ALL PRIVILEGES ON ${on} FROM ${account}`] : []),
    ...(grants.length > 0 && !covered ? [sql`GRANT ${names(grants)} ON ${on} TO ${account}`] : []),
    ...(missing.includes(option) ? [sql`GRANT USAGE ON ${on} TO ${account} WITH GRANT OPTION`] : []),
    ...(surplus.length > 0 ? [sql`REVOKE ${names(surplus)} ON ${on} FROM ${account}`] : []),
  ];
}

/** Names in their canonical spelling, whose columns are quoted already. */
function names(privileges: readonly string[]): Sql {
  return join(
    privileges.map((privilege) => {
      const [words, column] = partsOf(privilege);
      return column === undefined
        ? keyword(words)
        : sql`${keyword(words)} (${identifier(column.replaceAll("``", "`"))})`;
    }),
  );
}

/** An object in its canonical spelling, taken apart and quoted again: it may have come from a server. */
function objectSql(object: string): Sql {
  if (object === "*.*") return { kind: "sql", text: object };
  const [, kind, database = "", name] =
    /^(?:([A-Z ]+) )?`((?:[^`]|``)*)`\.(?:\*|`((?:[^`]|``)*)`)$/s.exec(object) ?? [];
  const quoted = identifier(database.replaceAll("``", "`"));
  const inside: Sql =
    name === undefined ? { kind: "sql", text: "*" } : identifier(name.replaceAll("``", "`"));
  return kind === undefined ? sql`${quoted}.${inside}` : sql`${keyword(kind)} ${quoted}.${inside}`;
}
