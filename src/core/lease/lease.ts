/** The lease: one run at a time changes a host. */
import { isLoss } from "../../base/failure-class.ts";
import type { Session } from "../../transport/session.ts";
import { withTimeLimit } from "../../transport/time-limit.ts";
import type { Become } from "../../transport/transport.ts";
import { asFailure } from "../events/failure.ts";
import { Keeper, noAnswer } from "./keeper.ts";
import { type EndFirst, keeperScript } from "./keeper-script.ts";
import { type Held, listen } from "./lease-answer.ts";
import type { LeaseHolder } from "./lease-holder.ts";
import { described } from "./lease-text.ts";

/** How a run goes about leases. */
export interface LeaseTerms {
  readonly holder: LeaseHolder;
  /** Seconds to wait for another run, or for what a dead one left behind. */
  readonly wait: number;
  /** Ends whatever holds a lease, instead of waiting for it. */
  readonly takeOver: boolean;
}

/** What a lease reports to its owner. */
interface LeaseEvents {
  /** Tells the user what is waited for. */
  tell(text: string): void;
  /** It was taken just now. `last` is the host's (see HostState). */
  granted(last: string): void;
  /** The connection of the lease has ended. */
  lost(): void;
}

/** What came of asking for it. */
type LeaseAnswer = { readonly kind: "granted" } | Held;

/** Time beyond the wait itself: for the connection, sudo and the host to answer. */
const answerLimit = 60;

/** It was ours before. */
const ours: LeaseAnswer = { kind: "granted" };

interface Hold {
  /** Undefined where another name of the same host has the lease for us. */
  readonly keeper: Keeper | undefined;
  /** The shell whose session the host knows as ours. */
  readonly shell: number;
}

/** A run's lease of one host, to make changes as one user. What is asked of it is done in order. */
export class Lease {
  /** How many changes are being made under it. */
  uses = 0;
  readonly #session: Session;
  readonly #become: Become | undefined;
  readonly #terms: LeaseTerms;
  readonly #events: LeaseEvents;
  #hold: Hold | undefined;
  #lock: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #keepers = new Set<Keeper>();
  /** Keepers that the host is just starting. */
  readonly #starting = new Set<Promise<Keeper>>();

  constructor(session: Session, become: Become | undefined, terms: LeaseTerms, events: LeaseEvents) {
    this.#session = session;
    this.#become = become;
    this.#terms = terms;
    this.#events = events;
  }

  /**
   * The lock's own name: the same for every run, whatever a run calls the host, and different from every other lock's
   * name. Undefined before the host was asked.
   */
  get lock(): string | undefined {
    return this.#lock;
  }

  /** Whether the host is ours, as far as we have heard. */
  get isHeld(): boolean {
    return this.#hold !== undefined && this.#hold.keeper?.gone !== true;
  }

  /**
   * Makes sure that the lease is still ours, and that the host knows the shell that makes the changes as ours.
   *
   * @throws ShowrunnerError `host.*`, `become.refused`
   */
  isOurs(): Promise<boolean> {
    return this.#inTurn(async () => {
      return this.#isOurs(await this.#shellNumber());
    });
  }

  /**
   * Asks for the lease.
   *
   * @param wait seconds to wait while it is another run's
   * @param end what of its holder is ended first
   * @throws ShowrunnerError `lease.failed` where the host has no place for it, `host.*`, `become.refused`
   */
  ask(wait: number, end: EndFirst = "nothing"): Promise<LeaseAnswer> {
    return this.#inTurn(async () => {
      try {
        const shell = await this.#shellNumber();
        if (await this.#isOurs(shell)) return ours;
        return await this.#ask(shell, wait, end);
      } catch (error) {
        if (isLoss(asFailure(error).code)) this.#events.lost();
        throw error;
      }
    });
  }

  /** Gives the lease back, if it is ours. */
  giveBack(): Promise<void> {
    return this.#inTurn(async () => {
      const keeper = this.#hold?.keeper;
      this.#hold = undefined;
      await keeper?.release();
    });
  }

  /**
   * Ends the lease, also while it is being asked for. Never rejects.
   *
   * @param isIdle false: a command may still run. The lease is then left as a killed run leaves it, so that the next
   *   run finds the command and waits for it
   */
  async release(isIdle: boolean): Promise<void> {
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#keepers].map((keeper) => (isIdle ? keeper.release() : keeper.leave())));
  }

  async #isOurs(shell: number): Promise<boolean> {
    const hold = this.#hold;
    if (hold === undefined || !this.isHeld) return false;
    if (hold.shell === shell) return true;
    // a shell that was ended on a time limit has a successor: the successor's commands are ours as well
    if (hold.keeper === undefined) return false;
    await hold.keeper.ask(`lane ${shell}`);
    this.#hold = { keeper: hold.keeper, shell };
    return this.isHeld;
  }

  async #ask(shell: number, wait: number, end: EndFirst): Promise<LeaseAnswer> {
    const { holder } = this.#terms;
    const script = keeperScript(holder, { shell, wait, end });
    const keeper = await this.#start(script.text, wait + answerLimit);
    const answer = await listen(keeper, {
      lock: (name) => {
        this.#lock = name;
      },
      tell: (text) => this.#events.tell(text),
      wait,
      isOurs: ({ run }) => run === holder.run,
      endsDead: end === "nothing",
    });
    switch (answer.kind) {
      case "granted":
        this.#hold = { keeper: answer.isShared ? undefined : keeper, shell };
        this.#events.granted(answer.last);
        return ours;
      case "dead":
        this.#events.tell(
          `${described(answer.holder)} died and left its connection open: the connection was ended`,
        );
        return this.#ask(shell, wait, { idleOf: answer.holder.run });
      case "held":
        return answer;
    }
  }

  async #start(script: string, limit: number): Promise<Keeper> {
    const starting = this.#session.spawn(this.#become, script).then((remote) => {
      const keeper = new Keeper(remote, limit);
      this.#keepers.add(keeper);
      void keeper.ended.then(() => {
        this.#keepers.delete(keeper);
        if (this.#hold?.keeper === keeper) this.#events.lost();
      });
      return keeper;
    });
    this.#starting.add(starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(starting);
    }
  }

  #shellNumber(): Promise<number> {
    return withTimeLimit(this.#session.shellNumber(this.#become), answerLimit * 1000, noAnswer);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
