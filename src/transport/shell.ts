/** The framed protocol over one long-lived `sh`: many scripts a round trip, output streamed while they run. */
import { setTimeout as sleep } from "node:timers/promises";
import { ShowrunnerError } from "../base/errors.ts";
import { encodeRequests, type Marker, MarkerReader } from "./frames.ts";
import { inTime } from "./in-time.ts";
import { EndlessOutput, Kept, keptOutput, SharedLimit } from "./output.ts";
import type { HostSpool } from "./spool.ts";
import { type ExplainStart, Noise, newToken, startLimits, tooLate, tooMuch } from "./start.ts";
import type { Ended, Output, RemoteProcess, RunOptions, ScriptRequest, Shell } from "./transport.ts";

type Stream = "stdout" | "stderr";

interface OpenRequest {
  readonly stdout: Kept;
  readonly stderr: Kept;
  readonly onOutput: RunOptions["onOutput"];
  /** Its index among the scripts that were sent together, if their output is limited. */
  readonly limited: number | undefined;
  status: number | undefined;
  stderrEnded: boolean;
  resolve(output: Output): void;
  reject(error: Error): void;
}

/** Administrators' tools live in sbin, which an ordinary user's PATH lacks on Debian. */
const prologue = 'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"; export PATH; unset HISTFILE; umask 022';

interface ShellHooks {
  /** Ends the process group that the given process belongs to; used when a time limit passes. Rejects if it can't. */
  endGroup(pid: number): Promise<void>;
  /** Makes the error for a shell that never answers. */
  readonly explainStart: ExplainStart;
  /** Where long output waits until it is read. Default: in memory. */
  readonly spool?: HostSpool | undefined;
}

/** Speaks the protocol with a running `sh` that reads commands from its standard input. */
export class FramedShell implements Shell {
  readonly #process: RemoteProcess;
  readonly #hooks: ShellHooks;
  readonly #token = newToken();
  readonly #open = new Map<number, OpenRequest>();
  readonly pid: Promise<number>;
  readonly ended: Promise<void>;
  /** Where a stream is: in the answer to a request, before the first answer or between two. */
  readonly #at: Record<Stream, number | "before" | "between"> = { stdout: "before", stderr: "before" };
  #answered = false;
  /** What login files, sudo or ssh print before the first answer. */
  readonly #noise = new Noise();
  #soiled = false;
  #left = false;
  #last = 0;
  #unsaid = "";
  /** The number of pieces that are being processed: until it is zero, no more are taken. */
  #dealing = 0;
  #ended: ShowrunnerError | undefined;
  #late: ShowrunnerError | undefined;
  #endless: EndlessOutput | undefined;

  constructor(process: RemoteProcess, hooks: ShellHooks) {
    this.#process = process;
    this.#hooks = hooks;
    this.ended = this.#attach();
    this.#say(`${prologue}\n`);
    const [[hello] = []] = this.#write([{ scripts: ["echo $$"] }]);
    const timer = setTimeout(() => this.#giveUp(tooLate), startLimits.milliseconds);
    this.pid = (hello ?? Promise.reject(new Error("no request was sent")))
      .then(({ stdout }) => {
        this.#answered = true;
        return Number(stdout.toString());
      })
      .finally(() => clearTimeout(timer));
    this.pid.catch(() => undefined); // every request reports the end of the shell itself
  }

  get isSoiled(): boolean {
    return this.#soiled;
  }

  /** Whether a script may still run: it should have been ended, but it is not known whether it was. */
  get hasLeft(): boolean {
    return this.#left;
  }

  async run(scripts: readonly string[], options: RunOptions = {}): Promise<Output[]> {
    const [answers = []] = this.send([{ scripts, ...options }]);
    return answers;
  }

  send(requests: readonly ScriptRequest[]): readonly Promise<Output[]>[] {
    const ended = this.#ended;
    if (ended) return requests.map(() => Promise.reject(ended));
    let turn: Promise<unknown> = Promise.resolve();
    return this.#write(requests).map((outputs, index) => {
      const { timeout, onAnswer } = requests[index] ?? {};
      const answers = Promise.all(outputs);
      for (const [place, output] of outputs.entries())
        if (onAnswer)
          output.then(
            (answer) => onAnswer(place, answer),
            () => undefined,
          );
      const mine = turn;
      turn = answers.catch(() => undefined);
      return timeout === undefined ? answers : inTime(answers, timeout, mine, () => this.#endLate(timeout));
    });
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    if (this.#open.size > 0) await this.#abandon();
    else this.#process.close();
  }

  #write(requests: readonly ScriptRequest[]): Promise<Output>[][] {
    // all or none: if one can't be written, nothing would wait for the others
    const numbered = requests.map(({ scripts, onOutput, mayLeave = false, limits, limit }) => {
      const shared = limit === undefined ? undefined : new SharedLimit(limit);
      return scripts.map((script, index) => {
        const id = ++this.#last;
        const limited = limits && { index, limit: limits[index], shared };
        return { id, script, mayLeave, onOutput, limited };
      });
    });
    const text = encodeRequests(this.#token, numbered.flat());
    const answers = numbered.map((scripts) =>
      scripts.map(({ id, onOutput, limited }) => this.#answerTo(id, onOutput, limited)),
    );
    this.#say(text);
    return answers;
  }

  /** What is said in one turn is one write: each is a packet, which wakes up the host. */
  #say(text: string): void {
    if (this.#unsaid === "")
      process.nextTick(() => {
        this.#process.stdin.write(this.#unsaid);
        this.#unsaid = "";
      });
    this.#unsaid += text;
  }

  #answerTo(
    id: number,
    onOutput: RunOptions["onOutput"],
    limited: { index: number; limit: number | undefined; shared: SharedLimit | undefined } | undefined,
  ): Promise<Output> {
    return new Promise((resolve, reject) => {
      this.#open.set(id, {
        stdout: new Kept(limited?.limit, limited?.shared, this.#hooks.spool),
        stderr: new Kept(limited?.limit, limited?.shared, this.#hooks.spool),
        onOutput,
        limited: limited?.index,
        status: undefined,
        stderrEnded: false,
        resolve,
        reject,
      });
    });
  }

  #attach(): Promise<void> {
    const { stdout, stderr, closed, stdin } = this.#process;
    for (const [stream, readable] of [["stdout", stdout] as const, ["stderr", stderr] as const]) {
      const reader = new MarkerReader(
        this.#token,
        (piece) => this.#piece(stream, piece),
        (marker) => this.#mark(stream, marker),
      );
      readable.on("data", (chunk: Buffer) => reader.push(chunk));
    }
    stdin.on("error", () => undefined); // a write to a dead shell: `closed` gives the reason
    return closed.then((ended) => this.#end(ended));
  }

  #mark(stream: Stream, marker: Marker): void {
    const { id } = marker;
    this.#at[stream] = marker.kind === "begin" ? id : "between";
    const open = this.#open.get(id);
    if (marker.kind === "begin" || !open) return;
    if (stream === "stderr") open.stderrEnded = true;
    else {
      open.status = marker.status;
      this.#soiled ||= marker.left;
      if (marker.left) this.#refuseBehind(id);
    }
    this.#resolveWhenWhole(id);
  }

