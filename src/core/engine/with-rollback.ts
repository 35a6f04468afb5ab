/** Makes a change that the host takes back by itself, unless a new connection confirms it: see `Rollback`. */

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ShowrunnerError } from "../../base/errors.ts";
import { statedRefusal } from "../../base/refusal.ts";
import { type Script, sh } from "../../base/script.ts";
import { lastLines } from "../../transport/output.ts";
import type { Session } from "../../transport/session.ts";
import { withTimeLimit } from "../../transport/time-limit.ts";
import type { Become, Output } from "../../transport/transport.ts";
import { asFailure } from "../events/failure.ts";
import type { Rollback } from "../facts/rollback.ts";
import { armScript, confirmScript, goBackScript, holdScript } from "../lease/rollbacks.ts";
import { NotRestored, TakenBack } from "./taken-back.ts";

const defaultWithin = 30;
/** One question, from the first packet of its connection. Milliseconds. */
const askLimit = 15_000;
/** How long a host may be away after its rollback. */
const awayLimit = 60_000;
/** How long the old connection may take to show that it still works. */
const oldLimit = 5_000;

interface Guarded {
  readonly session: Session;
  readonly become: Become | undefined;
  readonly what: string;
  readonly rollback: Rollback;
  /** Called over a new connection, where the old one did not survive the change: the lease went with it. */
  reconnected(): Promise<void>;
}

/**
 * @param make makes the change, with a script before its own, within a time in milliseconds
 * @returns what the change printed
 * @throws TakenBack where the host is as it was before
 * @throws ShowrunnerError `change.failed` where the host could not restore that, `host.*` where it does not answer
 */
export async function withRollback(
  guarded: Guarded,
  make: (before: Script, timeout: number) => Promise<Output>,
): Promise<Output> {
  const { session, become, rollback } = guarded;
  const { name, within = defaultWithin } = rollback;
  const token = randomBytes(8).toString("hex");
  // from before the host's own timer: it never ends before this
  const due = performance.now() + within * 1000;
  const armed = await ask(session, become, armScript(rollback, token, within));
  if (armed.status !== 0) throw notArmed(guarded, armed);

  let output: Output;
  try {
    const limit = (within * 1000) / 2;
    // of a connection that the change has cut, not even the end of the shell can be waited for
    output = await withTimeLimit(make(holdScript(name, token), limit), limit + oldLimit, noAnswer);
  } catch (error) {
    const cause = asFailure(error);
    await goBack(guarded, token, cause, due);
    // what a program says as it refuses the change is all there is to say
    throw cause.code === "change.failed"
      ? cause
      : takenBack(guarded, "no answer came after the change", cause);
  }
  const cause = await confirm(guarded, token, due);
  // its answer may have been lost on the way
  if (cause && (await goBack(guarded, token, cause, due)) === "gone")
    throw takenBack(guarded, "no new connection could be made after the change", cause);
  await keepSession(guarded);
  return output;
}

/** @returns why it is not confirmed; undefined where it is */
async function confirm(guarded: Guarded, token: string, due: number): Promise<ShowrunnerError | undefined> {
  const script = confirmScript(guarded.rollback.name, token);
  let cause = new ShowrunnerError("task.timeout", "the change took as long as the host waits");
  while (performance.now() < due) {
    try {
      const answer = await askAnew(guarded, script, Math.min(askLimit, due - performance.now()));
      if (said(answer) === "confirmed") return undefined;
      return new ShowrunnerError("change.failed", "the confirmation came too late", {
        details: lastLines(answer, 3),
      });
    } catch (error) {
      cause = asFailure(error);
      if (isRefusal(cause)) return cause;
    }
    await pause(guarded, 1000);
  }
  return cause;
}

/**
 * Waits until the host is as it was before, and can be reached.
 *
 * @param cause why it goes back
 * @returns `confirmed` where the change was confirmed all the same
 */
