/** Writes a file so that nobody ever sees half of it, or the whole of it with the wrong owner or mode. */
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { enterDirectoryOf, stateWord } from "../../base/safe-path.ts";
import { lines, printBytes, rawScript, type Script, sh } from "../../base/script.ts";
import type { WriteAction } from "../facts/change.ts";
import { writing } from "./writing.ts";

/** Up to this size content travels in the script itself; above, it is streamed beside it. */
export const inlineLimit = 256 * 1024;

/** A file to be written. A content that is a script makes the new file at `$sr_new`, which is empty before. */
interface FileToWrite extends Omit<WriteAction, "content"> {
  readonly content: Buffer | Script;
}

/**
 * The script that puts a file in place.
 *
 * @param action what to write and how
 * @param uploaded what `receiveFileScript` printed, where the content is on the host already; else it is inline
 */
export function writeFileScript(action: FileToWrite, uploaded?: string): Script {
  const { path, content, mode, owner, group, expected, validate, validateIn, backup } = action;
  const ownership =
    owner === undefined ? group && `:${group}` : `${owner}${group === undefined ? "" : `:${group}`}`;
  const afterwards = validate !== undefined && !validate.includes("%s");
  // where the old file's attributes are taken over, only what is to be another one is set
  const sameOwner = expected?.owner === owner && expected?.group === group;
  const sameMode = expected?.mode === mode;
  const taken = expected !== undefined && owner !== undefined && expected.owner !== owner;
  const steps = [
    prepare(path),
    ...("kind" in content
      ? [rawScript(`sr_fill() {\n${content.text}\n}\nsr_stage`)]
      : stageBytes(content, uploaded)),
    expected && sh`sr_find ${stateWord(expected)} ${action.replaces ?? ""}`,
    action.inPlace ? sh`sr_within` : undefined,
    sh`sr_attributes ${ownership ?? ""} ${mode} ${sameOwner ? "same" : ""} ${sameMode ? "same" : ""} ${taken ? "taken" : ""}`,
    validate === undefined || afterwards
      ? undefined
      : lines(sh`sr_show`, succeeds(validate.replaceAll("%s", '"$sr_shown"'), validateIn)),
    sh`sr_label ${path}`,
    backup === undefined ? undefined : sh`sr_backup ${posix.basename(backup)}`,
    afterwards ? sh`sr_keep` : undefined,
    sh`sr_put`,
    afterwards ? succeeds(validate, validateIn) : undefined,
    sh`sr_state=good`,
  ];
  return lines(...steps.filter((step) => step !== undefined));
}

function stageBytes(content: Buffer, uploaded: string | undefined): Script[] {
  if (uploaded === undefined) return [rawScript(`sr_content() { ${printBytes(content)}; }`), sh`sr_stage`];
  return [sh`sr_take ${uploaded} ${createHash("sha256").update(content).digest("hex")}`];
}

/**
 * The script that takes a file's content from its standard input, and keeps it where the file is to be, so that only
 * its user can read it. It prints a name for `writeFileScript`. What came only in part is removed again.
 *
 * @param size bytes
 */
export function receiveFileScript(path: string, size: number): Script {
  return lines(
    prepare(path),
    rawScript("sr_content() { cat; }"),
    sh`sr_stage
[ "$(wc -c <"$sr_new")" -eq ${size} ] || sr_refuse 'not all of it came'
[ "$sr_apart" ] && printf '%s\\n' "$sr_apart" || printf '%s\\n' "\${sr_room:-$sr_new}"
trap - EXIT`,
  );
}

/** Whether this is what `receiveFileScript` prints for a path: a host may answer anything. */
export function isReceived(path: string, name: string): boolean {
  const own = `./${stagingName(path)}`;
  return [own, apartPrefix].some(
    (prefix) => name.startsWith(prefix) && /^[A-Za-z0-9]+$/.test(name.slice(prefix.length)),
  );
}

/** Where it is kept if its directory can't be written: what can be written there then is the file alone. */
const apartPrefix = "/tmp/.sr-";

function prepare(path: string): Script {
  const base = posix.basename(path);
  const free = (name: string) => (name === base ? `${name}-` : name);
  return lines(
    sh`set -e`,
    enterDirectoryOf(path),
    rawScript(writing),
    sh`sr_what=${path} sr_base=${base} sr_prefix=${stagingName(path)} sr_old=${free("old")} sr_former=${free("former")}
trap sr_finish EXIT`,
    // a shell that is ended by a signal would skip the trap above
    sh`trap 'exit 143' HUP INT TERM`,
  );
}

/**
 * How a file or folder is called that is not to be seen yet: hidden, so that no daemon that reads `*` takes it up, and
 * as nobody else calls one, so that what a power cut left may be removed.
 */
export function stagingName(path: string): string {
  return `.${shortened(posix.basename(path))}.sr-`;
}

/** A name that leaves room, in the 255 bytes of a name, for what is put around it. */
function shortened(base: string): string {
  if (Buffer.byteLength(base) <= 225) return base;
  return createHash("sha256").update(base).digest("hex");
}

/** What the script says last where the check refused the file: its status alone could be anything's. */
export const refused = "showrunner-check-refused-it";

/**
 * In a subshell on lines of its own, so that neither `exit` nor a comment in the command reaches beyond it. Programs may
 * load what lies where they are started (Python does): that must not be another user's directory.
 */
function succeeds(command: string, within: Script = rawScript(":")): Script {
  return rawScript(
    `if (\n[ -z "$sr_apart" ] || cd /\n${within.text}\n${command}\n); then :; else sr_status=$?; echo ${refused} >&2; exit $sr_status; fi`,
  );
}
