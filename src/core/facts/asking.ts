/** What tasks ask of one host: all that one user wants in one tick leaves in one round trip. */
import type { Session } from "../../transport/session.ts";
import type { Become } from "../../transport/transport.ts";
import { type EarlyRequest, earlyTimeout } from "./early-request.ts";
import type { Entrance } from "./entrance.ts";
import type { Fact, FactKey } from "./fact.ts";
import { type Answer, FactRequest } from "./fact-request.ts";

/** The time limit for reading, unless a task asks for more. Milliseconds. */
const readTimeout = 120_000;

/** What one user has asked for in this tick. */
interface Asked {
  readonly become: Become | undefined;
  readonly request: FactRequest;
  timeout: number;
}

/** What is asked along with what tasks want. */
interface Company {
  /** Called before the first request as a user: what it asks for leaves with that request. */
  onNewUser(become: Become | undefined): void;
  /** What is read early with a request. */
  early(become: Become | undefined): EarlyRequest;
  /** What was read early could not be had. */
  onTooSlow(): void;
}

export class Asking {
  readonly #session: Session;
  readonly #entrance: Entrance;
  readonly #company: Company;
  readonly #asked = new Map<string, Asked>();
  readonly #users = new Set<string>();

  constructor(session: Session, entrance: Entrance, company: Company) {
    this.#session = session;
    this.#entrance = entrance;
    this.#company = company;
  }

  want<K extends FactKey, V>(
    become: Become | undefined,
    fact: Fact<K, V>,
    key: K,
    timeout = readTimeout,
  ): Promise<Answer> {
    const user = become?.user ?? "";
    let asked = this.#asked.get(user);
    if (!asked) {
      asked = { become, request: new FactRequest(), timeout: readTimeout };
      this.#asked.set(user, asked);
      // after the promises of this tick, so that every plan that runs now has asked
      setImmediate(() => void this.#flush(user));
      if (!this.#users.has(user)) {
        this.#users.add(user);
        this.#company.onNewUser(become);
      }
    }
    asked.timeout = Math.max(asked.timeout, timeout);
    return asked.request.want(fact, key);
  }

  async #flush(user: string): Promise<void> {
    const asked = this.#asked.get(user);
    this.#asked.delete(user);
    if (!asked) return;
    const { become, request, timeout } = asked;
    request.probe(this.#session, become);
    if (!request.hasScripts) return;
    const early = this.#company.early(become);
    early.leaveTo(request);
    const behind = early.scriptsDeliveredEach(earlyTimeout);
    const scripts = request.scripts(timeout);
    if (!scripts) return early.reject(new Error("no script could be made of what was asked for"));
    const outputs = this.#entrance.as(become, async () => {
      const [own = [], more] = this.#session.send(become, behind ? [scripts, behind] : [scripts]);
      more?.catch((error: unknown) => {
        early.reject(error);
        // a host that is too slow for early reading once is too slow every time
        this.#company.onTooSlow();
      });
      return own;
    });
    outputs.catch((error: unknown) => {
      early.reject(error);
      // what is asked along with a user's first facts is asked again with the next ones
      this.#users.delete(user);
    });
    await request.deliver(outputs);
  }
}
