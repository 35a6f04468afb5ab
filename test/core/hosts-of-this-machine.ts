/** Hosts that are folders of this machine: each keeps what a run leaves on a host in a folder of its own. */
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TimedEvent } from "../../src/core/events/events.ts";
import { type Play, playbook } from "../../src/core/plays/play.ts";
import { runPlays } from "../../src/core/plays/run.ts";
import type { RunRequest } from "../../src/core/plays/run-request.ts";
import { inventory } from "../../src/inventory/index.ts";
import { shell } from "../../src/modules/commands/shell.ts";
import { connectCustom, defineTransport } from "../../src/transport/custom.ts";
import type { Connection } from "../../src/transport/transport.ts";

export class HostsOfThisMachine {
  readonly folder = mkdtempSync(join(tmpdir(), "hosts-"));
  readonly #names: readonly string[];
  readonly #transport = defineTransport({
    name: "folder",
    command: ({ name }, script) => [
      "env",
      `HOST=${name}`,
      `SHOWRUNNER_STATE=${this.at(name)}`,
      "sh",
      "-c",
      script,
    ],
  });

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  at(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** A handler that notes the host it ran on; it fails on those that have a file `broken-HOST`. */
  noting(text = ""): ReturnType<typeof shell> {
    const note = `echo $HOST${text && ` ${text}`} >>${this.at("log")}; [ ! -e ${this.at("broken-$HOST")} ]`;
    return shell({ cmd: note }, { name: text || "note" });
  }

  get log(): string[] {
    return existsSync(this.at("log")) ? readFileSync(this.at("log"), "utf8").trim().split("\n") : [];
  }

  pending(name: string): string[] {
    const path = this.at(name, "lib/owed");
    return existsSync(path) ? readdirSync(path) : [];
  }

  connect(name: string): Promise<Connection> {
    return connectCustom(this.#transport, { name, address: name, port: 22, user: undefined });
  }

  /** A host whose first connection that is made while `isDue` says so opens no shell. */
  breakingOnce(isDue: () => boolean): Pick<RunRequest, "access"> {
    let isBroken = false;
    return {
      access: ({ name }) => ({
        connect: async () => {
          const connection = await this.connect(name);
          if (isBroken || !isDue()) return connection;
          isBroken = true;
          return { ...connection, spawn: async () => connection.spawn("exit 1") };
        },
      }),
    };
  }

  async run(plays: readonly Play[], request: Partial<RunRequest> = {}) {
    const events: TimedEvent[] = [];
    const summary = await runPlays({
      playbook: playbook(plays),
      name: "site",
      inventoryName: "here",
      inventory: inventory({ hosts: Object.fromEntries(this.#names.map((name) => [name, {}])) }),
      access: ({ name }) => ({ connect: () => this.connect(name) }),
      ...request,
      subscribers: [(event) => events.push(event)],
    });
    const stopped = events.flatMap((event) => (event.type === "run:stopped" ? [event] : []));
    const warnings = events.flatMap((event) => (event.type === "warning" ? [event.text] : []));
    const errors = events.flatMap((event) => (event.type === "host:failed" ? [event.error] : []));
    return { ...summary, events, stopped, warnings, errors };
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
