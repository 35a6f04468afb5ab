/** Reads passwords. Commands that print passwords run while all other hosts go on, and an interrupt ends them. */

import { reveal } from "../base/secret.ts";
import { fetchSecrets } from "../secrets/fetch.ts";
import type { Password } from "./settings.ts";

/**
 * The password in the clear. A password that is a plain text is returned as it is.
 *
 * @param signal ends the command that is being run for it
 * @throws ShowrunnerError `secret.unavailable`, `interrupted`
 */
export async function passwordText(password: Password, signal?: AbortSignal): Promise<string> {
  await fetchSecrets(password, signal);
  return reveal(password);
}
