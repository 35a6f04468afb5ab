import { runSql } from "../../facts/mysql/client.ts";
import { serverKey } from "../../facts/mysql/login.ts";
import { keyword, type Sql, sql, statements } from "../../facts/mysql/sql.ts";
import { mysqlVariable as variableFact } from "../../facts/mysql/variable.ts";
import {
  change,
  defineModule,
  type Module,
  type OptionalInput,
  type Plan,
  type RequiredInput,
  Type,
} from "../../kit/index.ts";
import { checkLogin, loginParams } from "./login-param.ts";
import { reachable } from "./server-guard.ts";

/** What `mysqlVariable` gives. */
export interface MysqlVariableValue {
  /** The variable's name, as the server writes it. */
  readonly name: string;
  /** The value, as the server shows it. */
  readonly value: string;
}

const params = {
  /** The variable's name. */
  name: Type.String({ pattern: "^[A-Za-z][A-Za-z0-9_]*$" }),
  /** true and false stand for ON and OFF. Sizes are in bytes. Names such as ROW may be in small letters. */
  value: Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
  ...loginParams,
};

/** What `mysqlVariable` takes. */
export interface MysqlVariableParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Sets a global variable of a running server. The value holds until the server restarts. A value that is to last belongs
 * in the server's configuration.
 *
 * @example
 * await mysqlVariable({ name: "max_connections", value: 500 });
 */
export const mysqlVariable: Module<MysqlVariableParams, MysqlVariableValue> = defineModule({
  name: "mysqlVariable",
  summary: "Sets a global variable of a running MySQL or MariaDB server.",
  params,
  examples: [`mysqlVariable({ name: "read_only", value: true })`],
  title: ({ name }) => name,
  check: ({ login }) => checkLogin(login),
  async *plan(host, { name: given, value, login }): Plan<MysqlVariableValue> {
    const server = serverKey(login);
    const name = given.toLowerCase();
    const key = { server, name };
    const [found, now] = await Promise.all([reachable(host, server), host.fact(variableFact, key)]);
    if (found.running)
      host.require(
        now !== undefined,
        `the server has no variable ${name}`,
        "SHOW GLOBAL VARIABLES lists them",
      );
    const wanted = shown(value, now);
    // nobody knows the variables of a server that is yet to be installed
    if (!found.running) return { name, value: wanted };
    if (now !== wanted)
      yield change({
        what: name,
        before: now,
        after: wanted,
        script: runSql(server, statements(sql`SET GLOBAL ${keyword(name)} = ${literal(value)}`)),
        sets: [variableFact.is(key, wanted)],
      });
    return { name, value: wanted };
  },
});

/**
 * What the server will show for a value. A switch shows ON and OFF, however it was set. For other variables the value
 * that is shown now tells: numbers have as many decimals (`2.000000`), names are in capitals (`ROW`).
 */
function shown(value: string | number | boolean, now: string | undefined): string {
  if (typeof value === "boolean") return value ? "ON" : "OFF";
  const text = String(value);
  if (now === undefined) return text;
  if (now === "ON" || now === "OFF") {
    if (/^(1|on|true)$/i.test(text)) return "ON";
    if (/^(0|off|false)$/i.test(text)) return "OFF";
  }
  if (isNumber(text) && isNumber(now)) return shownNumber(text, now);
  return isName(now) && isName(text.toUpperCase()) ? text.toUpperCase() : text;
}

function shownNumber(text: string, now: string): string {
  if (Number(text) === Number(now)) return now;
  const [, decimals] = now.split(".");
  return decimals === undefined ? text : Number(text).toFixed(decimals.length);
}

function isNumber(text: string): boolean {
  // what is empty would count as 0
  return text.trim() !== "" && Number.isFinite(Number(text));
}

/** Whether a text is one name in capitals, or several. All other texts are the user's own: their letters stay as they are. */
function isName(text: string): boolean {
  return /^[A-Z0-9_,-]*[A-Z][A-Z0-9_,-]*$/.test(text);
}

function literal(value: string | number | boolean): Sql {
  // a number in quotes is refused for a variable that holds one
  return sql`${typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value}`;
}
