/** One host during one run: the connection, a shell per user on it, and the count of round trips. */
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { ShowrunnerError } from "../base/errors.ts";
import { explainStart, shellAs } from "./become.ts";
import { withDialLimit } from "./dial-limit.ts";
import { endGroupScript } from "./process-group.ts";
import { FramedShell } from "./shell.ts";
import type { HostSpool } from "./spool.ts";
import { plainShell, startScript } from "./start.ts";
import { withTimeLimit } from "./time-limit.ts";
import type {
  Become,
  Connect,
  Connection,
  Output,
  RemoteProcess,
  RunOptions,
  ScriptRequest,
  Shell,
} from "./transport.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { receiveInto, sendInto } from "./upload.ts";

/** The time limit for starting a shell over an existing connection: longer than each of its steps may take. */
const openLimit = 120_000;
/**
 * The most shells that are kept although other processes may print into them: a host allows ten channels (MaxSessions).
 */
const mostSoiled = 3;
/** The time limit for ending what runs, when the session is closed. */
const closeLimit = 6_000;
/** The time limit for ending an idle shell. */
const endLimit = 2_000;

/** A user's shell, and the end of its last request: it takes one request at a time. */
interface Lane {
  turn: Promise<unknown>;
  shell: Promise<Shell> | undefined;
}

/** Connects when first used, and keeps one shell for each user that tasks run as. */
export class Session {
  readonly #connect: Connect;
  readonly #spool: HostSpool | undefined;
  #connection: Promise<Connection> | undefined;
  readonly #lanes = new Map<string, Lane>();
  /**
   * Shells into which another process may print. They are kept as long as possible: without its shell that process
   * would die when it prints.
   */
  readonly #soiled: Shell[] = [];
  /** All shells that were ever started. */
  readonly #shells: Shell[] = [];
  /** Sessions of connections of their own, as long as they are open. */
  readonly #others = new Set<Session>();
  #closed = false;
  /** Aborted when the session is closed: closing does not wait for a silent host. */
  readonly #leaving = new AbortController();
  /** Whether the run is over: nothing can be asked any more. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** How often a connection was given up, for a new one. */
  reconnections = 0;

  /** How often the controller has waited for an answer of this host since the connection was made. */
  roundTrips = 0;

  /** @param spool where long output waits until it is read. Default: in memory */
  constructor(connect: Connect, spool?: HostSpool) {
    this.#connect = connect;
    this.#spool = spool;
  }

  /**
   * Runs scripts in one round trip, in order, each in a subshell. They wait for their turn: a time limit counts from
   * there, and ends nobody else's.
   *
   * @param become the user to run as; undefined for the connection's own
   * @throws ShowrunnerError `host.*`, `become.refused`, `task.timeout`
   */
  async run(
    become: Become | undefined,
    scripts: readonly string[],
    options: RunOptions = {},
  ): Promise<Output[]> {
    const [answers = []] = this.send(become, [{ scripts, ...options }]);
    return answers;
  }

  /**
   * The same for several requests, in one round trip: each is answered as soon as its own scripts have run.
   *
   * @returns the outputs of each request
   */
  send(become: Become | undefined, requests: readonly ScriptRequest[]): readonly Promise<Output[]>[] {
    const lane = this.#lane(become);
    const sent = lane.turn.then(async () => {
      const shell = await this.#shell(lane, become);
      this.roundTrips++;
      return shell.send(requests);
    });
    const answers = requests.map(async (_, index) => (await sent)[index] ?? []);
    // without the answers: this promise would keep them in memory until the next request
    lane.turn = Promise.allSettled(answers).then(() => undefined);
    return answers;
  }

