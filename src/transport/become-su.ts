/** Becoming another user through su: with that user's password, or from root. */
import { quote } from "../base/script.ts";
import { letIn } from "./become-dialogue.ts";
import { newToken, plainShell, startScript } from "./start.ts";
import { nothingRuns } from "./start-refused.ts";
import type { Become, Connection, RemoteProcess } from "./transport.ts";

/**
 * su can't be told not to ask, nor which prompt to use. Without a terminal, the su of util-linux and of busybox reads
 * the password from its standard input: one line and no more.
 */
export async function shellBySu(connection: Connection, become: Become): Promise<RemoteProcess> {
  const ready = newToken();
  const wrapped = `printf ${ready}; exec sh`;
  // -s: users of services have no shell; only root may say so
  const process = await startScript(
    await connection.spawn(plainShell),
    `exec su -s /bin/sh -c ${quote(wrapped)} ${quote(become.user)}`,
    nothingRuns(connection.user),
  );
  return letIn(process, become, { ready });
}
