/** The execution environment of a task's commands: environment variables, a working directory, a umask. */

import { type ErrorCode, type Location, ShowrunnerError } from "../../base/errors.ts";
import { lines, rawScript, type Script, sh } from "../../base/script.ts";
import { reveal, Secret } from "../../base/secret.ts";
import { whatItIs } from "../../base/what-it-is.ts";
import { type ProxyVariables, proxyVariables } from "../../transport/http-proxy.ts";

/** Environment variables by name; a secret appears in no process list and no log. */
export type Environment = Readonly<Record<string, string | Secret>>;

export interface ExecutionEnvironment {
  readonly environment?: Environment | undefined;
  /** The directory to be in. */
  readonly cwd?: string | undefined;
  /** Octal, as in `umask 027`. */
  readonly umask?: string | undefined;
}

/** A script that runs in this execution environment. */
export function inEnvironment(script: Script, executionEnvironment: ExecutionEnvironment): Script {
  return isEmpty(executionEnvironment) ? script : lines(entering(executionEnvironment), script);
}

/** Whether there are none. */
export function isEmpty(executionEnvironment: ExecutionEnvironment): boolean {
  return Object.values(executionEnvironment).every((value) => value === undefined);
}

/**
 * Sets the environment for the rest of a script. The shell itself sets variables: arguments of `env` would be public.
 */
export function entering({ environment = {}, cwd, umask }: ExecutionEnvironment): Script {
  const exports = Object.entries(environment).map(
    ([name, value]) => sh`${rawScript(name)}=${reveal(value)}; export ${rawScript(name)}`,
  );
  return lines(
    ...(umask === undefined ? [] : [sh`umask ${umask}`]),
    ...(cwd === undefined ? [] : [sh`cd -- ${cwd} || exit`]),
    ...exports,
  );
}

/** The proxies that the variables name. */
export function proxiesOf({ environment = {} }: ExecutionEnvironment): ProxyVariables | undefined {
  const named = Object.entries(environment).filter(([name]) => /^(https?|all|no)_proxy$/i.test(name));
  return proxyVariables(Object.fromEntries(named.map(([name, value]) => [name, reveal(value)])));
}

/**
 * A task's own execution environment over that of its play.
 *
 * @param play the play's variables; a task's variable of the same name wins
 */
export function executionEnvironmentOf(
  { environment, cwd, umask }: ExecutionEnvironment,
  { environment: play }: { readonly environment?: Environment | undefined },
): ExecutionEnvironment {
  return { environment: play || environment ? { ...play, ...environment } : undefined, cwd, umask };
}

/**
 * Refuses what the shell would misread or reject.
 *
 * @param what the task or play, for the message
 * @throws ShowrunnerError
 */
export function validateExecutionEnvironment(
  { environment = {}, cwd, umask }: { environment?: unknown; cwd?: unknown; umask?: unknown },
  { code, what, location }: { code: ErrorCode; what: string; location: Location | undefined },
): void {
  const wrong = (option: string, expected: string, got: string) =>
    new ShowrunnerError(code, `${what}: ${option}: expected ${expected}, got ${got}`, { location });
  if (environment === null || typeof environment !== "object" || Array.isArray(environment))
    throw wrong("environment", "an object of variables", Array.isArray(environment) ? "a list" : "none");
  for (const [name, value] of Object.entries(environment)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw wrong("environment", "names of letters, digits and _", JSON.stringify(name));
    if (typeof value !== "string" && !(value instanceof Secret))
      throw wrong(`environment.${name}`, "a string or a secret", kindOf(value));
  }
  if (cwd !== undefined && (typeof cwd !== "string" || cwd === "" || cwd === "-"))
    throw wrong("cwd", "a directory", JSON.stringify(cwd));
  if (umask !== undefined && !(typeof umask === "string" && /^0?[0-7]{3}$/.test(umask)))
    throw wrong("umask", 'octal digits in quotes, such as "027"', JSON.stringify(umask));
}

/** No value is shown: one of the wrong type may be a secret all the same. */
function kindOf(value: unknown): string {
  if (typeof value === "object" || value === undefined) return whatItIs(value);
  return `a ${typeof value}`;
}
