/** Writes a file so that nobody ever sees half of it, or the whole of it with the wrong owner or mode. */
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { printBytes, quote, rawScript, type Script } from "../base/script.ts";
import type { WriteAction } from "../facts/change.ts";

/** Up to this size content travels in the script itself; above, it is streamed beside it. */
export const inlineLimit = 256 * 1024;

/**
 * The script that puts a file in place.
 *
 * @param action what to write and how
 * @param uploaded a file on the host that already holds the content, in the same directory; else it is inline
 */
export function writeFileScript(action: WriteAction, uploaded: string | undefined): Script {
  const { path, content, mode, owner, group, validate, validateIn, backup } = action;
  const ownership =
    owner === undefined ? group && `:${group}` : `${owner}${group === undefined ? "" : `:${group}`}`;
  const inPlace = validate !== undefined && !validate.includes("%s");
  const steps = [
    "set -e",
    `dest=${quote(path)}`,
    `beside=${quote(stagingPath(path, ""))}`,
    "old=",
    // named so that no variable of a task's environment has the same name
    // mktemp's files are open to their owner alone; the umask stays as it is, for what the check may write
    uploaded === undefined ? 'sr_new=$(mktemp "${beside}XXXXXX")' : `sr_new=${quote(uploaded)}`,
    inPlace ? restoreAndTidy : tidy,
    // a shell that is ended by a signal would skip the trap above
    "trap 'exit 143' HUP INT TERM",
    sweep,
    uploaded === undefined ? `{ ${printBytes(content)}; } >"$sr_new"` : undefined,
    ownership ? `chown -- ${quote(ownership)} "$sr_new"` : undefined,
    `chmod -- ${quote(mode)} "$sr_new"`,
    validate === undefined || inPlace
      ? undefined
      : succeeds(validate.replaceAll("%s", '"$sr_new"'), validateIn),
    keepLabel,
    backup === undefined ? undefined : `if [ -e "$dest" ]; then cp -p -- "$dest" ${quote(backup)}; fi`,
    inPlace ? keepOld : undefined,
    replace,
    inPlace ? succeeds(validate, validateIn) : undefined,
    inPlace ? forgetOld : undefined,
  ];
  return rawScript(steps.filter((step) => step !== undefined).join("\n"));
}

/**
 * A place beside the file for what is not to be seen yet: hidden, so that no daemon that reads `*` takes it up, and
 * under a name that nobody else gives, so that what a power cut left may be removed.
 */
export function stagingPath(path: string, nonce: string): string {
  // a `..` in the path stays: behind a link it leads elsewhere than one would think
  const directory = path.slice(0, path.lastIndexOf("/") + 1);
  return `${directory}.${shortened(posix.basename(path))}.sr-${nonce}`;
}

/** A name that leaves room, in the 255 bytes of a name, for what is put around it. */
function shortened(base: string): string {
  if (Buffer.byteLength(base) <= 225) return base;
  return createHash("sha256").update(base).digest("hex");
}

/** Removes what earlier writes of this file left when the host lost its power. */
const sweep = `for left in "$beside"*; do [ "$left" = "$sr_new" ] || rm -f -- "$left" || :; done`;

const tidy = `trap 'rm -f -- "$sr_new"' EXIT`;

/** SELinux: the label of the file that is replaced, or the one that the policy has for such a path. */
const keepLabel = `if command -v selinuxenabled >/dev/null && selinuxenabled; then
  if [ -f "$dest" ]; then chcon --reference="$dest" -- "$sr_new"
  else chcon -- "$(matchpathcon -n -- "$dest")" "$sr_new"; fi 2>/dev/null || :
fi`;

/** `mv` would move into what a link leads to, if that is a directory. */
const replace = `if [ -L "$dest" ] && [ -d "$dest" ]; then rm -f -- "$dest"; fi
mv -f -- "$sr_new" "$dest"`;

/**
 * A check of the whole configuration needs the new file in its place. The old one is kept as a hard link, so that
 * what comes back on a failure is the very same file; wherever the script ends before it knows that the new one is
 * good, the trap puts the old one back.
 */
const restoreAndTidy = `state=before
trap 'case $state in
  kept) mv -f -- "$old" "$dest" ;;
  none) rm -f -- "$dest" ;;
esac
rm -f -- "$sr_new" \${old:+"$old"}' EXIT`;

const keepOld = `if [ -e "$dest" ] || [ -L "$dest" ]; then
  old=$(mktemp -u "\${beside}XXXXXX")
  cp -al -- "$dest" "$old" 2>/dev/null || cp -p -- "$dest" "$old"
  state=kept
else state=none; fi`;

const forgetOld = "state=good";

/** What the script says last where the check refused the file: its status alone could be anything's. */
export const refused = "showrunner-check-refused-it";

/** In a subshell on lines of its own, so that neither `exit` nor a comment in the command reaches beyond it. */
function succeeds(command: string, within: Script = rawScript(":")): string {
  return `if (\n${within.text}\n${command}\n); then :; else sr_status=$?; echo ${refused} >&2; exit $sr_status; fi`;
}
