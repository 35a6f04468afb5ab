/** Secrets that a command on the control machine prints. */
import { ShowrunnerError } from "../base/errors.ts";
import { callerLocation } from "../base/location.ts";
import { Secret } from "../base/secret.ts";
import { unavailable } from "../base/secret-unavailable.ts";
import { printed } from "./run-command.ts";

/**
 * What a command prints, without one newline at its end. It runs when the secret is first needed, once; it may ask
 * on the terminal. No shell is involved: the words are its arguments as they stand.
 *
 * @param argv the command and its arguments
 * @throws ShowrunnerError "params.invalid" for what is no list of words; "secret.unavailable", when revealed, if the
 *   command is missing or fails
 * @example
 * secretFrom.command(["pass", "show", "site/db"]);
 */
export function secretCommand(argv: readonly [string, ...string[]]): Secret {
  if (!isArgv(argv))
    throw new ShowrunnerError(
      "params.invalid",
      `secretFrom.command: expected a command and its words, such as ["pass", "show", "site/db"], got ${gotten(argv)}`,
      { location: callerLocation(), hint: "No shell is involved: each word stands by itself in the list." },
    );
  return new Secret(function* () {
    const text = yield printed({ argv });
    if (text === "") throw unavailable(`the command "${argv[0]}" was to print a secret and printed nothing`);
    return text;
  });
}

function gotten(value: unknown): string {
  if (typeof value === "string") return "a text";
  return Array.isArray(value) ? "a list that is empty, or has more than texts in it" : "no list";
}

/** For code that was not compiled: checks the types. */
function isArgv(value: unknown): boolean {
  return Array.isArray(value) && value.every((word) => typeof word === "string") && (value[0] ?? "") !== "";
}
