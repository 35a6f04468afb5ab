/** Secrets that a command on the control machine prints. */
import { spawnSync } from "node:child_process";
import { withoutNewline } from "./file.ts";
import { Secret } from "./secret.ts";
import { unavailable } from "./unavailable.ts";

/**
 * What a command prints, without one newline at its end. It runs when the secret is first needed, once; it may ask
 * on the terminal. No shell is involved: the words are its arguments as they stand.
 *
 * @param argv the command and its arguments
 * @throws ShowrunnerError "secret.unavailable", when revealed, where it isn't there or fails
 * @example
 * secretFrom.command(["pass", "show", "site/db"]);
 */
export function secretCommand(argv: readonly [string, ...string[]]): Secret {
  return new Secret(() => {
    const text = commandOutput(argv);
    if (text === "") throw unavailable(`the command "${argv[0]}" was to print a secret and printed nothing`);
    return text;
  });
}

/**
 * @param missing what to do where the command isn't there
 * @returns what the command printed, without one newline at its end
 */
export function commandOutput(argv: readonly [string, ...string[]], missing?: string): string {
  const [name, ...args] = argv;
  const { status, signal, stdout, stderr, error } = spawnSync(name, args, {
    encoding: "utf8",
    stdio: ["inherit", "pipe", "pipe"],
    maxBuffer: 16 * 1024 * 1024,
  });
  if (error)
    throw unavailable(
      "code" in error && error.code === "ENOENT"
        ? `the command "${name}", which gives a secret, is not there`
        : `the command "${name}", which gives a secret, can't be run: ${error.message}`,
      missing ?? "Install it, or put its folder in PATH.",
      error,
    );
  if (status === 0) return withoutNewline(stdout);
  const why = stderr.trim().split("\n").at(-1) ?? "";
  throw unavailable(
    `the command "${name}", which gives a secret, ${signal ? `was ended by ${signal}` : `failed with status ${status}`}${why ? `: ${why}` : ""}`,
  );
}
