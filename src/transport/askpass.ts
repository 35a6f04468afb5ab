/** How the system's ssh gets a password: it runs a program that prints it. See ssh(1), SSH_ASKPASS. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConnectionSettings, Password } from "./settings.ts";

/** The secrets are in ssh's environment, which only its own user can read, and in no file and no process list. */
const script = `#!/bin/sh
case $1 in
*assphrase*) printf '%s\\n' "$SHOWRUNNER_PASSPHRASE" ;;
*) printf '%s\\n' "$SHOWRUNNER_PASSWORD" ;;
esac
`;

/**
 * The environment in which ssh is given password and passphrase.
 *
 * @param folder where the program is put; only its owner may look into it
 */
export function askpassEnvironment(
  { password, passphrase }: ConnectionSettings,
  folder: string,
): NodeJS.ProcessEnv {
  if (password === undefined && passphrase === undefined) return process.env;
  const program = join(folder, "askpass");
  writeFileSync(program, script, { mode: 0o700 });
  return {
    ...process.env,
    SSH_ASKPASS: program,
    SSH_ASKPASS_REQUIRE: "force",
    DISPLAY: process.env["DISPLAY"] ?? ":0", // before OpenSSH 8.4 nothing is asked without one
    SHOWRUNNER_PASSWORD: reveal(password),
    SHOWRUNNER_PASSPHRASE: reveal(passphrase),
  };
}

function reveal(password: Password | undefined): string {
  return typeof password === "object" ? password.reveal() : (password ?? "");
}
