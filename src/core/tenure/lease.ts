/** The lease: one run at a time changes a host. */
import type { Session } from "../../transport/session.ts";
import { withTimeLimit } from "../../transport/time-limit.ts";
import type { Become } from "../../transport/transport.ts";
import { ShowrunnerError } from "../base/errors.ts";
import { Keeper, noAnswer } from "./keeper.ts";
import { type EndFirst, keeperScript } from "./keeper-script.ts";
import { holderFrom, isDead, type LeaseHolder } from "./lease-holder.ts";
import { described, orphanTexts } from "./lease-text.ts";

/** How a run goes about leases. */
export interface LeaseTerms {
  readonly holder: LeaseHolder;
  /** Seconds to wait for another run, or for what a dead one left behind. */
  readonly wait: number;
  /** Ends whatever holds a lease, instead of waiting for it. */
  readonly takeOver: boolean;
}

/** Beyond the wait itself: for the connection, sudo and the host to answer. */
const answerLimit = 60;

interface Hold {
  /** Undefined where another name of the same host has the lease for us. */
  readonly keeper: Keeper | undefined;
  /** The shell whose session the host knows as ours. */
  readonly shell: number;
}

/** The leases that a run has on one host: one for each user that it makes changes as. */
export class Lease {
  readonly #session: Session;
  readonly #terms: LeaseTerms;
  readonly #tell: (text: string) => void;
  readonly #holds = new Map<string, Promise<Hold | undefined>>();
  readonly #keepers = new Set<Keeper>();
  /** By user: the run that was waited for in vain, and is not waited for once more. */
  readonly #inVain = new Map<string, string>();
  /** Keepers that the host is just starting. */
  readonly #starting = new Set<Promise<Keeper>>();

  /** @param tell says to the user what is waited for */
  constructor(session: Session, terms: LeaseTerms, tell: (text: string) => void) {
    this.#session = session;
    this.#terms = terms;
    this.#tell = tell;
  }

  /**
   * Sees to it that the lease is ours before a change.
   *
   * @returns the host's `last` (see HostState) where it was taken just now, undefined where it was ours already
   * @throws ShowrunnerError `lease.held`, `lease.failed` where the host has no place for it, `host.*`
   */
  async hold(become: Become | undefined): Promise<string | undefined> {
    const user = become?.user ?? "";
    let taken: string | undefined;
    const mine = (this.#holds.get(user) ?? Promise.resolve(undefined)).then(async (held) => {
      const shell = await withTimeLimit(this.#session.shellNumber(become), answerLimit * 1000, noAnswer);
      if (held?.shell === shell && !held.keeper?.gone) return held;
      if (held?.keeper && !held.keeper.gone) return this.#register(held.keeper, shell);
      const { hold, last } = await this.#take(become, shell);
      taken = last;
      return hold;
    });
    this.#holds.set(
      user,
      mine.catch(() => undefined),
    );
    await mine;
    return taken;
  }

  /** Gives the lease back that is held as this user, as nothing of the user may stay. */
  async giveBack(user: string): Promise<void> {
    const hold = await this.#holds.get(user);
    this.#holds.delete(user);
    await hold?.keeper?.release();
  }

  /** The run that it is for. */
  get run(): string {
    return this.#terms.holder.run;
  }

  /**
   * Gives the leases back. Never rejects.
   *
   * @param isIdle false: a command may work on. Then the leases are left as a run leaves them that dies, so that the
   *   next one finds the command, and waits for it
   */
  async release(isIdle: boolean): Promise<void> {
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#keepers].map((keeper) => (isIdle ? keeper.release() : keeper.leave())));
  }

  /** A shell that was ended for being late has a successor: its commands are ours as well. */
  async #register(keeper: Keeper, shell: number): Promise<Hold> {
    await keeper.ask(`lane ${shell}`);
    return { keeper, shell };
  }

  async #start(become: Become | undefined, script: string, limit: number): Promise<Keeper> {
    const starting = this.#session.spawn(become, script).then((remote) => {
      const keeper = new Keeper(remote, limit);
      this.#keepers.add(keeper);
      void keeper.ended.then(() => this.#keepers.delete(keeper));
      return keeper;
    });
    this.#starting.add(starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(starting);
    }
  }

  async #take(
    become: Become | undefined,
    shell: number,
    end: EndFirst = this.#terms.takeOver ? "all" : "nothing",
  ): Promise<{ hold: Hold; last: string }> {
    const { holder } = this.#terms;
    const user = become?.user ?? "";
    const inVain = this.#inVain.get(user);
    const wait = inVain === undefined ? Math.ceil(this.#terms.wait) : 0;
    const script = keeperScript(holder, { shell, wait, end });
    const keeper = await this.#start(become, script.text, wait + answerLimit);
    const hold = (kept: Keeper | undefined): Hold => ({ keeper: kept, shell });
    let trouble = () => "";
    let inTheWay = "";
    const orphans: string[] = [];
    for (;;) {
      const [word, rest] = await keeper.hear();
      switch (word) {
        case "ready":
          keeper.go();
          continue;
        case "granted":
          return { hold: hold(keeper), last: rest };
        case "unguarded":
          this.#tell("there is no flock on this host (util-linux): nothing keeps other runs away");
          return { hold: hold(keeper), last: "" };
        case "held": {
          const other = holderFrom(rest);
          // two names of one host, or two users who are the same
          if (other?.run === holder.run) {
            await keeper.leave();
            return { hold: hold(undefined), last: `${holder.run} held` };
          }
          if (other && end === "nothing" && isDead(other)) {
            keeper.close();
            this.#tell(`${described(other)} died and left its connection behind: it is ended`);
            return this.#take(become, shell, { idleOf: other.run });
          }
          inTheWay = other?.run ?? "";
          trouble = () => `another run is changing this host: ${described(other)}`;
          break;
        }
        case "orphan":
          orphans.push(rest);
          continue;
        case "orphans": {
          const dead = holderFrom(rest);
          inTheWay = dead?.run ?? "";
          trouble = () => `${described(dead)}, died and left commands at work here: ${orphanTexts(orphans)}`;
          break;
        }
        case "ended":
          this.#tell(`taken over, and what was at work here ended, from ${described(holderFrom(rest))}`);
          continue;
        case "late":
          keeper.close();
          if (inVain !== undefined && inVain !== inTheWay) {
            this.#inVain.delete(user);
            return this.#take(become, shell);
          }
          this.#inVain.set(user, inTheWay);
          throw new ShowrunnerError("lease.held", trouble(), {
            hint: `--wait-lease 10m waits for it (here: ${Math.ceil(this.#terms.wait)} s); --take-over ends what works there, whatever it is in the middle of`,
          });
        case "refused":
          throw new ShowrunnerError("lease.failed", "the host has no place for the lease", {
            details: [rest],
            hint: "let that folder be the user's own and writable, or set lease: false for the host",
          });
        default:
          keeper.close();
          throw new ShowrunnerError("host.lost", noAnswer().message, { details: keeper.complaint });
      }
      if (wait > 0) this.#tell(`${trouble()}: waiting for up to ${wait} s`);
    }
  }
}
