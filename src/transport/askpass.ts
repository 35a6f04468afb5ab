/** How the system's ssh gets a password: it runs a program that prints it. See ssh(1), SSH_ASKPASS. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { reveal } from "../base/secret.ts";
import type { ConnectionSettings } from "./settings.ts";

/**
 * The secrets are in ssh's environment, which only its own user can read, and in no file and no process list. A second
 * ssh that our ssh starts (as a ProxyCommand, for another host) has the same environment. It gets no password, since it
 * does not lead its process group. Questions for a PIN, or for yes or no, get no password either.
 */
const script = `#!/bin/sh
if read -r stat <"/proc/$$/stat"; then set -- "$1" \${stat##*) }; group=$4; else group=$(ps -o pgid= -p $$); fi 2>/dev/null
[ "$group" -eq "$PPID" ] || exit 1
case $1 in
"Enter passphrase for "*) printf '%s\\n' "$SHOWRUNNER_PASSPHRASE" ;;
*"(yes/no"* | *"PIN for "*) exit 1 ;;
*) printf '%s\\n' "$SHOWRUNNER_PASSWORD" ;;
esac
`;

/** What the program is called in the folder that it is put into. */
export const askpassName = "askpass";

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
  const program = join(folder, askpassName);
  writeFileSync(program, script, { mode: 0o700 });
  return {
    ...process.env,
    SSH_ASKPASS: program,
    SSH_ASKPASS_REQUIRE: "force",
    DISPLAY: process.env["DISPLAY"] ?? ":0", // before OpenSSH 8.4, SSH_ASKPASS is used only if this is set
    SHOWRUNNER_PASSWORD: reveal(password ?? ""),
    SHOWRUNNER_PASSPHRASE: reveal(passphrase ?? ""),
  };
}
