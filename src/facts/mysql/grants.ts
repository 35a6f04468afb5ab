/** Reads what `SHOW GRANTS` says, for comparing: every spelling of the same privileges becomes the same value. */

/**
 * Privileges by object. Objects are written as SQL writes them: `*.*`, `` `site`.* ``, `` `site`.`posts` ``,
 * `` PROCEDURE `site`.`tidy` ``. Privileges are in capitals and sorted; one on columns stands once a column,
 * `` SELECT (`id`) ``. `ALL PRIVILEGES` includes every one but `GRANT OPTION`.
 */
export type Privileges = Readonly<Record<string, readonly string[]>>;

/** The words for one and the same privilege: what MariaDB shows for what one may write. */
const synonyms: Readonly<Record<string, string>> = {
  ALL: "ALL PRIVILEGES",
  GRANT: "GRANT OPTION",
  "WITH GRANT OPTION": "GRANT OPTION",
  "REPLICATION CLIENT": "BINLOG MONITOR",
  "REPLICATION REPLICA": "REPLICATION SLAVE",
  "REPLICATION REPLICA ADMIN": "REPLICATION SLAVE ADMIN",
  "REPLICA MONITOR": "SLAVE MONITOR",
  "DELETE VERSIONING ROWS": "DELETE HISTORY",
};

/** The one spelling of a privilege without columns. */
export function privilegeName(words: string): string {
  const name = words.trim().replace(/\s+/g, " ").toUpperCase();
  return synonyms[name] ?? name;
}

/** Puts privileges in their one order, drops what says nothing and what `ALL PRIVILEGES` says already. */
export function settlePrivileges(privileges: Readonly<Record<string, readonly string[]>>): Privileges {
  const settled = Object.entries(privileges).map(([object, names]): [string, string[]] => {
    const unique = [...new Set(names)].filter((name) => name !== "USAGE");
    const all = unique.includes("ALL PRIVILEGES");
    return [object, unique.filter((name) => !all || keptBesideAll.includes(name)).sort()];
  });
  return Object.fromEntries(
    settled.filter(([, names]) => names.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const keptBesideAll = ["ALL PRIVILEGES", "GRANT OPTION"];

/**
 * Reads the lines of `SHOW GRANTS`. Roles and proxies are no privileges on an object and are left out.
 *
 * @param lines one `GRANT …` each, with names in backticks
 */
export function parseGrants(lines: readonly string[]): Privileges {
  const privileges: Record<string, string[]> = {};
  for (const line of lines) {
    const grant = parseGrant(line);
    if (!grant) continue;
    const known = privileges[grant.object];
    if (known) known.push(...grant.privileges);
    else privileges[grant.object] = grant.privileges;
  }
  return settlePrivileges(privileges);
}

function parseGrant(line: string): { object: string; privileges: string[] } | undefined {
  if (!line.startsWith("GRANT ")) return undefined;
  const [head = "", rest] = splitAt(line.slice("GRANT ".length), " ON ");
  if (rest === undefined || head === "PROXY") return undefined; // a role has no object
  const [object = "", tail = ""] = splitAt(rest, " TO ");
  const privileges = splitAll(head, ",").flatMap(expandColumns);
  // in the middle of the options, or at their end; a name that holds these words is quoted
  if (splitAt(tail, " WITH GRANT OPTION")[1] !== undefined) privileges.push("GRANT OPTION");
  return { object, privileges };
}

/** ``SELECT (`a`, `b`)`` becomes one privilege a column. */
function expandColumns(text: string): string[] {
  const [name = "", columns] = splitAt(text.trim(), " (");
  if (columns === undefined) return [privilegeName(name)];
  return splitAll(columns.replace(/\)$/, ""), ",").map(
    (column) => `${privilegeName(name)} (${column.trim()})`,
  );
}

/** The text before and after the first occurrence of a separator outside quotes and parentheses. */
function splitAt(text: string, separator: string): [string, string | undefined] {
  for (const at of outside(text, separator))
    if (text.startsWith(separator, at)) return [text.slice(0, at), text.slice(at + separator.length)];
  return [text, undefined];
}

function splitAll(text: string, separator: string): string[] {
  const pieces: string[] = [];
  let rest: string | undefined = text;
  while (rest !== undefined) {
    const [piece, more]: [string, string | undefined] = splitAt(rest, separator);
    pieces.push(piece);
    rest = more;
  }
  return pieces;
}

/** Positions that are in no quotes and no parentheses. A doubled quote ends and begins again: the same thing. */
function* outside(text: string, separator: string): Generator<number> {
  let quote = "";
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (quote === "" && depth === 0) yield at;
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if ("`'\"".includes(character)) quote = character;
    else if (character === "(" && !separator.endsWith("(")) depth++;
    else if (character === ")") depth = Math.max(0, depth - 1);
  }
}
