/** Reads the secrets that a run needs, before any host is touched. */

import { forgetFailures } from "../../base/secret.ts";
import { fetchSecrets } from "../../secrets/fetch.ts";
import { askPrompts } from "../../secrets/prompt.ts";
import { asFailure } from "../events/failure.ts";
import type { CheckedVars, PlayHosts } from "./vars.ts";

/**
 * Asks the user for secrets, and reads the secrets in the wanted plays' variables. A secret that can't be read ends the
 * run here. After an interrupt the rest is not read, since it will not be used.
 *
 * @throws ShowrunnerError `secret.unavailable` with the variable's file and line; `interrupted` at a question
 */
export async function fetchVars(
  plays: readonly PlayHosts[],
  vars: CheckedVars,
  signal: AbortSignal | undefined,
): Promise<void> {
  forgetFailures();
  await askPrompts(signal);
  for (const { play, hosts } of plays)
    for (const host of hosts)
      for (const [name, value] of Object.entries(vars.get(play)?.get(host.name) ?? {}))
        try {
          await fetchSecrets(value, signal);
        } catch (error) {
          if (signal?.aborted) return;
          throw asFailure(error).at(host.varLocation(name));
        }
}
