/**
 * Work in directories that somebody else may change while it goes on.
 *
 * Whoever may write into a directory on the way to a path can turn every name in it, at any moment: into a link to
 * /etc/shadow, into another directory, into a second name of another file. Nothing may be written, given away or
 * read by such a name. What nobody can turn is the directory in which a process stands, and what lies in a folder
 * that only its user can enter:
 *
 * - A way of which all directories belong to root or to us and are writable by nobody else needs no care. One `stat`
 *   tells, and what stands there is used by its name.
 * - Else the way is gone directory by directory, and after each step it is looked at where it has led: the parent of
 *   where we stand must be where we stood. A link is followed only to a place where those who could have turned it may
 *   write anyway.
 * - What is made is made in a folder of mode 0700, and put in its place by a rename from inside. Nobody else can enter
 *   that folder or move it to another parent, so `..` of it stays the directory that was looked at.
 * - What is there gets a second name in such a folder, a hard link, and is looked at and changed by that.
 *
 * Names of variables and functions begin with `sr_`, so that none has the name of a task's variable.
 */
import { posix } from "node:path";
import { diskWords } from "./disk-words.ts";
import { refuse } from "./refusal.ts";
import { safeHold } from "./safe-hold.ts";
import { safeWay } from "./safe-way.ts";
import { lines, rawScript, type Script, sh } from "./script.ts";

/** What was found at a path when a change was planned: the change is for that and for nothing else. */
export interface Expected {
  readonly type: string;
  /** Octal; a link has none. Left out, any will do. */
  readonly mode?: string | undefined;
  /** The name, or the number of a user that has none. */
  readonly owner: string;
  readonly group: string;
}

/** A path's directory, as it is to be entered: a `..` in it stays, since behind a link it leads elsewhere. */
function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/**
 * Enters the directory of a path. `sr_by` then says who else can turn names there, and is empty where nobody can.
 * The script ends with a reason where the way leads to what it must not.
 */
export function enterDirectoryOf(path: string): Script {
  return lines(rawScript(library), sh`sr_enter ${directoryOf(path)}`);
}

/** Enters the nearest directory above a path that is there, as `enterDirectoryOf` does. */
export function enterNear(path: string): Script {
  return lines(rawScript(library), sh`sr_enter_near ${path}`);
}

/**
 * Enters a new folder beside a path, which only our user can enter, and of which `..` is the path's directory. What
 * is made in it under the path's name is put in its place by `sr_put_out "$sr_base"`, which follows no link.
 *
 * @param prefix how the folder's name begins
 */
export function enterFolderBeside(path: string, prefix: string): Script {
  return lines(
    enterDirectoryOf(path),
    sh`sr_base=${posix.basename(path)}
trap sr_tidy EXIT
trap 'exit 143' HUP INT TERM
sr_sweep ${prefix}
sr_private ${prefix}`,
  );
}

/**
 * Sets `sr_held`, a name for what stands at a path that nobody else can turn; a directory is entered and is `.` then.
 * Where others can turn names, the script ends unless it is what was planned for.
 */
export function holdPath(path: string, expected: Expected): Script {
  return lines(
    enterDirectoryOf(path),
    sh`trap sr_tidy EXIT
trap 'exit 143' HUP INT TERM
sr_hold ${posix.basename(path)} ${expected.type}
sr_same ${stateWord(expected)}`,
  );
}

/**
 * Ends the script where others can turn names on the way to a path, for a tool that works by names there. What is
 * missing of the way does not matter.
 *
 * @param path the path, as a word of the shell
 * @param instead what to do instead
 */
export function requireOwnWay(path: Script, instead: string): Script {
  return sh`(
${rawScript(library)}
sr_what=${path}
sr_enter_near "$sr_what"
[ -z "$sr_by" ] || sr_refuse "$sr_what lies in a directory that other users may write: nothing was changed" ${instead}
) || exit`;
}

/**
 * Ends the script unless a file is the one that root, or whoever acts, has at this path: where others can turn names on
 * the way, a program that is given the path may open a file of theirs.
 *
 * @param instead what to do instead
 */
export function requireOwnFile(path: string, instead: string): Script {
  return sh`(
${rawScript(library)}
sr_own_file ${path} || sr_refuse ${`${path} lies in a directory that other users may write, and can be another file at any moment: nothing was changed`} ${instead}
) || exit`;
}

/** As `sr_same` compares it. */
export function stateWord({ owner, group, mode }: Expected): string {
  return `${owner}:${group}:${mode === undefined ? "" : Number.parseInt(mode, 8).toString(8)}`;
}

/** The shell's functions for all of this, and the variables that they share. */
const library = `sr_by= sr_me= sr_room= sr_held= sr_here= sr_names=1 sr_id= sr_path=/ sr_depth=0 sr_way_here=
${refuse}
${diskWords}
${safeWay}
${safeHold}`;
