/** Becoming another user. */
import { randomBytes } from "node:crypto";
import { spawnByDoas } from "./become-doas.ts";
import { spawnBySu } from "./become-su.ts";
import { spawnBySudo } from "./become-sudo.ts";
import { type Become, type Connection, defaultBecomeMethod, type RemoteProcess } from "./transport.ts";

/**
 * Starts a command as another user, and waits until it runs where that takes a password.
 *
 * @throws ShowrunnerError `become.refused`
 */
export function spawnAs(connection: Connection, become: Become, command: string): Promise<RemoteProcess> {
  const ready = `SR${randomBytes(12).toString("hex")}`;
  switch (become.method ?? defaultBecomeMethod) {
    case "sudo":
      return spawnBySudo(connection, become, command, ready);
    case "su":
      return spawnBySu(connection, become, command, ready);
    case "doas":
      return spawnByDoas(connection, become, command, ready);
  }
}
