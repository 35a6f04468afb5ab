/** Secrets that stand in a file of their own. */
import { statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { Secret } from "../base/secret.ts";
import type { Source } from "../base/secret-reading.ts";
import { unavailable } from "../base/secret-unavailable.ts";
import { readUserFile, readUserFileNow, type Unreadable } from "../base/user-file.ts";
import { visibleLine } from "../text/controls.ts";
import { secretText } from "./secret-text.ts";
import { withoutNewline } from "./without-newline.ts";

/**
 * The content of a file, without one newline at its end. It is read at once; but a pipe, such as the shell makes for
 * `<(…)`, is read when the secret is first needed.
 *
 * A file that everybody on this machine may read gives a warning, not an error: secrets that are mounted into a
 * container are commonly readable like that.
 *
 * @param path relative to the working directory; `~/` is the home directory
 * @throws ShowrunnerError "secret.unavailable" where it can't be read
 * @example
 * mysqlUser({ name: "site", password: secretFrom.file("secrets/db-password") });
 */
export function secretFile(path: string): Secret {
  const file = secretPath(path);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isFIFO())
    return new Secret(function* () {
      return withoutNewline(yield written(file, "secret file"));
    });
  const value = new Secret(withoutNewline(readSecretText(file, "secret file")));
  if (stats && (stats.mode & 0o004) !== 0)
    process.emitWarning(`${visibleLine(path)} holds a secret and may be read by everybody: chmod o-r it`);
  return value;
}

/** A path as users write it; `~/` is the home directory. */
export function secretPath(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(path);
}

/**
 * The text of a file.
 *
 * @param what what kind of file it is, for the message
 */
export function written(file: string, what: string): Source {
  return {
    now: () => readSecretText(file, what),
    later: async (signal) => textOf(await readUserFile(file, unreadable(file, what), signal), file, what),
  };
}

/**
 * @param what what kind of file it is, for the message
 * @throws ShowrunnerError "secret.unavailable"
 */
export function readSecretFile(file: string, what: string): Buffer {
  return readUserFileNow(file, unreadable(file, what));
}

/** @param what what kind of file it is, for the message */
export function unreadable(file: string, what: string): Unreadable {
  return (why, cause) => unavailable(`cannot read the ${what} ${file}: ${why}`, undefined, cause);
}

function readSecretText(file: string, what: string): string {
  return textOf(readSecretFile(file, what), file, what);
}

function textOf(bytes: Buffer, file: string, what: string): string {
  return secretText(bytes, `the ${what} ${file}`);
}
