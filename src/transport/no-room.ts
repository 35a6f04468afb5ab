/** What happens when a host refuses one more process on a connection: another connection is opened. */
import { messageOf, ShowrunnerError } from "../base/errors.ts";
import type { Connection, RemoteProcess } from "./transport.ts";

/** The host refused one more session on a connection. */
export class NoRoom extends ShowrunnerError {
  constructor(message: string) {
    super("host.lost", message, { hint: roomHint });
  }
}

export const roomHint =
  "each user that tasks run as takes two sessions, and ending or uploading something one more: let the host's sshd allow at least 10 a connection (MaxSessions in its sshd_config)";

/** More than any run needs: a host that refuses every session is not asked for ever. */
const mostConnections = 8;

interface Ending extends Connection {
  readonly user: string;
  readonly ended: Promise<void>;
}

/** A connection that opens further ones where the host allows too few sessions on one. */
export class RoomyConnection implements Connection {
  readonly #connections: Ending[];
  readonly #another: () => Promise<Ending>;

  constructor(first: Ending, another: () => Promise<Ending>) {
    this.#connections = [first];
    this.#another = another;
  }

  get user(): string {
    return this.#first.user;
  }

  spawn(command: string): Promise<RemoteProcess> {
    return this.#where((connection) => connection.spawn(command));
  }

  spawnOnTerminal(command: string): Promise<RemoteProcess> {
    return this.#where((connection) => {
      if (connection.spawnOnTerminal) return connection.spawnOnTerminal(command);
      throw new ShowrunnerError("internal", "this connection has no terminals");
    });
  }

  dial(...target: Parameters<Connection["dial"]>): ReturnType<Connection["dial"]> {
    return this.#first.dial(...target);
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  get #first(): Ending {
    const [first] = this.#connections;
    if (first === undefined) throw new ShowrunnerError("internal", "there is no connection");
    return first;
  }

  async #where(start: (connection: Ending) => Promise<RemoteProcess>): Promise<RemoteProcess> {
    for (const connection of [...this.#connections]) {
      try {
        return await start(connection);
      } catch (error) {
        const isFirst = connection === this.#first;
        // a further connection that was lost is replaced; when the first one ends, all of them end
        if (!(error instanceof NoRoom) && isFirst) throw error;
      }
    }
    return start(await this.#open());
  }

  async #open(): Promise<Ending> {
    if (this.#connections.length >= mostConnections)
      throw new NoRoom(`the host opens no more sessions on ${mostConnections} connections`);
    let opened: Ending;
    try {
      opened = await this.#another();
    } catch (error) {
      const why = messageOf(error);
      throw new NoRoom(
        `the host opens no more sessions on a connection, and takes no further connection: ${why}`,
      );
    }
    this.#connections.push(opened);
    void opened.ended.then(() => this.#connections.splice(this.#connections.indexOf(opened), 1));
    return opened;
  }
}
