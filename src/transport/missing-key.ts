/** The error for a named private key that does not exist. */
import { ShowrunnerError } from "../base/errors.ts";

/** @param file as the inventory names it */
export function missingKey(file: string): ShowrunnerError {
  return new ShowrunnerError("host.auth", `the key file ${file} does not exist`, {
    hint: /(^|\/)\.showrunner\/lab\//.test(file)
      ? "it belongs to a lab that is down: `npx run lab up -i FILE`, with this inventory as FILE, makes it"
      : "name an existing private key as identityFile, or leave it out to use the agent and your default keys",
  });
}