  /** A process that a script has left may print into later answers. */
  #refuseBehind(id: number): void {
    for (const [behind, { reject }] of this.#open) {
      if (behind <= id) continue;
      this.#open.delete(behind);
      reject(
        new ShowrunnerError("host.lost", "what ran before has left a process that has the shell's streams"),
      );
    }
  }

  /**
   * A stream's bytes belong to the request whose answer is open on it. Bytes between two answers come from a process
   * that an earlier script left behind.
   */
  #piece(stream: Stream, piece: Buffer): void {
    const at = this.#at[stream];
    if (at === "between") {
      this.#soiled = true;
      return;
    }
    if (at === "before") {
      this.#noise.add(piece);
      if (this.#noise.isTooMuch) this.#giveUp(tooMuch);
      return;
    }
    const open = this.#open.get(at);
    if (!open) return;
    open[stream].push(piece);
    if (open.limited !== undefined && open[stream].isEndless && !this.#endless) {
      this.#endless = new EndlessOutput(open.limited);
      void this.#abandon();
    }
    const dealt = open.onOutput?.(stream, piece);
    if (dealt instanceof Promise) void this.#slowDown(dealt);
  }

  /** A host that prints faster than its output is processed has to wait: its end of the connection fills up. */
  async #slowDown(dealt: Promise<unknown>): Promise<void> {
    const streams = [this.#process.stdout, this.#process.stderr];
    if (this.#dealing++ === 0) for (const stream of streams) stream.pause();
    await dealt.catch(() => undefined);
    if (--this.#dealing === 0) for (const stream of streams) stream.resume();
  }

  #resolveWhenWhole(id: number): void {
    const open = this.#open.get(id);
    if (open?.status === undefined || !open.stderrEnded) return;
    this.#open.delete(id);
    open.resolve(keptOutput(open.stdout, open.stderr, open.status));
  }

  #end({ reason, hint }: Pick<Ended, "reason" | "hint">): void {
    const [first] = this.#open.values();
    const said = this.#answered && first ? first.stderr.lastText.trim() : this.#noise.text;
    const explained = this.#answered || reason !== undefined ? undefined : this.#hooks.explainStart(said);
    this.#ended =
      this.#late ??
      this.#endless ??
      explained ??
      new ShowrunnerError("host.lost", reason ?? "the remote shell ended", {
        details: said === "" ? [] : said.split("\n").slice(-5),
        hint:
          hint ??
          "the command may have been cut short: run again; what is already right is not changed again",
      });
    for (const open of this.#open.values()) open.reject(this.#ended);
    this.#open.clear();
  }

  /** Ends a shell that does not begin to answer. */
  #giveUp(problem: string): void {
    if (this.#answered) return;
    this.#late ??= this.#hooks.explainStart(this.#noise.text, problem);
    this.#process.close();
    this.#end({});
  }

  /** @returns the error of a request that took too long, once what ran for it was ended */
  async #endLate(timeout: number): Promise<ShowrunnerError> {
    const message = `did not end within ${timeout / 1000} s`;
    // ending the group ends this shell too: the time limit is why
    this.#late = new ShowrunnerError("task.timeout", message);
    await this.#abandon();
    const outcome = this.#left
      ? "it could not be ended, and may still be running"
      : "its process group was ended";
    return new ShowrunnerError("task.timeout", message, {
      hint: `${outcome}; give the task a longer timeout if it needs one`,
    });
  }

  /** Ends what runs in this shell, and the shell with it: a half-run script can't be left behind in it. */
  async #abandon(): Promise<void> {
    this.#left = true;
    const ended = this.pid
      .then((pid) => this.#hooks.endGroup(pid))
      .then(() => {
        this.#left = false;
      })
      .catch(() => undefined);
    // over a dead connection nothing can be ended, and waiting for that would defeat the time limit
    await Promise.race([ended, sleep(5000, undefined, { ref: false })]);
    this.#process.close();
    // the next task must get a new shell: a transport may report the end of this one a moment later
    await Promise.race([this.ended, sleep(1000, undefined, { ref: false })]);
  }
}
