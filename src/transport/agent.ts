/** This machine's ssh agent: which keys it holds, and how a host is offered only those that are meant for it. */
import type { Duplex } from "node:stream";
import type {
  GetStreamCallback,
  IdentityCallback,
  OpenSSHAgent,
  ParsedKey,
  SignCallback,
  SigningRequestOptions,
} from "ssh2";
import ssh2 from "ssh2";
import { ShowrunnerError } from "../base/errors.ts";
import { fingerprint } from "./known-hosts.ts";
import { withTimeLimit } from "./time-limit.ts";

/** The agent's socket on this machine, if one is named. */
export function agentSocket(): string | undefined {
  return process.env["SSH_AUTH_SOCK"] || undefined;
}

/**
 * The socket of an agent that processes on a host are to use.
 *
 * @throws ShowrunnerError `host.auth` where there is none
 */
export function agentToForward(socket: string | undefined): string {
  if (socket !== undefined) return socket;
  throw new ShowrunnerError("host.auth", "forwardAgent is set, but no agent runs on this machine", {
    hint: "start one and give it your key (eval $(ssh-agent); ssh-add), so that SSH_AUTH_SOCK is set",
  });
}

/**
 * What an agent holds.
 *
 * @param socket where it listens
 * @returns undefined if no agent answers: a stale socket is no reason to stop
 */
export async function agentKeys(socket: string | undefined): Promise<AgentKeys | undefined> {
  if (socket === undefined) return undefined;
  const agent = new LocalAgent(socket);
  try {
    return new AgentKeys(agent, await withTimeLimit(listed(agent), patience, () => new Error("no answer")));
  } catch {
    agent.hangUp();
    return undefined;
  }
}

/** The longest path of a socket; longer ones are cut, or refused. Bytes. */
export const longestSocket = 107;

/** Why no key of the agent was tried, where one is named and does not answer. */
export async function silentAgent(socket: string | undefined): Promise<string[]> {
  if (socket === undefined || (await agentKeys(socket)) !== undefined) return [];
  const why = Buffer.byteLength(socket) > longestSocket ? ": its path is too long for a socket" : "";
  return [`the agent at ${socket} (SSH_AUTH_SOCK) does not answer${why}`];
}

/** How long the agent may take to answer: it is a process of this machine. Milliseconds. */
const patience = 3_000;

/** An agent whose sockets can be closed: an open socket would keep this process from ending. */
class LocalAgent extends ssh2.OpenSSHAgent {
  readonly #streams = new Set<Duplex>();

  override getStream(done: GetStreamCallback): void {
    super.getStream((error, stream) => {
      if (stream) this.#streams.add(stream);
      done(error, stream);
    });
  }

  hangUp(): void {
    for (const stream of this.#streams) stream.destroy();
  }
}

/** Some of an agent's keys, or all of them. */
export class AgentKeys extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: OpenSSHAgent;
  readonly #keys: readonly ParsedKey[];

  constructor(agent: OpenSSHAgent, keys: readonly ParsedKey[]) {
    super();
    this.#agent = agent;
    this.#keys = keys;
  }

  /**
   * Only the key that has this public part, in SSH wire form.
   *
   * @returns undefined where the agent does not hold it
   */
  only(publicPart: Buffer): AgentKeys | undefined {
    const keys = this.#keys.filter((key) => key.getPublicSSH().equals(publicPart));
    return keys.length === 0 ? undefined : new AgentKeys(this.#agent, keys);
  }

  /** Each key by itself, with its comment and fingerprint. */
  apart(): { readonly name: string; readonly agent: AgentKeys }[] {
    return this.#keys.map((key) => ({
      name: `${key.comment ? `${key.comment} ` : ""}(${fingerprint(key.getPublicSSH())})`,
      agent: new AgentKeys(this.#agent, [key]),
    }));
  }

  getIdentities(done: IdentityCallback<ParsedKey>): void {
    done(null, [...this.#keys]);
  }

  sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    if (typeof options === "function") this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, done);
  }
}

function listed(agent: OpenSSHAgent): Promise<ParsedKey[]> {
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, found = []) => {
      if (error) reject(error);
      else resolve(found.flatMap((key) => ("getPublicSSH" in key ? [key] : [])));
    });
  });
}