  /**
   * Streams content into a new file that only its owner can read, whatever its size. A partial file, because the disk
   * is full or the connection ended, is removed again.
   *
   * @param path the file, which the error names
   * @param options.receive a script that takes the content elsewhere
   * @returns what was printed
   */
  async upload(
    become: Become | undefined,
    path: string,
    content: Buffer,
    {
      timeout,
      receive = receiveInto(path, content.length),
    }: Pick<RunOptions, "timeout"> & { receive?: string } = {},
  ): Promise<string> {
    this.#refuseClosed();
    this.roundTrips++;
    return sendInto(await this.#start(become, receive), path, content, timeout);
  }

  /** Ends another user's shell after its pending requests. The next request as that user starts a new shell. */
  async endShell(user: string): Promise<void> {
    const lane = this.#lanes.get(user);
    if (!lane) return;
    const ended = lane.turn.then(async () => {
      const shell = await lane.shell;
      lane.shell = undefined;
      await shell?.close();
      await Promise.race([shell?.ended, sleep(endLimit, undefined, { ref: false })]);
    });
    lane.turn = ended.catch(() => undefined);
    await lane.turn;
  }

  /** The process number of the shell that scripts run in, as the given user. */
  async shellNumber(become: Become | undefined): Promise<number> {
    return (await this.#shell(this.#lane(become), become)).pid;
  }

  /** Starts a script beside the shells, for work that goes on while other scripts run. Waits until the script has begun. */
  spawn(become: Become | undefined, script: string): Promise<RemoteProcess> {
    this.#refuseClosed();
    this.roundTrips++;
    return this.#start(become, script);
  }

  /**
   * A byte stream to `host:port` as seen from this host.
   *
   * @param timeout milliseconds until it is given up, from when this host is connected
   */
  async dial(host: string, port: number, timeout: number = openLimit): Promise<Duplex> {
    this.#refuseClosed();
    const connection = await this.connection();
    this.roundTrips++;
    return withDialLimit(connection.dial(host, port, timeout), timeout);
  }

  connection(): Promise<Connection> {
    const { signal } = this.#leaving;
    this.#connection ??= unlessAborted(this.#connect(signal), signal, (late) => void late.close());
    return this.#connection;
  }

  /** The same host over a new connection, for the caller to close. It ends with this session at the latest. */
  anew(): Session {
    this.#refuseClosed();
    const other = new Session(this.#connect, this.#spool);
    this.#others.add(other);
    other.#leaving.signal.addEventListener("abort", () => this.#others.delete(other));
    return other;
  }

  /** Gives up a connection that failed or was lost: the next request opens a new one. */
  reconnect(): void {
    const given = this.#connection;
    this.#connection = undefined;
    this.reconnections++;
    for (const lane of this.#lanes.values()) lane.shell = undefined; // shells end with their connection
    given?.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }

  /**
   * Ends what still runs, closes the shells and the connection, for good. Takes some seconds at most; never rejects.
   *
   * @param atLast called over the connection when that is done, with whether nothing runs there any more
   */
  async close(atLast: (isIdle: boolean) => Promise<void> = async () => undefined): Promise<void> {
    this.#closed = true;
    this.#leaving.abort();
    for (const other of this.#others) void other.close();
    // a shell that can't be opened must not stop the others from being ended
    const shells = [...this.#lanes.values()].map(({ shell }) => shell);
    const ended = Promise.allSettled(
      [...shells, ...this.#soiled].map(async (shell) => (await shell)?.close()),
    );
    await Promise.race([ended, sleep(closeLimit, undefined, { ref: false })]);
    const isIdle = !this.#shells.some(({ hasLeft }) => hasLeft);
    await Promise.race([atLast(isIdle).catch(() => undefined), sleep(closeLimit, undefined, { ref: false })]);
    const closed = this.#connection?.then(
      (connection) => connection.close(),
      () => undefined,
    );
    await Promise.race([closed, sleep(closeLimit, undefined, { ref: false })]);
  }

  #lane(become: Become | undefined): Lane {
    const user = become?.user ?? "";
    const existing = this.#lanes.get(user);
    if (existing) return existing;
    const lane: Lane = { turn: Promise.resolve(), shell: undefined };
    this.#lanes.set(user, lane);
    return lane;
  }

  async #shell(lane: Lane, become: Become | undefined): Promise<Shell> {
    this.#refuseClosed();
    const opened = lane.shell ?? this.#openIn(lane, become);
    const shell = await opened;
    if (!shell.isSoiled) return shell;
    if (lane.shell === opened) {
      lane.shell = undefined;
      this.#soiled.push(shell);
      if (this.#soiled.length > mostSoiled) void this.#soiled.shift()?.close();
    }
    return this.#shell(lane, become);
  }

  #openIn(lane: Lane, become: Become | undefined): Promise<Shell> {
    const opened = this.#open(become);
    lane.shell = opened;
    // a shell that ended, or never began, must not serve the next task
    const forget = () => {
      if (lane.shell === opened) lane.shell = undefined;
    };
    opened.then((shell) => shell.ended.then(forget), forget);
    return opened;
  }

  async #open(become: Become | undefined): Promise<FramedShell> {
    const connection = await this.connection();
    const shell = new FramedShell(await this.#bare(become), {
      endGroup: (pid) => this.#endGroup(become, pid),
      explainStart: explainStart(connection.user, become),
      spool: this.#spool,
    });
    this.#shells.push(shell);
    return shell;
  }

  /** A script in a shell of its own. */
  async #start(become: Become | undefined, script: string): Promise<RemoteProcess> {
    const { user } = await this.connection();
    return startScript(await this.#bare(become), script, explainStart(user, become));
  }

  /** A `sh` that reads its commands from its standard input. */
  async #bare(become: Become | undefined): Promise<RemoteProcess> {
    const connection = await this.connection();
    const started = become ? shellAs(connection, become) : connection.spawn(plainShell);
    return withTimeLimit(
      started,
      openLimit,
      () => new ShowrunnerError("host.lost", `the host started no shell within ${openLimit / 1000} s`),
    );
  }

  /** Ends a process group from a second shell, since the first is busy with it. */
  async #endGroup(become: Become | undefined, pid: number): Promise<void> {
    const process = await this.#start(become, endGroupScript(pid));
    process.stdout.resume();
    process.stderr.resume();
    const { status } = await process.closed;
    if (status !== 0) throw new ShowrunnerError("host.lost", `what runs as process ${pid} was not ended`);
  }

  /** An interrupted run must not start anything new. */
  #refuseClosed(): void {
    if (this.#closed) throw new ShowrunnerError("host.lost", "the connection was closed: the run is over");
  }
}
