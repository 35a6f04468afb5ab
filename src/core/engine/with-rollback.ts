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
import {
  answerFor,
  armScript,
  confirmScript,
  goBackScript,
  holdScript,
  leaveToHost,
} from "../lease/rollbacks.ts";
import {
  cutOff,
  failedItself,
  late,
  NotRestored,
  shutOut,
  slow,
  TakenBack,
  unconfirmed,
} from "./taken-back.ts";

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
  const token = randomBytes(8).toString("hex");
  answerFor(token);
  try {
    return await makeAndConfirm(guarded, token, make);
  } catch (error) {
    if (!(error instanceof TakenBack)) leaveToHost(token);
    throw error;
  }
}

async function makeAndConfirm(
  guarded: Guarded,
  token: string,
  make: (before: Script, timeout: number) => Promise<Output>,
): Promise<Output> {
  const { session, become, what, rollback } = guarded;
  const { name, within = defaultWithin } = rollback;
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
    const went = await goBack(guarded, token, cause, due);
    if (cause.code === "change.failed") throw failedItself(cause);
    // a machine that is shut out comes in after the host's own timer, and not before
    if (went !== "back") throw shutOut(what, "no answer came after the change", cause);
    throw cause.code === "task.timeout" ? slow(what, within / 2, cause) : cutOff(what, cause);
  }
  const failed = await confirm(guarded, token, due);
  // its answer may have been lost on the way
  if (failed && (await goBack(guarded, token, failed.cause, due)) !== "confirmed")
    throw notConfirmed(what, within, failed);
  await keepSession(guarded);
  return output;
}

interface Unconfirmed {
  /** `late`: a new connection could be made, or was not even tried in time; `refused`: the host could not note it. */
  readonly why: "late" | "refused" | "unreachable";
  readonly cause: ShowrunnerError;
}

function notConfirmed(what: string, within: number, { why, cause }: Unconfirmed): TakenBack {
  if (why === "late") return late(what, within);
  if (why === "refused") return unconfirmed(what, cause);
  return shutOut(what, "no new connection could be made after the change", cause);
}

/** @returns why it is not confirmed; undefined where it is */
async function confirm(guarded: Guarded, token: string, due: number): Promise<Unconfirmed | undefined> {
  const script = confirmScript(guarded.rollback.name, token);
  const tooLate = new ShowrunnerError("change.failed", "the confirmation came too late");
  let failed: Unconfirmed = { why: "late", cause: tooLate };
  while (performance.now() < due) {
    try {
      const answer = await askAnew(guarded, script, Math.min(askLimit, due - performance.now()));
      if (said(answer) === "confirmed") return undefined;
      if (answer.status === 0) return { why: "late", cause: tooLate };
      const cause = new ShowrunnerError("change.failed", "it was not noted", {
        details: lastLines(answer, 3),
      });
      return { why: "refused", cause };
    } catch (error) {
      const cause = asFailure(error);
      failed = { why: "unreachable", cause };
      if (isRefusal(cause)) return failed;
    }
    await pause(guarded, 1000);
  }
  return failed;
}

/**
 * Waits until the host is as it was before, and can be reached.
 *
 * @param cause why it goes back
 * @returns `back` where it went back as it was told to, `gone` where it had done so by itself, `confirmed` where the
 *   change was confirmed all the same
 */
async function goBack(
  guarded: Guarded,
  token: string,
  cause: ShowrunnerError,
  due: number,
): Promise<"back" | "gone" | "confirmed"> {
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
      const word = said(answer);
      return word === "confirmed" || word === "back" ? word : "gone";
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

/** Nothing was changed. */
function notArmed({ what }: Guarded, output: Output): TakenBack {
  const refusal = statedRefusal(lastLines(output, 20));
  return new TakenBack(
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
