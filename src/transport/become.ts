/** Becoming another user. */
import { shellByDoas } from "./become-doas.ts";
import { refused } from "./become-refused.ts";
import { shellBySu } from "./become-su.ts";
import { shellBySudo } from "./become-sudo.ts";
import type { ExplainStart } from "./start.ts";
import { knownRefusal, nothingRuns } from "./start-refused.ts";
import { type Become, type Connection, defaultBecomeMethod, type RemoteProcess } from "./transport.ts";

/**
 * Starts a `sh` as another user, which reads its commands from its standard input. If that needs a password, the `sh`
 * already runs when this resolves.
 *
 * @throws ShowrunnerError `become.refused`
 */
export function shellAs(connection: Connection, become: Become): Promise<RemoteProcess> {
  switch (become.method ?? defaultBecomeMethod) {
    case "sudo":
      return shellBySudo(connection, become);
    case "su":
      return shellBySu(connection, become);
    case "doas":
      return shellByDoas(connection, become);
  }
}

/**
 * Why a shell never answered: the user was refused, or the program that changes the user was never reached.
 *
 * @param user the connection's
 */
export function explainStart(user: string | undefined, become: Become | undefined): ExplainStart {
  if (become === undefined) return nothingRuns(user);
  return (said, problem) =>
    knownRefusal(user, said) ?? refused(become, [said, problem ?? ""].join("\n").trim());
}
