/** A change: one difference between a host and what a task describes, with what it takes to remove it. Plain data. */

import type { Expected } from "../../base/safe-path.ts";
import type { Script } from "../../base/script.ts";
import type { HttpRequest } from "../../transport/http-request.ts";
import type { Output } from "../../transport/transport.ts";
import type { FactValue, Touch } from "./fact.ts";
import type { Rollback } from "./rollback.ts";

/** Runs a script. */
interface ScriptAction {
  readonly kind: "script";
  readonly script: Script;
  /**
   * The script without what differs at each run though it does the same: the time in a backup's name, where a redirect
   * leads today. A kept plan compares this one, and nothing runs it. Left out: the script itself.
   */
  readonly compared?: Script;
  /** What the script is sent at its standard input, of any size, and the path that it is for: errors name that. */
  readonly input?: { readonly content: Buffer; readonly path: string };
  /** Exit statuses that mean success. Default `[0]`. */
  readonly statuses?: readonly number[];
  /**
   * True: another exit status is no error here. The plan gets the output and returns it, so that `failedWhen` can judge
   * it.
   */
  readonly reports?: boolean;
  /** True: the script runs what another user of the host chooses, which may leave processes behind. */
  readonly mayLeave?: boolean;
}

/** Writes a whole file: beside the old one, with owner and mode set, validated, then renamed over it. */
export interface WriteAction {
  readonly kind: "write";
  readonly path: string;
  readonly content: Buffer;
  /** Octal, such as `"0644"`. */
  readonly mode: string;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** The file that is replaced, as it was found: the new file keeps whatever the change does not set. */
  readonly expected?: Expected | undefined;
  /** The SHA-256, in hex, of what was read of that file, where the content was made from it. */
  readonly replaces?: string | undefined;
  /** True: a file that can't be replaced, since it is mounted, is overwritten in place. That is not atomic. */
  readonly inPlace?: boolean | undefined;
  /**
   * A command that must succeed. With `%s` it gets the new file's path before anything is replaced; without, it
   * runs with the new file in place, and the old file is put back if it fails.
   */
  readonly validate?: string | undefined;
  /** What stands before `validate` in its subshell: the task's environment and directory. */
  readonly validateIn?: Script;
  /** Keeps the file that was there under this path. */
  readonly backup?: string | undefined;
}

/** Sends a request from the host, for methods that change something. */
interface HttpAction {
  readonly kind: "http";
  readonly request: HttpRequest;
  /** Response statuses that mean success. */
  readonly statuses: readonly number[];
}

/** Reboots the host, and waits until it is back. */
interface RebootAction {
  readonly kind: "reboot";
  /** Milliseconds until it must be back. */
  readonly timeout: number;
}

export type Action = ScriptAction | WriteAction | HttpAction | RebootAction;

/** A text before and after, for a diff. */
export interface TextDiff {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** What a change does, as far as it is not known to whoever plans it. */
export type Description = Partial<Pick<Change, "what" | "before" | "after" | "touches">>;

/**
 * For a change whose script tells what it does just before it does it (`tellingMark`), and refuses before that what must
 * not be done. To ask the host beforehand would take as long as to find out while it is done.
 */
interface Telling {
  /**
   * Asks the host what the change would do: where that must be known before (in a check, and in a run that is held to a
   * plan), and to explain why the script has refused.
   *
   * @throws ShowrunnerError `task.failed` where the change can't or must not be made
   */
  ahead(): Promise<Description>;
  /**
   * What the change has done.
   *
   * @param lines what its script has told, without the mark
   */
  told(lines: readonly string[]): Description;
}

/** A change as the engine gets it: made by `change`. */
export interface Change {
  /** What differs, in a word or two: `mode`, `installed`, `content`. */
  readonly what: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly diff?: TextDiff | undefined;
  readonly action: Action;
  /** The facts that hold afterwards. */
  readonly sets: readonly FactValue[];
  /** The facts that may differ afterwards; their new values are not known. */
  readonly touches: readonly Touch[];
  /** What the task's author says that it may alter, in the place of everything: `/etc/app.conf`, `unit app`. */
  readonly stated?: readonly string[] | undefined;
  /** A user whom the change alters or removes: later tasks of that user must not run in a shell started before it. */
  readonly altersUser?: string | undefined;
  /** How the host takes it back by itself, unless a new connection confirms it. */
  readonly rollback?: Rollback | undefined;
  /** Where its script tells what it does, as apt's do: until then, `touches` is the most that it may alter. */
  readonly tells?: Telling | undefined;
}

/**
 * The change with what it does, asked of the host before.
 *
 * @throws ShowrunnerError `task.failed` where it can't or must not be made
 */
export async function foreseen({ tells, ...known }: Change): Promise<Change> {
  return tells ? { ...known, ...(await tells.ahead()) } : known;
}

/** A change as its module describes it, for `change`. */
export interface ChangeDefinition {
  /** What differs, in a word or two: `mode`, `installed`, `content`. */
  readonly what: string;
  /** What was found, for whoever reads the report. */
  readonly before?: unknown;
  /** What it will be. */
  readonly after?: unknown;
  /** A text before and after, shown with `--diff`. */
  readonly diff?: TextDiff | undefined;
  /** The script that makes the change; or give `action`. */
  readonly script?: Script;
  /** What to do instead of running a script: write a file, send a request. */
  readonly action?: Action;
  /** The facts that hold afterwards. */
  readonly sets?: readonly FactValue[];
  /** The facts that may differ afterwards; their new values are not known. */
  readonly touches?: readonly Touch[];
  /** A user whom the change alters or removes. */
  readonly altersUser?: string | undefined;
  /** For a change that may shut the control machine out: how the host takes it back by itself. */
  readonly rollback?: Rollback | undefined;
}

/**
 * Makes a change for a module to yield. One that neither sets nor touches a named fact is opaque: it may have
 * touched everything.
 *
 * @example
 * yield change({ what: "enabled", before: false, after: true, script: sh`systemctl enable -- ${name}`, sets: [unit.is(name, next)] });
 */
export function change({ script, action, sets = [], touches, ...shown }: ChangeDefinition): Change {
  const does = action ?? (script ? ({ kind: "script", script } as const) : undefined);
  if (!does) throw new TypeError(`the change "${shown.what}" has neither a script nor an action`);
  const { rollback } = shown;
  if (rollback && !/^[A-Za-z0-9-]+$/.test(rollback.name))
    throw new TypeError(`a rollback is named by letters, digits and dashes, not "${rollback.name}"`);
  if (rollback && does.kind !== "script" && does.kind !== "write")
    throw new TypeError(`the change "${shown.what}" can't be taken back: only scripts and written files can`);
  return { ...shown, action: does, sets, touches: touches ?? (sets.length === 0 ? ["everything"] : []) };
}

/** What a change gave back when it was made. In check mode, reading it ends the plan: nobody can know it. */
export type ChangeOutput = Output;
