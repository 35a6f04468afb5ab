/** Writes a file so that nobody ever sees half of it, or the whole of it with the wrong owner or mode. */
import type { WriteAction } from "./change.ts";
import { printBytes, quote, rawScript, type Script } from "./script.ts";

/** Up to this size content travels in the script itself; above, it is streamed beside it. */
export const inlineLimit = 256 * 1024;

/**
 * The script that puts a file in place.
 *
 * @param action what to write and how
 * @param uploaded a file on the host that already holds the content, in the same directory; else it is inline
 */
export function writeFileScript(action: WriteAction, uploaded: string | undefined): Script {
  const { path, content, mode, owner, group, validate, backup } = action;
  const ownership =
    owner === undefined ? group && `:${group}` : `${owner}${group === undefined ? "" : `:${group}`}`;
  const steps = [
    "set -e; umask 077",
    `dest=${quote(path)}`,
    uploaded === undefined ? 'new=$(mktemp "$dest.XXXXXX")' : `new=${quote(uploaded)}`,
    "old=",
    `trap 'rm -f -- "$new" $old' EXIT`,
    uploaded === undefined ? `{ ${printBytes(content)}; } >"$new"` : undefined,
    ownership ? `chown -- ${quote(ownership)} "$new"` : undefined,
    `chmod -- ${quote(mode)} "$new"`,
    validate?.includes("%s") ? validateStaged(validate) : undefined,
    backup === undefined ? undefined : `if [ -e "$dest" ]; then cp -p -- "$dest" ${quote(backup)}; fi`,
    validate !== undefined && !validate.includes("%s")
      ? replaceThenValidate(validate)
      : 'mv -f -- "$new" "$dest"',
  ];
  return rawScript(steps.filter((step) => step !== undefined).join("\n"));
}

/** A place beside the file for content that is streamed. */
export function stagingPath(path: string, nonce: string): string {
  return `${path}.${nonce}`;
}

function validateStaged(validate: string): string {
  return validate.replaceAll("%s", '"$new"');
}

/**
 * A check of the whole configuration needs the new file in its place. The old one is kept as a hard link, so that
 * what comes back on a failure is the very same file.
 */
function replaceThenValidate(validate: string): string {
  return `
if [ -e "$dest" ] || [ -L "$dest" ]; then old=$(mktemp -u "$dest.XXXXXX"); cp -al -- "$dest" "$old" 2>/dev/null || cp -p -- "$dest" "$old"; fi
mv -f -- "$new" "$dest"
if ( ${validate} ); then :; else
  status=$?
  if [ -n "$old" ]; then mv -f -- "$old" "$dest"; else rm -f -- "$dest"; fi
  exit $status
fi`.trim();
}
