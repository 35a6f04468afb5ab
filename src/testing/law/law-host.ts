/** A host that cases run on: one connection for all cases, and scripts run as root without Showrunner. */
import type { InventoryView } from "../../base/host.ts";
import { play, playbook } from "../../core/plays/play.ts";
import { runPlays } from "../../core/plays/run.ts";
import type { HostAccess } from "../../core/plays/run-request.ts";
import { lastLines } from "../../transport/output.ts";
import { Session } from "../../transport/session.ts";
import type { Become, Connect, Connection } from "../../transport/transport.ts";

/** What a host's connection needs, beside the inventory that names it. */
export interface LawTarget {
  readonly name: string;
  /** The host's name in the table, such as its suite `bookworm`. Default: the host's name. */
  readonly suite?: string;
  readonly inventory: InventoryView;
  readonly access: HostAccess;
}

/** The outcome of a body that ran as a step on the host. */
export interface Ran<T> {
  /** What the body returned, if it ended. */
  readonly value: T | undefined;
  /** Why the host took no more steps. */
  readonly failure: string | undefined;
}

export class LawHost {
  readonly name: string;
  readonly suite: string;
  readonly #target: LawTarget;
  readonly #root: Become;
  #kept: KeptConnection;
  #session: Session;

  constructor(target: LawTarget) {
    const { name, suite = name, access } = target;
    this.name = name;
    this.suite = suite;
    this.#target = target;
    this.#root = { user: "root", password: access.becomePassword, method: access.becomeMethod };
    this.#kept = keptConnection(access.connect);
    this.#session = new Session(this.#kept.connect);
  }

  /**
   * Runs a script as root, beside the product.
   *
   * @returns what it printed
   * @throws Error with its last lines, for a status other than 0
   */
  async script(text: string, timeout = 600_000): Promise<string> {
    const [output] = await this.#session.run(this.#root, [text], { timeout });
    if (output?.status !== 0)
      throw new Error(
        `ended with status ${output?.status}: ${output ? lastLines(output, 6).join(" | ") : ""}`,
      );
    return output.stdout.toString();
  }

  /** Runs a body as a step of a playbook, as root where its tasks do not say otherwise. */
  async run<T>(body: () => Promise<T>, { check = false } = {}): Promise<Ran<T>> {
    const { inventory, access, name } = this.#target;
    let value: T | undefined;
    let failure: string | undefined;
    const step = async () => {
      value = await body();
    };
    await runPlays({
      playbook: playbook([play("law", { hosts: name, become: true }, { case: step })]),
      name: "law",
      inventoryName: "law",
      inventory,
      access: () => ({ ...access, connect: this.#kept.connect }),
      check,
      verify: !check,
      subscribers: [
        (event) => {
          if (event.type === "host:failed" || event.type === "host:unreachable")
            failure = [event.error.message, ...event.error.details].join(" | ");
        },
      ],
    });
    return { value, failure };
  }

  /** Connects again: killing processes may have ended the connection. */
  async reconnect(): Promise<void> {
    await this.close();
    this.#kept = keptConnection(this.#target.access.connect);
    this.#session = new Session(this.#kept.connect);
  }

  async close(): Promise<void> {
    await this.#session.close();
    await this.#kept.close();
  }
}

interface KeptConnection {
  readonly connect: Connect;
  close(): Promise<void>;
}

/** A connection that stays when a run closes it: the next one takes it over. */
function keptConnection(connect: Connect): KeptConnection {
  let kept: Promise<Connection> | undefined;
  return {
    async connect() {
      kept ??= connect();
      return shared(await kept);
    },
    async close() {
      await (await kept?.catch(() => undefined))?.close();
    },
  };
}

function shared(connection: Connection): Connection {
  const { user } = connection;
  const onTerminal = connection.spawnOnTerminal?.bind(connection);
  return {
    ...(user === undefined ? {} : { user }),
    ...(onTerminal === undefined ? {} : { spawnOnTerminal: onTerminal }),
    spawn: (command) => connection.spawn(command),
    dial: (host, port, timeout) => connection.dial(host, port, timeout),
    close: async () => undefined,
  };
}
