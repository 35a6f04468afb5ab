/** Facts that a server answers by SQL: all keys of one server are asked through one connection. */
import { defineFact, type Fact, type FactSubject, factKeyId } from "../../kit/index.ts";
import { askServers, readAnswers } from "./client.ts";
import type { ServerKey } from "./login.ts";
import { parseResultSets, type ResultSet } from "./result-sets.ts";
import { type Sql, sql, statements } from "./sql.ts";

/** A key of such a fact: the server, and what of it. */
type OnServer = { readonly server: ServerKey; readonly [name: string]: unknown };

interface MysqlFact<K extends OnServer, V> {
  readonly name: string;
  /** Default `services`. */
  readonly about?: FactSubject;
  /** As a fact's: what makes one about the world doubtful. */
  readonly mostlyOwn?: boolean;
  /** Statements that read one key. */
  sql(key: K): Sql;
  /** @param denied true if a statement needed a privilege that the account lacks: its result is missing */
  value(results: readonly ResultSet[], key: K, denied: boolean): V;
  /** The value where no server answers. */
  unreachable(problem: string, key: K): V;
  /** As a fact's: what installing a server may change. */
  mayArrive?(key: K, value: V): boolean;
  /** As a fact's: what of a value stays until something changes it. */
  lasting?(value: V): unknown;
}

/** Its results stand before each key's own. */
const mark = "showrunner_key";

/** Defines a fact that is read by SQL. */
export function defineMysqlFact<K extends OnServer, V>(definition: MysqlFact<K, V>): Fact<K, V> {
  const { name, about = "services", mostlyOwn = false, mayArrive, lasting } = definition;
  return defineFact<K, V>({
    name,
    about,
    mostlyOwn,
    ...(mayArrive ? { mayArrive } : {}),
    ...(lasting ? { lasting } : {}),
    // a server lists all of its databases and accounts
    limit: (keys) => 1024 * 1024 + keys.length * 16 * 1024,
    script: (keys) =>
      askServers(
        byServer(keys).map((group) => ({
          server: group[0]?.server ?? {},
          text: statements(
            ...group.flatMap((key, index) => [
              sql`SELECT ${index} AS ${{ kind: "sql", text: mark }}`,
              definition.sql(key),
            ]),
          ),
        })),
      ),
    parse: (stdout, keys) => {
      const answers = readAnswers(stdout);
      const values = new Map<K, V>();
      byServer(keys).forEach((group, index) => {
        const answer = answers[index];
        const results = answer?.reached ? byKey(parseResultSets(answer.xml)) : [];
        for (const [at, key] of group.entries()) {
          if (answer?.reached) values.set(key, definition.value(results[at] ?? [], key, answer.denied));
          else values.set(key, definition.unreachable(answer?.problem ?? "no answer", key));
        }
      });
      return values;
    },
  });
}

function byServer<K extends OnServer>(keys: readonly K[]): K[][] {
  const groups = new Map<string, K[]>();
  for (const key of keys) {
    const id = factKeyId(key.server);
    const group = groups.get(id);
    if (group) group.push(key);
    else groups.set(id, [key]);
  }
  return [...groups.values()];
}

function byKey(results: readonly ResultSet[]): ResultSet[][] {
  const groups: ResultSet[][] = [];
  for (const result of results) {
    if (result[0] && mark in result[0]) groups.push([]);
    else groups.at(-1)?.push(result);
  }
  return groups;
}
