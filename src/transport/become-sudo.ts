/** Becoming another user through sudo, with a password or without. */
import { quote } from "../core/base/script.ts";
import { letIn } from "./become-dialogue.ts";
import type { Become, Connection, RemoteProcess } from "./transport.ts";

/** sudo's question is one that we name, so that its language does not matter. */
export async function spawnBySudo(
  connection: Connection,
  become: Become,
  command: string,
  ready: string,
): Promise<RemoteProcess> {
  const user = quote(become.user);
  if (become.password === undefined)
    return connection.spawn(`sudo -n -H -u ${user} -- sh -c ${quote(command)}`);
  const question = `${ready}?`;
  const wrapped = `printf ${ready}; ${command}`;
  const process = await connection.spawn(
    `sudo -S -p ${quote(question)} -H -u ${user} -- sh -c ${quote(wrapped)}`,
  );
  return letIn(process, become, { ready, question });
}
