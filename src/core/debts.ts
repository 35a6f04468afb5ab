/** What one host owes, written down on the host itself: a run that is killed leaves it to the next one. */
import type { Session } from "../transport/session.ts";
import type { Become } from "../transport/transport.ts";
import { type Debt, debtId, debtOf } from "./debt.ts";
import { ShowrunnerError } from "./errors.ts";
import { stateFolders } from "./host-state.ts";
import { type Script, sh } from "./script.ts";
import type { Task } from "./task.ts";

/** Where a debt is written down: each user that tasks run as has a folder of its own. */
interface Written {
  readonly id: string;
  readonly as: Become | undefined;
}

export class Debts {
  readonly #session: Session;
  readonly #written = new Map<string, Written>();
  #last = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Notes what an earlier run has written down. */
  found(as: Become | undefined, debts: readonly Debt[]): void {
    for (const { id } of debts) this.#written.set(writtenKey(id, as), { id, as });
  }

  /**
   * Writes down handlers that a change is about to owe, unless they are.
   *
   * @param as the user that the change is made as
   * @param debtor who owes it, and as whom a handler will run
   * @returns those that were not written down before
   * @throws ShowrunnerError `change.failed` where the host can't keep it: then the change must not be made
   */
  async write(
    as: Become | undefined,
    handlers: readonly Task<unknown>[],
    debtor: Pick<Debt, "playbook" | "play"> & { runsAs(handler: Task<unknown>): Become | undefined },
  ): Promise<readonly Task<unknown>[]> {
    const fresh = handlers.filter((handler) => !this.#written.has(writtenKey(debtId(handler), as)));
    if (fresh.length === 0) return [];
    const { playbook, play } = debtor;
    const records = fresh.map((handler) =>
      debtOf(handler, { become: debtor.runsAs(handler)?.user, playbook, play }),
    );
    await this.#run(
      as,
      sh`umask 077
${stateFolders}
mkdir -p "$state/owed" && cd "$state/owed" || exit
${{ kind: "script", text: records.map((debt) => this.#record(debt).text).join("\n") }}`,
    );
    for (const { id } of records) this.#written.set(writtenKey(id, as), { id, as });
    return fresh;
  }

  /** Strikes out what was paid, or never came to be owed. */
  async strike(handlers: readonly Task<unknown>[]): Promise<void> {
    const ids = new Set(handlers.map(debtId));
    const struck = [...this.#written.entries()].filter(([, { id }]) => ids.has(id));
    const users = new Map(struck.map(([, { as }]) => [as?.user, as]));
    for (const as of users.values()) {
      const mine = struck.filter(([, written]) => written.as?.user === as?.user);
      const files = mine.map(([, { id }]) => sh`"$state"/owed/*-${id}.json`.text).join(" ");
      await this.#run(
        as,
        sh`${stateFolders}
rm -f -- ${{ kind: "script", text: files }}
rmdir "$state/owed" "$state" 2>/dev/null; :`,
      );
      for (const [key] of mine) this.#written.delete(key);
    }
  }

  /** The name sorts in the order of the debts. It is on the disk before the change is made. */
  #record(debt: Debt): Script {
    const order = `${debt.since}-${String(this.#last++).padStart(4, "0")}`;
    const name = `${order}-${debt.id}.json`;
    return sh`printf '%s\n' ${JSON.stringify(debt)} >.new && { sync .new 2>/dev/null || :; } && mv -f .new ${name} || exit`;
  }

  async #run(as: Become | undefined, script: Script): Promise<void> {
    const [output] = await this.#session.run(as, [script.text], { timeout: 60_000 });
    if (output?.status === 0) return;
    throw new ShowrunnerError("change.failed", "the handlers that are owed could not be written down", {
      details: output?.stderr.toString().trim().split("\n").slice(-3),
      hint: "nothing was changed; runs keep them in /var/lib/showrunner, or in ~/.local/state of a user who is not root",
    });
  }
}

function writtenKey(id: string, as: Become | undefined): string {
  return `${as?.user ?? ""}\0${id}`;
}
