/** The client's option file: the one place for a password that is in no process list. */
import { reveal, type Secret } from "../../kit/index.ts";

/** @see https://mariadb.com/docs/server/server-management/install-and-upgrade-mariadb/configuring-mariadb/configuring-mariadb-with-option-files */
export function optionFile(
  options: Readonly<Record<string, string | number | boolean | Secret | undefined>>,
): string {
  const lines = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (value === true) return [name];
    return [
      `${name}=${typeof value === "number" || value === false ? Number(value) : quoted(reveal(value))}`,
    ];
  });
  return `[client]\n${lines.map((line) => `${line}\n`).join("")}`;
}

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** In quotes, so that `#` and spaces belong to the value. */
function quoted(value: string): string {
  if (value.includes("\0")) throw new TypeError("an option can't hold a NUL byte");
  return `"${value.replace(/[\\"\n\r\t]/g, (character) => escapes[character] ?? character)}"`;
}
