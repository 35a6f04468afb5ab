/**
 * Connections to jump hosts: one for all the hosts behind a jump host. Its sshd sees one authenticated connection,
 * however many hosts are reached through it at a time. MaxStartups, which drops connections that are not yet
 * authenticated, does not count channels. So nothing is limited here, and a silent host does not delay the others.
 */
import { unlessAborted } from "./unless-aborted.ts";

/** What is shared, and what is made through it. */
interface Ending {
  readonly ended: Promise<unknown>;
  close(): Promise<void>;
}

interface Shared<B> {
  readonly connection: Promise<B>;
  readonly unwanted: AbortController;
  users: number;
}

/** Opens a jump host's connection when it is first needed, and closes it with the last connection through it. */
export class Bastions<B extends Ending> {
  readonly #shared = new Map<string, Shared<B>>();

  /**
   * Makes a connection through a jump host.
   *
   * @param route names the jump host and the way to it
   * @param open connects to the jump host, where no connection stands; aborted when nobody waits for it any more
   * @param connect makes the connection; the jump host's stays until this one has ended
   * @param signal gives up waiting for the jump host, which others may go on with
   */
  async through<T extends Ending>(
    route: string,
    open: (signal: AbortSignal) => Promise<B>,
    connect: (bastion: B) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const shared = this.#acquire(route, open);
    try {
      const bastion = await unlessAborted(shared.connection, signal);
      const made = await connect(bastion);
      void made.ended.then(() => this.#release(route, shared));
      return made;
    } catch (error) {
      this.#release(route, shared);
      throw error;
    }
  }

  #acquire(route: string, open: (signal: AbortSignal) => Promise<B>): Shared<B> {
    const shared = this.#shared.get(route) ?? this.#open(route, open);
    shared.users++;
    return shared;
  }

  #open(route: string, open: (signal: AbortSignal) => Promise<B>): Shared<B> {
    const unwanted = new AbortController();
    const connection = open(unwanted.signal);
    const shared: Shared<B> = { connection, unwanted, users: 0 };
    this.#shared.set(route, shared);
    // a connection that ended, or was never made, must not serve the next host
    const forget = () => this.#forget(route, shared);
    connection.then(({ ended }) => ended.then(forget), forget);
    return shared;
  }

  #release(route: string, shared: Shared<B>): void {
    shared.users--;
    if (shared.users > 0) return;
    this.#forget(route, shared);
    shared.unwanted.abort();
    shared.connection.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }

  #forget(route: string, shared: Shared<B>): void {
    if (this.#shared.get(route) === shared) this.#shared.delete(route);
  }
}
