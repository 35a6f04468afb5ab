/** One host during one run: its session, its facts, its owed handlers and how it fares. */
import type { Session } from "../transport/session.ts";
import type { Become } from "../transport/transport.ts";
import type { ShowrunnerError } from "./errors.ts";
import { emptyTotals, type HostSummary, type TaskStatus } from "./events.ts";
import { FactStore } from "./facts.ts";
import { HandlerQueue } from "./handlers.ts";
import type { HostInfo } from "./host.ts";
import type { RunState } from "./run-state.ts";

/** As whom tasks run on the host where they say just `become: true`. */
export interface BecomeSettings {
  readonly becomeUser?: string | undefined;
  readonly becomePassword?: Become["password"];
}

export class HostRun {
  readonly info: HostInfo;
  readonly session: Session;
  readonly facts: FactStore;
  readonly handlers = new HandlerQueue();
  readonly run: RunState;
  readonly totals = emptyTotals();
  readonly #become: BecomeSettings;
  #failure: ShowrunnerError | undefined;

  constructor(info: HostInfo, session: Session, run: RunState, become: BecomeSettings) {
    this.info = info;
    this.session = session;
    this.run = run;
    this.facts = new FactStore(session, run.world);
    this.#become = become;
  }

  /** @param user true: the host's own choice, or root */
  becomeAs(user: string | true): Become {
    const { becomeUser = "root", becomePassword } = this.#become;
    return { user: user === true ? becomeUser : user, password: becomePassword };
  }

  /** Why this host takes no more steps. */
  get failure(): ShowrunnerError | undefined {
    return this.#failure;
  }

  /** Whether it can't be reached any more. */
  get lost(): boolean {
    return this.#failure?.code.startsWith("host.") === true;
  }

  fail(error: ShowrunnerError): void {
    this.#failure ??= error;
    if (error.code.startsWith("host.")) this.totals.unreachable = 1;
    else this.totals.failed++;
  }

  count(status: TaskStatus): void {
    this.totals[status]++;
  }

  get summary(): HostSummary {
    return { ...this.totals, roundTrips: this.session.roundTrips };
  }
}
