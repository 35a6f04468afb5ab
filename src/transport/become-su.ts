/** Becoming another user through su: with that user's password, or from root. */
import { quote } from "../core/base/script.ts";
import { letIn } from "./become-dialogue.ts";
import type { Become, Connection, RemoteProcess } from "./transport.ts";

/**
 * su can't be told not to ask, nor how. Without a terminal, that of util-linux and of busybox reads the password from
 * its standard input, one line and no more.
 */
export async function spawnBySu(
  connection: Connection,
  become: Become,
  command: string,
  ready: string,
): Promise<RemoteProcess> {
  const wrapped = `printf ${ready}; ${command}`;
  // -s: users of services have no shell; only root may say so
  const process = await connection.spawn(`su -s /bin/sh -c ${quote(wrapped)} ${quote(become.user)}`);
  return letIn(process, become, { ready });
}
