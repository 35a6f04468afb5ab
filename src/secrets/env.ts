/** Secrets from the environment of the control machine. */
import { Secret } from "../base/secret.ts";
import { unavailable } from "../base/secret-unavailable.ts";

/**
 * An environment variable. It is read at once.
 *
 * @throws ShowrunnerError "secret.unavailable" where it is not set, or empty
 * @example
 * mysqlUser({ name: "site", password: secretFrom.env("SITE_DB_PASSWORD") });
 */
export function secretEnv(name: string): Secret {
  const value = process.env[name];
  if (value) return new Secret(value);
  throw unavailable(
    `the environment variable ${name} is ${value === undefined ? "not set" : "empty"}, and a secret is taken from it`,
    `Set it for this command: ${name}=… npx run …`,
  );
}
