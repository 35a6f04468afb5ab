/** The pending handlers of one host, written down on the host itself: a killed run leaves them to the next one. */
import { diskWords } from "../../base/disk-words.ts";
import { ShowrunnerError } from "../../base/errors.ts";
import { lines, rawScript, type Script, sh } from "../../base/script.ts";
import type { Session } from "../../transport/session.ts";
import type { Become } from "../../transport/transport.ts";
import { type Handler, pendingId } from "./handler-identity.ts";
import { stateFolders } from "./host-state.ts";
import { type Notification, type PendingHandler, pendingHandlerOf } from "./pending-handler.ts";

/** The records known to exist: each user that changes are made as has a folder of its own. */
interface Written extends Pick<PendingHandler, "id" | "label" | "playbook" | "play"> {
  readonly as: Become | undefined;
  /** A pattern of the shell for the name of its file. */
  readonly file: string;
  /** Whether this run wrote it for a change of which nobody knows yet whether it notifies the handler. */
  readonly isTentative: boolean;
}

/** The records of a handler at one time, without those that other runs write later. */
export type PendingRecord = Pick<Written, "id" | "as" | "file">;

export class PendingRecords {
  readonly #session: Session;
  #written: readonly Written[] = [];
  #last = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Notes that a user's folder holds exactly these records. Of this run's records, those written under another name of
   * the host are left out.
   *
   * @param run this run
   * @returns what other runs have written
   */
  found(
    as: Become | undefined,
    pendingHandlers: readonly PendingHandler[],
    run: string,
  ): readonly PendingHandler[] {
    const own = pendingHandlers.filter((pending) => pending.run === run);
    const others = pendingHandlers.filter((pending) => pending.run !== run);
    const kept = this.#written.filter(
      (one) => one.as?.user !== as?.user || own.some((pending) => isSame(pending, one)),
    );
    const news = others.map(({ id, label, playbook, play, since }) => ({
      id,
      label,
      playbook,
      play,
      as,
      file: fileOf({ id, since }),
      isTentative: false,
    }));
    this.#written = [...kept, ...news];
    return others;
  }

  /** All that is known to be written down. */
  get written(): readonly Pick<PendingHandler, "id" | "label">[] {
    return this.#written;
  }

  /** The users in whose folders a handler is written down; none if it is not, or no longer. */
  writtenAs(id: string): readonly (Become | undefined)[] {
    return this.#written.flatMap((written) => (written.id === id ? [written.as] : []));
  }

  /**
   * Writes down handlers that a change may notify, unless they are written down already.
   *
   * @param as the user that the change is made as
   * @throws ShowrunnerError `change.failed` if the host can't keep the record: the change must then not be made
   */
  async write(
    as: Become | undefined,
    handlers: readonly Handler[],
    notification: Notification,
  ): Promise<void> {
    const { playbook, play } = notification;
    const isWritten = (id: string) =>
      this.#written.some((one) => one.as?.user === as?.user && isSame({ id, playbook, play }, one));
    const fresh = handlers.filter((handler) => !isWritten(pendingId(handler)));
    if (fresh.length === 0) return;
    const files = fresh.map((handler) => {
      const pending = pendingHandlerOf(handler, notification);
      return { pending, file: this.#nextName(pending) };
    });
    const script = sh`umask 077
${stateFolders}
${rawScript(diskWords)}
make "$state" && make "$state/owed" || { [ $? = 2 ] || echo "$state is not a folder of this user's own" >&2; exit 1; }
# a printf of the shell's own tells no reason, cat does
note() { said=$({ LC_ALL=C cat >.new; } 2>&1) || { rm -f .new; sr_disk . "$said" >&2; exit 1; }; }
${lines(...files.map(record))}
sync . 2>/dev/null; :`;
    const complaint = await this.#run(as, script);
    if (complaint)
      throw new ShowrunnerError(
        "change.failed",
        "the handlers that this would notify can't be written down",
        {
          details: complaint,
          hint: "nothing was changed; pending handlers are kept in /var/lib/showrunner, or in /var/tmp for users other than root: make that folder writable, or set lease: false for the host",
        },
      );
    const news = files.map(({ pending: { id, label }, file }) => ({
      id,
      label,
      playbook,
      play,
      as,
      file: sh`${file}`.text,
      isTentative: true,
    }));
    this.#written = [...this.#written, ...news];
  }

  /** Notes that changes have notified these: their records stay until they have run. */
  confirm(ids: readonly string[]): void {
    this.#written = this.#written.map((one) => (ids.includes(one.id) ? { ...one, isTentative: false } : one));
  }

  /** All records of an id, whichever run wrote them. */
  of(id: string): readonly PendingRecord[] {
    return this.#written.filter((written) => written.id === id);
  }

  /**
   * Removes the records of handlers that have run.
   *
   * @returns what the host printed if it failed; undefined after success
   */
  remove(ran: readonly PendingRecord[]): Promise<readonly string[] | undefined> {
    const hasRun = ({ as, file }: Written) =>
      ran.some((record) => record.as?.user === as?.user && record.file === file);
    return this.#removeAll(this.#written.filter(hasRun));
  }

  /**
   * Removes this run's records of handlers that no change has notified. Other runs' records of the same id stay.
   *
   * @returns what the host printed if it failed; undefined after success
   */
  takeBack(ids: readonly string[]): Promise<readonly string[] | undefined> {
    return this.#removeAll(this.#written.filter(({ id, isTentative }) => isTentative && ids.includes(id)));
  }

  async #removeAll(struck: readonly Written[]): Promise<readonly string[] | undefined> {
    // forgotten at once: a change that comes meanwhile must write its own record, which happens after this
    this.#written = this.#written.filter((written) => !struck.includes(written));
    const users = new Map(struck.map(({ as }) => [as?.user, as]));
    let left = struck;
    try {
      for (const as of users.values()) {
        const mine = left.filter((written) => written.as?.user === as?.user);
        const complaint = await this.#run(as, removalScript(mine.map(({ file }) => file)));
        if (complaint) return complaint;
        left = left.filter((written) => !mine.includes(written));
      }
      return undefined;
    } finally {
      this.#written = [...this.#written, ...left];
    }
  }

  /** Names sort in the order in which the handlers were written down. */
  #nextName({ id, since }: PendingHandler): string {
    return `${since}-${String(this.#last++).padStart(4, "0")}-${id}.json`;
  }

  /** @returns undefined where it went well */
  async #run(as: Become | undefined, script: Script): Promise<readonly string[] | undefined> {
    const [output] = await this.#session.run(as, [script.text], { timeout: 60_000 });
    if (output?.status === 0) return undefined;
    return output?.stderr.toString().trim().split("\n").slice(-3) ?? [];
  }
}

/** A pattern for the name of a record's file, for one that was read. */
function fileOf({ id, since }: Pick<PendingHandler, "id" | "since">): string {
  return sh`${since}-*-${id}.json`.text;
}

/** Removes the records from the folder of the user who runs it, whichever playbook and play they are of. */
export function forgetScript(pendingHandlers: readonly Pick<PendingHandler, "id" | "since">[]): Script {
  return removalScript(pendingHandlers.map(fileOf));
}

/** @param files patterns of the shell */
function removalScript(files: readonly string[]): Script {
  return sh`${stateFolders}
enter "$state" && enter "$state/owed" || exit 0
rm -f -- ${rawScript(files.join(" "))} .new || exit
rmdir "$state/owed" "$state" 2>/dev/null; :`;
}

type Named = Pick<PendingHandler, "id" | "playbook" | "play">;

function isSame(a: Named, b: Named): boolean {
  return a.id === b.id && a.playbook === b.playbook && a.play === b.play;
}

/** It is on the disk before the change is made. */
function record({ pending, file }: { readonly pending: PendingHandler; readonly file: string }): Script {
  return sh`printf '%s\n' ${JSON.stringify(pending)} | note && { sync .new 2>/dev/null || :; } && mv -f .new ${file} || exit`;
}
