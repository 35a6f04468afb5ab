/** Secrets that stand in a file of their own. */
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { visibleLine } from "../text/controls.ts";
import { Secret } from "./secret.ts";
import { secretText } from "./secret-text.ts";
import { unavailable, whyUnreadable } from "./unavailable.ts";
import { withoutNewline } from "./without-newline.ts";

/**
 * What a file holds, without one newline at its end. It is read at once.
 *
 * A file that everybody on this machine may read is warned of, not refused: where secrets are mounted into a
 * container they commonly are so.
 *
 * @param path relative to the working directory; `~/` is the home directory
 * @throws ShowrunnerError "secret.unavailable" where it can't be read
 * @example
 * mysqlUser({ name: "site", password: secretFrom.file("secrets/db-password") });
 */
export function secretFile(path: string): Secret {
  const file = secretPath(path);
  const value = new Secret(withoutNewline(readSecretText(file, "secret file")));
  if ((statSync(file).mode & 0o004) !== 0)
    process.emitWarning(`${visibleLine(path)} holds a secret and may be read by everybody: chmod o-r it`);
  return value;
}

/** A path as users write it; `~/` is the home directory. */
export function secretPath(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(path);
}

/**
 * @param what what kind of file it is, for the message
 * @throws ShowrunnerError "secret.unavailable"
 */
export function readSecretFile(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unavailable(`cannot read the ${what} ${file}: ${whyUnreadable(error)}`, undefined, error);
  }
}

/** The same, as a text. @throws ShowrunnerError "secret.unavailable" also where it is not UTF-8 */
export function readSecretText(file: string, what: string): string {
  return secretText(readSecretFile(file, what), `the ${what} ${file}`);
}
