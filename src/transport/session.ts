/** One host during one run: the connection, a shell per user on it, and the count of round trips. */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { ShowrunnerError } from "../core/errors.ts";
import { quote } from "../core/script.ts";
import { FramedShell } from "./shell.ts";
import type { Become, Connect, Connection, Output, RemoteProcess, RunOptions, Shell } from "./transport.ts";

/** Connects when first used, and keeps one shell for each user that tasks run as. */
export class Session {
  readonly #connect: Connect;
  #connection: Promise<Connection> | undefined;
  readonly #shells = new Map<string, Promise<Shell>>();
  /** How often the controller has waited for an answer of this host since the connection stood. */
  roundTrips = 0;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /**
   * Runs scripts in one round trip, in order, each in a subshell.
   *
   * @param become the user to run as; undefined for the connection's own
   * @throws ShowrunnerError `host.*`, `become.refused`, `task.timeout`
   */
  async run(
    become: Become | undefined,
    scripts: readonly string[],
    options: RunOptions = {},
  ): Promise<Output[]> {
    const shell = await this.#shell(become);
    this.roundTrips++;
    return shell.run(scripts, options);
  }

  /**
   * Streams content into a new file that only its owner can read, whatever its size. What came only in part, since
   * the disk is full or the connection ended, is removed again.
   */
  async upload(become: Become | undefined, path: string, content: Buffer): Promise<void> {
    this.roundTrips++;
    const target = quote(path);
    const process = await this.#spawnAs(
      become,
      `umask 077; cat >${target} && [ "$(wc -c <${target})" -eq ${content.length} ] || { rm -f -- ${target}; exit 1; }`,
    );
    const complaint: Buffer[] = [];
    process.stderr.on("data", (chunk: Buffer) => complaint.push(chunk));
    process.stdout.resume();
    process.stdin.on("error", () => undefined); // the exit status and `complaint` say what happened
    process.stdin.end(content);
    const { status, reason } = await process.closed;
    if (status !== 0)
      throw new ShowrunnerError(
        status === null ? "host.lost" : "change.failed",
        `${path} could not be written${reason ? `: ${reason}` : ""}`,
        {
          details: Buffer.concat(complaint).toString().trim().split("\n"),
        },
      );
  }

  /** A byte stream to `host:port` as seen from this host. */
  async dial(host: string, port: number): Promise<Duplex> {
    const connection = await this.connection();
    this.roundTrips++;
    return connection.dial(host, port);
  }

  connection(): Promise<Connection> {
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  /** Closes the shells, ends what still runs in them, and closes the connection. Never rejects. */
  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    const shells = [...this.#shells.values()];
    this.#shells.clear();
    await Promise.all(
      shells.map((opened) =>
        opened.then(
          (shell) => shell.close(),
          () => undefined,
        ),
      ),
    );
    await connection?.close();
  }

  #shell(become: Become | undefined): Promise<Shell> {
    const user = become?.user ?? "";
    const existing = this.#shells.get(user);
    if (existing !== undefined) return existing;
    const opened = this.#open(become);
    this.#shells.set(user, opened);
    // a shell that ended, or never began, must not serve the next task
    const forget = () => this.#shells.get(user) === opened && this.#shells.delete(user);
    opened.then((shell) => shell.ended.then(forget), forget);
    return opened;
  }

  async #open(become: Become | undefined): Promise<FramedShell> {
    const process = await this.#spawnAs(become, "exec sh");
    return new FramedShell(process, {
      endGroup: (pid) => this.#endGroup(become, pid),
      explainStart: become ? (said) => refused(become, said) : undefined,
    });
  }

  /** Starts a command as another user. With a password, waits until sudo has taken it. */
  async #spawnAs(become: Become | undefined, command: string): Promise<RemoteProcess> {
    const connection = await this.connection();
    if (!become) return connection.spawn(command === "exec sh" ? command : `sh -c ${quote(command)}`);
    const { user, password } = become;
    if (password === undefined)
      return connection.spawn(`sudo -n -H -u ${quote(user)} -- sh -c ${quote(command)}`);
    const token = `SR${randomBytes(12).toString("hex")}`;
    const wrapped = `printf ${token}ready; ${command}`;
    const process = await connection.spawn(
      `sudo -S -p ${token} -H -u ${quote(user)} -- sh -c ${quote(wrapped)}`,
    );
    await givePassword(process, become, typeof password === "string" ? password : password.reveal(), token);
    return process;
  }

  /** Ends a process group from a second shell, since the first is busy with it. */
  async #endGroup(become: Become | undefined, pid: number): Promise<void> {
    const process = await this.#spawnAs(become, endGroupScript(pid));
    process.stdout.resume();
    process.stderr.resume();
    await process.closed;
  }
}

/** TERM, two seconds of grace, KILL: to the whole process group that `pid` belongs to. */
function endGroupScript(pid: number): string {
  return [
    `stat=$(cat /proc/${pid}/stat) || exit 0`,
    "set -- ${stat##*) }", // after the name in parentheses: state, parent, process group
    'group=$3; kill -TERM "-$group"; i=0',
    'while kill -0 "-$group" 2>/dev/null && [ $i -lt 20 ]; do sleep 0.1; i=$((i+1)); done',
    'kill -KILL "-$group" 2>/dev/null; :',
  ].join("\n");
}

/** Answers sudo's prompt, which we named ourselves so that its language does not matter. */
function givePassword(
  process: RemoteProcess,
  become: Become,
  password: string,
  token: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = "";
    let answered = false;
    let heard = Buffer.alloc(0);
    const stop = () => {
      process.stderr.off("data", onStderr);
      process.stdout.off("data", onStdout);
    };
    const onStderr = (chunk: Buffer) => {
      asked += chunk.toString();
      if (!asked.includes(token)) return;
      asked = asked.replace(token, "");
      if (answered) {
        stop();
        process.close();
        reject(refused(become, "the password was not accepted"));
      } else {
        answered = true;
        process.stdin.write(`${password}\n`);
      }
    };
    const onStdout = (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      if (!heard.includes(`${token}ready`)) return;
      stop();
      resolve();
    };
    process.stderr.on("data", onStderr);
    process.stdout.on("data", onStdout);
    void process.closed.then(() => reject(refused(become, asked.trim())));
  });
}

function refused({ user, password }: Become, said: string): ShowrunnerError {
  return new ShowrunnerError("become.refused", `sudo did not let us become ${user}`, {
    details: said === "" ? [] : said.split("\n").slice(-3),
    hint:
      password === undefined
        ? "allow it without a password (NOPASSWD in sudoers), or give becomePassword in the inventory"
        : "check becomePassword, and that sudoers allows this user to run sh",
  });
}