async function goBack(
  guarded: Guarded,
  token: string,
  cause: ShowrunnerError,
  due: number,
): Promise<"gone" | "confirmed"> {
  const script = goBackScript(guarded.rollback.name, token);
  // a host that refuses a login counts how often
  if (isRefusal(cause)) await pause(guarded, due + 1000 - performance.now());
  let old = cause.code === "change.failed";
  for (;;) {
    try {
      const asked = old ? ask(guarded.session, guarded.become, script) : askAnew(guarded, script, askLimit);
      const answer = await withTimeLimit(asked, askLimit, noAnswer);
      if (answer.status !== 0) throw notRestored(guarded, answer);
      await keepSession(guarded).catch(() => undefined); // the next task connects, or says why it can't
      return said(answer) === "confirmed" ? "confirmed" : "gone";
    } catch (error) {
      if (error instanceof NotRestored) throw error;
      old = false;
      if (performance.now() > due + awayLimit) throw notBack(guarded, asFailure(error));
    }
    await pause(guarded, 1000);
  }
}

/** The old connection goes on where it works: other tasks use it, too. */
async function keepSession({ session, become, reconnected }: Guarded): Promise<void> {
  try {
    await withTimeLimit(ask(session, become, sh`:`), oldLimit, noAnswer);
  } catch {
    session.reconnect();
    await reconnected();
  }
}

async function ask(session: Session, become: Become | undefined, script: Script): Promise<Output> {
  const [output] = await session.run(become, [script.text], { timeout: askLimit });
  if (!output) throw new ShowrunnerError("internal", "a script was sent and no answer came");
  return output;
}

/** Asks over a connection of its own. */
async function askAnew({ session, become }: Guarded, script: Script, limit: number): Promise<Output> {
  const fresh = session.anew();
  try {
    return await withTimeLimit(ask(fresh, become, script), limit, noAnswer);
  } finally {
    void fresh.close();
  }
}

/** @throws ShowrunnerError `host.lost` where the run is over */
async function pause({ session, what, rollback }: Guarded, time: number): Promise<void> {
  const end = performance.now() + time;
  do {
    if (session.isClosed)
      throw new ShowrunnerError("host.lost", `${what}: the run is over before the change was confirmed`, {
        hint: `the host takes the change back by itself, within ${rollback.within ?? defaultWithin} s`,
      });
    await sleep(Math.max(0, Math.min(200, end - performance.now())));
  } while (performance.now() < end);
}

/** Whether the host answers, and lets nobody in like this: asking again would change nothing. */
function isRefusal({ code }: ShowrunnerError): boolean {
  return ["host.auth", "host.key", "become.refused"].includes(code);
}

function said({ stdout }: Output): string {
  return stdout.toString().trim();
}

function noAnswer(): ShowrunnerError {
  return new ShowrunnerError("host.lost", "no answer came in time");
}

function takenBack({ what }: Guarded, why: string, { message, details }: ShowrunnerError): TakenBack {
  return new TakenBack(
    "change.failed",
    `${what}: ${why}: it would have shut this machine out, so the host has put back what was there before`,
    {
      details: [message, ...details],
      hint: "let the change admit this machine: its address, the port of the connection and its user",
    },
  );
}

function notArmed({ what }: Guarded, output: Output): ShowrunnerError {
  const refusal = statedRefusal(lastLines(output, 20));
  return new ShowrunnerError(
    "change.failed",
    `${what}: ${refusal?.reason ?? "the host could not make ready to take the change back, so it was not made"}`,
    { details: refusal ? [] : lastLines(output, 10), hint: refusal?.hint },
  );
}

function notRestored({ what, rollback }: Guarded, output: Output): NotRestored {
  return new NotRestored(
    "change.failed",
    `${what}: the change was not confirmed, and the host could not put back what was there before`,
    {
      details: lastLines(output, 10),
      hint: `what was there before lies in /var/lib/showrunner/rollbacks/${rollback.name} on the host; the next run tries to put it back again`,
    },
  );
}

function notBack({ what }: Guarded, { message }: ShowrunnerError): ShowrunnerError {
  return new ShowrunnerError(
    "host.lost",
    `${what}: the host can't be reached, though the time is over after which it puts back what was there before`,
    { details: [message], hint: "look at its console" },
  );
}
