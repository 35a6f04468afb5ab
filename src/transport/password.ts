/** Reads passwords: those of commands while all other hosts go on, and an interrupt ends them. */

import { reveal } from "../base/secret.ts";
import { fetchSecrets } from "../secrets/fetch.ts";
import type { Password } from "./settings.ts";

/**
 * The password in the clear. One that is no secret of ours gives itself.
 *
 * @param signal ends what is being run for it
 * @throws ShowrunnerError `secret.unavailable`, `interrupted`
 */
export async function passwordText(password: Password, signal?: AbortSignal): Promise<string> {
  await fetchSecrets(password, signal);
  return reveal(password);
}
