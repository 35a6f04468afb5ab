/** Runs a script on a host so that it outlives the connection, and waits for it over as many as it takes. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ShowrunnerError } from "../../base/errors.ts";
import type { Script } from "../../base/script.ts";
import { endedWith, lastLines, shownOutput } from "../../transport/output.ts";
import type { Session } from "../../transport/session.ts";
import type { Become, Output, RunOptions } from "../../transport/transport.ts";
import { asFailure } from "../events/failure.ts";
import { lookScript, outputScript, startScript, tidyScript } from "./detached-scripts.ts";

/** How a task runs in the background. */
export interface Detachment {
  /** Names the job on the host, among those of its user. */
  readonly id: string;
  /** Milliseconds between two looks. */
  readonly poll: number;
  /** Ends the waiting; the job goes on. */
  readonly signal: AbortSignal;
  /** Called where it must wait before it may begin: its `throttle` has others before it. */
  waits?(): void;
  /** Called once it is under way. @param joined whether an earlier run has started it */
  started(joined: boolean): void;
}

export interface Detached extends Detachment {
  /** Called over each new connection, before anything is asked over it: the lease went with the old one. */
  reconnected(): Promise<void>;
}

/** One look, or the start: these are short. */
const askLimit = 60_000;
/** What a job has printed may be much, and come over a slow link: as long as a task has by default. */
const outputLimit = 30 * 60_000;
/** How long a host may be away before the job is given up. */
const awayLimit = 5 * 60_000;

/**
 * @returns what the script printed and how it ended
 * @throws ShowrunnerError `task.timeout`, `change.failed` where it was killed, `host.*`
 */
export async function runDetached(
  session: Session,
  become: Become | undefined,
  script: Script,
  detachment: Detached,
  { timeout = 0, onOutput }: RunOptions,
): Promise<Output> {
  const { id, poll, signal, started } = detachment;
  // another task may be the one that finds the connection lost, and opens the next
  let entered = session.connection();
  const enter = async () => {
    const current = session.connection();
    if (current === entered) return;
    await detachment.reconnected();
    entered = current;
  };
  const ask = (one: Script, timeLimit = askLimit) =>
    persistently(session, become, one, { signal, enter, timeLimit });
  const limit = Math.max(1, Math.ceil(timeout / 1000));
  const token = randomBytes(8).toString("hex");
  const begun = await ask(startScript(id, token, script, limit));
  if (begun.status !== 0) throw refused("the job could not be started in the background", begun);
  const word = begun.stdout.toString().trim();
  if (word === "other")
    throw new ShowrunnerError(
      "change.failed",
      "an earlier run's job for this task still does something else",
      {
        hint: "its commands, execution environment or secrets have changed since: run again once that job has ended",
      },
    );
  if (word !== "started" && word !== "joined")
    throw refused("the host does not say whether the job was started in the background", begun);
  started(word === "joined");
  for (let wait = Math.min(250, poll); ; wait = Math.min(wait * 2, poll)) {
    await pause(wait, signal);
    const answer = await ask(lookScript(id));
    const word = answer.stdout.toString().trim();
    // only what is certainly its end may be taken for it: what follows removes all trace of the job
    if (answer.status !== 0 || !/^(running|lost|late|\d+)$/.test(word))
      throw refused(
        "the host does not say whether the job in the background has ended: it may still run",
        answer,
      );
    if (word === "running") continue;
    const printed = word === "lost" ? answer : await ask(outputScript(id), outputLimit);
    if (printed.status !== 0)
      throw refused("the job has ended, but its output could not be fetched", printed);
    const tidied = await ask(tidyScript(id));
    if (tidied.status !== 0) throw refused("the job has ended, but its files could not be removed", tidied);
    if (word === "lost") throw lost;
    const { stdout, stderr } = shownOutput(printed);
    await onOutput?.("stdout", stdout);
    await onOutput?.("stderr", stderr);
    if (word !== "late") return endedWith(printed, Number(word));
    throw new ShowrunnerError("task.timeout", `did not end within ${limit} s`, {
      hint: "its process group was ended; give the task a longer timeout if it needs one",
    });
  }
}

const lost = new ShowrunnerError("change.failed", "the job in the background ended without saying how", {
  hint: "the job was killed, or the host was rebooted: look into the host's own logs",
});

function refused(message: string, output: Output): ShowrunnerError {
  return new ShowrunnerError("change.failed", message, { details: lastLines(output, 3) });
}

/** Asks again over a new connection while the host is away. Whatever is asked here may be asked twice. */
async function persistently(
  session: Session,
  become: Become | undefined,
  script: Script,
  { signal, enter, timeLimit }: { signal: AbortSignal; enter: () => Promise<void>; timeLimit: number },
): Promise<Output> {
  let away: number | undefined;
  for (;;) {
    const used = session.connection();
    try {
      await enter();
      const [output] = await session.run(become, [script.text], { timeout: timeLimit });
      if (output) return output;
      throw new ShowrunnerError("internal", "a script was sent and no answer came");
    } catch (error) {
      signal.throwIfAborted();
      const failure = asFailure(error);
      away ??= performance.now();
      if (!isAway(failure)) throw failure;
      if (performance.now() - away > awayLimit) throw givenUp(failure);
      // what was late has ended its own shell; others still use the connection
      if (failure.code !== "task.timeout") giveUp(session, used);
      else if (timeLimit > askLimit)
        throw new ShowrunnerError(
          "task.timeout",
          `the job has ended, but its output did not come within ${timeLimit / 60_000} minutes`,
        );
      await pause(1000, signal);
    }
  }
}

/** The last look failed, and not the job: what that look says of itself is no more than a detail. */
function givenUp({ code, message }: ShowrunnerError): ShowrunnerError {
  return new ShowrunnerError(
    code === "host.unreachable" ? code : "host.lost",
    `the host did not answer for ${awayLimit / 60_000} minutes: the job goes on by itself`,
    { details: [message], hint: "a run that starts the same task again joins it" },
  );
}

/** @throws what the signal was aborted with */
async function pause(time: number, signal: AbortSignal): Promise<void> {
  await sleep(time, undefined, { signal }).catch(() => signal.throwIfAborted());
}

function isAway({ code }: ShowrunnerError): boolean {
  return ["host.lost", "host.unreachable", "task.timeout"].includes(code);
}

/** Another task may have given it up already: its new connection must not be closed. */
function giveUp(session: Session, used: ReturnType<Session["connection"]>): void {
  const current = session.connection();
  current.catch(() => undefined); // who asks over it is told
  if (current === used) session.reconnect();
}
