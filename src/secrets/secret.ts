/** Values that must never be seen: not in logs, diffs, errors, events or a process list. */
import { inspect } from "node:util";
import { lineSpellings, spellings } from "./spellings.ts";

const mask = "********";

/** Every secret value made in this process, so that whatever is emitted can be cleaned of all of them. */
const known = new Set<string>();

/**
 * A value that shows itself only to what must have it.
 *
 * Printing or serialising one gives `********`, and making a text of it is an error: such a text would either show the
 * value or, as asterisks, take its place on a host. The value also never appears in anything that a run emits, since
 * every event is redacted of all known secrets.
 */
export class Secret {
  readonly #read: () => string;
  #value: string | undefined;

  /**
   * @param value the value, or what fetches it when it is first revealed. Until then nobody has it, so nothing is
   * redacted of it either.
   */
  constructor(value: string | (() => string)) {
    if (typeof value === "string") {
      this.#value = value;
      remember(value);
    }
    this.#read = typeof value === "string" ? () => value : value;
  }

  /**
   * The value itself. Hand it to nothing that prints.
   *
   * @throws ShowrunnerError "secret.unavailable" where its source can't give it
   */
  reveal(): string {
    if (this.#value !== undefined) return this.#value;
    const value = this.#read();
    remember(value);
    this.#value = value;
    return value;
  }

  /** @throws TypeError always: what would become of the text is not for anybody to guess */
  toString(): never {
    throw new TypeError(
      "a secret can't be made part of a text: write secret`user=${value}` to make a secret of the whole text, or value.reveal() where it must be in the clear",
    );
  }

  toJSON(): string {
    return mask;
  }

  [inspect.custom](): string {
    return `Secret(${mask})`;
  }
}

/**
 * Marks a value as secret; before a template, makes one secret of a text with secrets in it.
 *
 * @param value the value in the clear
 * @example
 * mysqlUser({ name: "site", password: secret(process.env.SITE_DB_PASSWORD ?? "") });
 * @example
 * copy({ dest: "/root/.my.cnf", content: secret`[client]\npassword=${vars.password}\n`, mode: "0600" });
 */
export function secret(value: string): Secret;
export function secret(texts: TemplateStringsArray, ...values: readonly (string | number | Secret)[]): Secret;
export function secret(
  given: string | TemplateStringsArray,
  ...values: readonly (string | number | Secret)[]
): Secret {
  if (typeof given === "string") return new Secret(given);
  const shown = (value: string | number | Secret) =>
    value instanceof Secret ? value.reveal() : String(value);
  // what its parts come from may have to be asked for, and is not before it is needed
  return new Secret(() =>
    given.reduce((text, next, index) => {
      const value = values[index - 1];
      return `${text}${value === undefined ? "" : shown(value)}${next}`;
    }),
  );
}

/** The value of something that may be secret. */
export function reveal(value: string | Secret): string {
  return typeof value === "string" ? value : value.reveal();
}

/** Also under the other spellings in which programs print it. */
function remember(value: string): void {
  rememberText(value);
  // output and errors go line by line, and a file's content often comes with a newline too many
  for (const line of value.split(/\r?\n/))
    if (line.trim() !== value && line.trim().length >= 6) rememberText(line.trim(), lineSpellings);
}

function rememberText(value: string, spell = spellings): void {
  if (value.length < 3) return; // redacting one or two letters would blank every text and protect nothing
  for (const spelling of spell(value)) known.add(spelling);
  ordered = undefined;
}

let ordered: string[] | undefined;

/** The text with every known secret blanked, longest first so that no part of a longer one stays. */
export function redact(text: string): string {
  if (known.size === 0) return text;
  ordered ??= [...known].sort((a, b) => b.length - a.length);
  let clean = text;
  for (const value of ordered) if (clean.includes(value)) clean = clean.replaceAll(value, mask);
  return clean;
}

/** Whether there is anything to redact: most runs of most tools have no secret at all. */
export function hasSecrets(): boolean {
  return known.size > 0;
}

/** Whether a value is a secret, shows a known one, or has either within it. */
export function holdsSecret(value: unknown): boolean {
  if (typeof value === "string") return redact(value) !== value;
  if (value instanceof Secret) return true;
  return value !== null && typeof value === "object" && Object.values(value).some(holdsSecret);
}

/** A copy of plain data in which every string is redacted and every Secret is masked. */
export function redactDeep<T>(value: T): T;
export function redactDeep(value: unknown): unknown {
  if (typeof value === "string") return redact(value);
  if (value instanceof Secret) return mask;
  if (Array.isArray(value)) return value.map((item: unknown) => redactDeep(item));
  if (value !== null && typeof value === "object" && isPlain(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redactDeep(item)]));
  return value;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
