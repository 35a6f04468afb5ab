/** Does what a change says on its host: runs its script, writes its file, sends its request. Only `applyChange` asks for it. */

import { type ErrorDetails, ShowrunnerError } from "../../base/errors.ts";
import { oneLine } from "../../base/one-line.ts";
import { statedRefusal } from "../../base/refusal.ts";
import { lines, type Script } from "../../base/script.ts";
import { isTelling } from "../../base/telling.ts";
import { lastLines } from "../../transport/output.ts";
import type { Session } from "../../transport/session.ts";
import type { Become, Output, RunOptions, ScriptRequest } from "../../transport/transport.ts";
import type { Change, WriteAction } from "../facts/change.ts";
import type { Detached } from "./detached.ts";
import {
  inlineLimit,
  isReceived,
  receiveFileScript,
  refused as refusedByCheck,
  writeFileScript,
} from "./write-file.ts";

/** A script ended with a status that does not mean success. */
export class BadStatus extends ShowrunnerError {
  readonly #output: Output;

  constructor(output: Output, message: string, details: ErrorDetails) {
    super("change.failed", message, details);
    this.#output = output;
  }

  /** As it was printed: nothing that prints the error prints this too. */
  get output(): Output {
    return this.#output;
  }
}

/** What is read behind a change. */
export interface Behind {
  readonly request: ScriptRequest | undefined;
  /** Where it was asked. */
  answers: Promise<readonly Output[]> | undefined;
}

/**
 * Carries out a change's action.
 *
 * @param behind what is read behind a script of the change, in the same round trip
 * @param detachment where a script is to outlive the connection
 * @param before what stands before the change's own script, in the same shell
 * @returns what it printed
 * @throws ShowrunnerError `change.failed` with the command's status and last lines; `host.*`, `task.timeout`
 */
export async function runAction(
  session: Session,
  become: Become | undefined,
  change: Change,
  options: RunOptions,
  behind: Behind = { request: undefined, answers: undefined },
  detachment?: Detached,
  before?: Script,
): Promise<Output> {
  const { action } = change;
  switch (action.kind) {
    case "script": {
      if (action.input) {
        const script = before ? lines(before, action.script) : action.script;
        return sendTo(session, become, action.input, script, options);
      }
      // what a script leaves behind could print into the answers of what is read behind it
      const mayLeave = action.reports === true || action.mayLeave === true || behind.request !== undefined;
      const output = detachment
        ? await (await import("./detached.ts")).runDetached(
            session,
            become,
            action.script,
            detachment,
            options,
          )
        : await runOne(
            session,
            become,
            (before ? lines(before, action.script) : action.script).text,
            { ...options, mayLeave },
            behind,
          );
      return check(change, become, output, action.statuses);
    }
    case "write":
      return check(change, become, await write(session, become, action, options, behind, before));
    case "reboot":
      return (await import("./reboot-host.ts")).rebootHost(session, become, action.timeout);
    case "http": {
      const { request } = await import("../../transport/http.ts");
      const response = await request(session, action.request);
      const { requireStatus } = await import("../../transport/http-status.ts");
      requireStatus(action.request, response, action.statuses, "change.failed");
      return { stdout: Buffer.from(JSON.stringify(response)), stderr: Buffer.alloc(0), status: 0 };
    }
  }
}

/** A script that takes much has a channel of its own for it. */
async function sendTo(
  session: Session,
  become: Become | undefined,
  { content, path }: { readonly content: Buffer; readonly path: string },
  script: Script,
  options: RunOptions,
): Promise<Output> {
  const printed = await session.upload(become, path, content, { ...options, receive: script.text });
  return { stdout: Buffer.from(printed), stderr: Buffer.alloc(0), status: 0 };
}

async function write(
  session: Session,
  become: Become | undefined,
  action: WriteAction,
  options: RunOptions,
  behind: Behind,
  before: Script | undefined,
): Promise<Output> {
  const text = (script: Script) => (before ? lines(before, script).text : script.text);
  if (action.content.length <= inlineLimit)
    return runOne(session, become, text(writeFileScript(action, undefined)), options, behind);
  const { path, content } = action;
  const receive = receiveFileScript(path, content.length).text;
  const staged = (await session.upload(become, path, content, { ...options, receive })).trimEnd();
  if (!isReceived(path, staged))
    throw new ShowrunnerError(
      "change.failed",
      `${path}: the host did not say where it keeps the uploaded content`,
    );
  return runOne(session, become, text(writeFileScript(action, staged)), options, behind);
}

async function runOne(
  session: Session,
  become: Become | undefined,
  script: string,
  options: RunOptions,
  behind: Behind,
): Promise<Output> {
  const own: ScriptRequest = { scripts: [script], ...options };
  const [made, read] = session.send(become, behind.request ? [own, behind.request] : [own]);
  read?.catch(() => undefined); // nobody may want it
  behind.answers = read;
  const [output] = (await made) ?? [];
  if (!output) throw new ShowrunnerError("internal", "a script was sent and no answer came");
  return output;
}

function check(
  change: Change,
  become: Become | undefined,
  output: Output,
  statuses: readonly number[] = [0],
): Output {
  if (statuses.includes(output.status)) return output;
  const printed = lastLines(output, 200);
  const all = change.tells ? printed.filter((line) => !isTelling(line)) : printed;
  const last = all.at(-1) ?? "";
  const byCheck = !isCommand(change) && last.endsWith(refusedByCheck);
  const said = byCheck ? [...all.slice(0, -1), last.slice(0, -refusedByCheck.length)] : all;
  // what a command prints is its own
  const stated = byCheck || isCommand(change) ? undefined : statedRefusal(said);
  const refused =
    !become && said.some((line) => /permission denied|operation not permitted|are you root/i.test(line));
  throw new BadStatus(
    output,
    `${calledIn(change)}: ${stated?.reason ?? `${byCheck ? `refused by its check${validationOf(change)}, which ` : ""}ended with status ${output.status}`}`,
    {
      details: stated?.rest.slice(-10) ?? said.join("\n").trim().split("\n").slice(-10),
      hint: refused
        ? "the user of the connection may not do that: set become: true for the task or its play (on the command line: --become)"
        : stated?.hint,
    },
  );
}

/** A failure is also read where its task is not shown beside it: of a command the command itself says most. */
function calledIn(change: Change): string {
  const { what, after } = change;
  return isCommand(change) && typeof after === "string" ? oneLine(after) : what;
}

/** Whether a change is a command that a playbook gives: what it prints is its result. */
export function isCommand({ action }: Change): boolean {
  return action.kind === "script" && action.reports === true;
}

/** The check, where it is short enough to be what the user wrote. */
function validationOf({ action }: Change): string {
  const command = action.kind === "write" ? (action.validate ?? "") : "";
  return command.includes("\n") || command.length > 100 ? "" : ` (${command})`;
}
