/** Becoming another user through sudo, with a password or without. */
import { quote } from "../base/script.ts";
import { letIn } from "./become-dialogue.ts";
import { newToken, plainShell, provenShell, startScript } from "./start.ts";
import { nothingRuns } from "./start-refused.ts";
import type { Become, Connection, RemoteProcess } from "./transport.ts";

/** We choose sudo's prompt, so its language does not matter. */
export async function shellBySudo(connection: Connection, become: Become): Promise<RemoteProcess> {
  const user = quote(become.user);
  if (become.password === undefined)
    return provenShell(connection, (shell) => `sudo -n -H -u ${user} -- ${shell}`);
  const ready = newToken();
  const question = `${ready}?`;
  const wrapped = `printf ${ready}; exec sh`;
  const process = await startScript(
    await connection.spawn(plainShell),
    `exec sudo -S -p ${quote(question)} -H -u ${user} -- sh -c ${quote(wrapped)}`,
    nothingRuns(connection.user),
  );
  return letIn(process, become, { ready, question });
}
