/** Getting onto a host as one user or another. */

import { ShowrunnerError } from "../../base/errors.ts";
import type { Session } from "../../transport/session.ts";
import { withTimeLimit } from "../../transport/time-limit.ts";
import type { Become } from "../../transport/transport.ts";

/** How long a host may take to let somebody in, in milliseconds. */
const patience = 120_000;

export class Entrance {
  readonly #session: Session;
  readonly #isPlan: boolean;
  readonly #refusals = new Map<string, ShowrunnerError>();

  /** @param isPlan whether nothing is changed: a user that was refused once is then not tried again */
  constructor(session: Session, isPlan: boolean) {
    this.#session = session;
    this.#isPlan = isPlan;
  }

  /** Makes sure that the host lets this user in. Costs nothing if the host has done so before. */
  async enter(become: Become | undefined): Promise<void> {
    const late = () =>
      new ShowrunnerError("host.lost", `the host did not answer within ${patience / 1000} s`);
    await this.as(become, () => withTimeLimit(this.#session.shellNumber(become), patience, late));
  }

  /** Asks the host something as this user. */
  async as<T>(become: Become | undefined, ask: () => Promise<T>): Promise<T> {
    const user = become?.user ?? "";
    const refusal = this.#refusals.get(user);
    if (refusal) throw refusal;
    try {
      return await ask();
    } catch (error) {
      // a host that is asked again for every task may lock the user out
      if (this.#isPlan && error instanceof ShowrunnerError && error.code === "become.refused")
        this.#refusals.set(user, error);
      throw error;
    }
  }
}
