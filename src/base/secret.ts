/** Values that must never be seen: not in logs, diffs, errors, events or a process list. */
import { inspect } from "node:util";
import { mask, remember } from "../redaction/redact.ts";
import { type Reading, readInTurn, readNow } from "./secret-reading.ts";

export { redact } from "../redaction/redact.ts";

/** What could not be read, and why: neither a host nor a step asks for it again. */
const failures = new Map<Secret, unknown>();

/** Lets a new run try what an earlier one could not read. */
export function forgetFailures(): void {
  failures.clear();
}

/**
 * A value that shows itself only to what must have it.
 *
 * Printing or serialising one gives `********`, and making a text of it is an error: such a text would either show the
 * value or, as asterisks, take its place on a host. The value also never appears in anything that a run emits, since
 * every event is redacted of all known secrets.
 */
export class Secret {
  readonly #read: () => string | Reading;
  readonly #isLookedFor: boolean;
  #value: string | undefined;

  /**
   * @param value the value, or what fetches it when it is first revealed. Until then nobody has it, so nothing is
   * redacted of it either.
   * @param isLookedFor false: somebody else decides whether the value is blanked where it shows
   */
  constructor(value: string | (() => string | Reading), isLookedFor = true) {
    this.#isLookedFor = isLookedFor;
    if (typeof value === "string") {
      this.#value = value;
      if (isLookedFor) remember(value);
    }
    this.#read = typeof value === "string" ? () => value : value;
  }

  /**
   * The value itself. Hand it to nothing that prints.
   *
   * @throws ShowrunnerError "secret.unavailable" where its source can't give it
   */
  reveal(): string {
    return this.#value ?? readNow(this.reading());
  }

  /**
   * Reads it without holding up this process, so that it can then be revealed at once.
   *
   * @param signal ends what is being run for it
   * @throws ShowrunnerError "secret.unavailable" where its source can't give it, "interrupted"
   */
  async fetch(signal?: AbortSignal): Promise<void> {
    if (this.#value === undefined) await readInTurn(this.reading(), signal);
  }

  /** How it is read, as a part of a larger reading. */
  *reading(): Reading {
    if (this.#value !== undefined) return this.#value;
    if (failures.has(this)) throw failures.get(this);
    try {
      const read = this.#read();
      const value = typeof read === "string" ? read : yield* read;
      if (this.#isLookedFor) remember(value);
      this.#value = value;
      return value;
    } catch (error) {
      failures.set(this, error);
      throw error;
    }
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
  // what its parts come from may have to be asked for, and is not before it is needed
  return new Secret(function* () {
    let text = given[0] ?? "";
    for (const [index, value] of values.entries())
      text += `${value instanceof Secret ? yield* value.reading() : value}${given[index + 1] ?? ""}`;
    return text;
  });
}

/** The value of something that may be secret. */
export function reveal(value: string | { reveal(): string }): string {
  return typeof value === "string" ? value : value.reveal();
}
