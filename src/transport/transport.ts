/** How the engine reaches a host. Everything above this interface is the same for every transport. */
import type { Duplex, Readable, Writable } from "node:stream";

/** What a script printed and how it ended. */
export interface Output {
  /**
   * @throws ShowrunnerError `task.failed` if more was printed than is kept, so that a part is never taken for the whole
   */
  readonly stdout: Buffer;
  /** @throws ShowrunnerError `task.failed` where more was printed than is kept */
  readonly stderr: Buffer;
  /** The exit status, 0 to 255. */
  readonly status: number;
}

export interface RunOptions {
  /** Called with each piece of output while the script runs. A promise is waited for until more is taken. */
  readonly onOutput?: ((stream: "stdout" | "stderr", chunk: Buffer) => unknown) | undefined;
  /**
   * For each script, how many bytes of either stream are kept. Default 16 MiB. One that prints very much more than such
   * a limit is ended, with all that was sent along: the answers are rejected with an `EndlessOutput`.
   */
  readonly limits?: readonly number[] | undefined;
  /** How many bytes are kept of what all scripts print together. Default: as many as they may have one by one. */
  readonly limit?: number | undefined;
  /** Called with each script's output as soon as that script has ended, in the scripts' order. */
  readonly onAnswer?: ((index: number, output: Output) => void) | undefined;
  /** Milliseconds until the script's process group is ended. */
  readonly timeout?: number | undefined;
  /** Whether the scripts may leave processes behind that print into the shell's streams, as a user's commands may. */
  readonly mayLeave?: boolean | undefined;
}

/** Scripts that are asked for together, under limits of their own. */
export interface ScriptRequest extends RunOptions {
  readonly scripts: readonly string[];
}

/** One long-lived POSIX `sh` on a host, as one user. Scripts run one after the other. */
export interface Shell {
  /**
   * Runs scripts in one round trip: all are sent at once, each in a subshell of its own with no standard input.
   *
   * @returns the outputs, in the scripts' order; a status other than 0 is no error here
   * @throws ShowrunnerError `host.lost` when the connection or the shell ends, `task.timeout` on a time limit
   */
  run(scripts: readonly string[], options?: RunOptions): Promise<Output[]>;
  /**
   * The same for several requests in one round trip: all are written at once, and each is answered as soon as its own
   * scripts have run. A time limit counts from the end of the request before. Where a script may leave processes
   * behind, and does, the requests behind it are rejected: their answers could hold anything.
   *
   * @returns the outputs of each request
   */
  send(requests: readonly ScriptRequest[]): readonly Promise<Output[]>[];
  /** Whether something else may print into its streams from now on: the next request needs another shell. */
  readonly isSoiled: boolean;
  /** Whether a script may still run: it should have been ended, but it is not known whether it was. */
  readonly hasLeft: boolean;
  /** Its process number on the host. */
  readonly pid: Promise<number>;
  /** Resolves when the shell has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Ends the shell, and the process group of what still runs in it. Never rejects. */
  close(): Promise<void>;
}

/** How a process ended, as far as that is known. */
export interface Ended {
  readonly status: number | null;
  /** Why it ended where the process itself is not the cause. */
  readonly reason?: string | undefined;
  /** What to do about that. */
  readonly hint?: string | undefined;
}

/** A process on the host with its three streams: what a shell is built on. */
export interface RemoteProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process or its channel has ended. */
  readonly closed: Promise<Ended>;
  close(): void;
}

/** A host reached. One connection serves all tasks of a run on that host. */
export interface Connection {
  /** Whose processes they are, for messages. Missing where that is not known. */
  readonly user?: string;
  /** Starts a command as the connection's own user. */
  spawn(command: string): Promise<RemoteProcess>;
  /** The same on a terminal of its own, which mixes its output and errors. Missing where there can be none. */
  spawnOnTerminal?(command: string): Promise<RemoteProcess>;
  /**
   * A byte stream to `host:port` as seen from this host. Rejects with the refusal's reason.
   *
   * @param timeout the time limit in milliseconds: an attempt that still connects must then be ended
   */
  dial(host: string, port: number, timeout: number): Promise<Duplex>;
  /** Ends the connection; everything still open on it is closed. Never rejects. */
  close(): Promise<void>;
}

/**
 * Reaches one host. Rejects with `host.unreachable`, `host.key` or `host.auth`. The signal is aborted when the
 * connection is no longer wanted: an attempt that still connects must then be ended.
 */
export type Connect = (signal?: AbortSignal) => Promise<Connection>;

/** The program through which another user is become. */
export type BecomeMethod = "sudo" | "su" | "doas";

export const defaultBecomeMethod: BecomeMethod = "sudo";

/** As whom tasks run: the connection's own user (undefined), or another one. */
export interface Become {
  readonly user: string;
  /** Default sudo. */
  readonly method?: BecomeMethod | undefined;
  readonly password?: { reveal(): string } | string | undefined;
}
