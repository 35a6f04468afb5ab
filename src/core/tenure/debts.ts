/** What one host owes, written down on the host itself: a run that is killed leaves it to the next one. */
import type { Session } from "../../transport/session.ts";
import type { Become } from "../../transport/transport.ts";
import { ShowrunnerError } from "../base/errors.ts";
import { lines, type Script, sh } from "../base/script.ts";
import { type Debt, debtOf } from "./debt.ts";
import { debtId, type Handler } from "./handler-identity.ts";
import { stateFolders } from "./host-state.ts";

/** What is known to be written down: each user that changes are made as has a folder of its own. */
interface Written extends Pick<Debt, "id" | "label" | "playbook" | "play"> {
  readonly as: Become | undefined;
}

export class Debts {
  readonly #session: Session;
  #written: readonly Written[] = [];
  #last = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Notes what is written down in a user's folder, and nothing else is. */
  found(as: Become | undefined, debts: readonly Debt[]): void {
    const others = this.#written.filter((written) => written.as?.user !== as?.user);
    this.#written = [
      ...others,
      ...debts.map(({ id, label, playbook, play }) => ({ id, label, playbook, play, as })),
    ];
  }

  /** All that is known to be written down. */
  get written(): readonly Pick<Debt, "id" | "label">[] {
    return this.#written;
  }

  /** As whom a debt was written down; none where it is not, or not any more. */
  writtenAs(id: string): readonly (Become | undefined)[] {
    return this.#written.flatMap((written) => (written.id === id ? [written.as] : []));
  }

  /**
   * Writes down handlers that a change is about to owe, unless they are.
   *
   * @param as the user that the change is made as
   * @returns the ids of those that were not written down before
   * @throws ShowrunnerError `change.failed` where the host can't keep it: then the change must not be made
   */
  async write(
    as: Become | undefined,
    handlers: readonly Handler[],
    { playbook, play }: Pick<Debt, "playbook" | "play">,
  ): Promise<readonly string[]> {
    const isWritten = (id: string) =>
      this.#written.some(
        (one) => one.id === id && one.as?.user === as?.user && one.playbook === playbook && one.play === play,
      );
    const fresh = handlers.filter((handler) => !isWritten(debtId(handler)));
    if (fresh.length === 0) return [];
    const debts = fresh.map((handler) => debtOf(handler, { playbook, play }));
    const script = sh`umask 077
${stateFolders}
mkdir -p "$state/owed" && ours "$state" && cd "$state/owed" || exit
${lines(...debts.map((debt) => this.#record(debt)))}
sync . 2>/dev/null; :`;
    const complaint = await this.#run(as, script);
    if (complaint)
      throw new ShowrunnerError("change.failed", "the handlers that this would owe can't be written down", {
        details: complaint,
        hint: "nothing was changed; handlers that are owed are kept in /var/lib/showrunner, or in /var/tmp for users other than root: let that be writable, or set lease: false for the host",
      });
    this.#written = [...this.#written, ...debts.map(({ id, label }) => ({ id, label, playbook, play, as }))];
    return debts.map(({ id }) => id);
  }

  /**
   * Strikes out what was paid, or never came to be owed.
   *
   * @returns what the host says against it; undefined where it went well
   */
  async strike(ids: readonly string[]): Promise<readonly string[] | undefined> {
    const struck = this.#written.filter(({ id }) => ids.includes(id));
    const users = new Map(struck.map(({ as }) => [as?.user, as]));
    for (const as of users.values()) {
      const mine = struck.filter((written) => written.as?.user === as?.user);
      const files = mine.map(({ id }) => sh`"$state"/owed/*-${id}.json`.text).join(" ");
      const script = sh`${stateFolders}
rm -f -- ${{ kind: "script", text: files }} "$state/owed/.new" || exit
rmdir "$state/owed" "$state" 2>/dev/null; :`;
      const complaint = await this.#run(as, script);
      if (complaint) return complaint;
      this.#written = this.#written.filter((written) => !mine.includes(written));
    }
    return undefined;
  }

  /** The name sorts in the order of the debts. It is on the disk before the change is made. */
  #record(debt: Debt): Script {
    const order = `${debt.since}-${String(this.#last++).padStart(4, "0")}`;
    const name = `${order}-${debt.id}.json`;
    return sh`printf '%s\n' ${JSON.stringify(debt)} >.new && { sync .new 2>/dev/null || :; } && mv -f .new ${name} || exit`;
  }

  /** @returns undefined where it went well */
  async #run(as: Become | undefined, script: Script): Promise<readonly string[] | undefined> {
    const [output] = await this.#session.run(as, [script.text], { timeout: 60_000 });
    if (output?.status === 0) return undefined;
    return output?.stderr.toString().trim().split("\n").slice(-3) ?? [];
  }
}
