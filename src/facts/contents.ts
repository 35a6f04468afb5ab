/** What files hold, read by one process. */
import { randomBytes } from "node:crypto";
import { lines, rawScript, type Script, ShowrunnerError, sh } from "../kit/index.ts";

/** How many files one process reads: their names stay far below the kernel's limit, however long they are. */
const perProcess = 400;

interface Unreadable {
  /** True: a file that may not be read counts as none, and one that can't be read as empty. Default: a failure. */
  readonly skipsUnreadable?: boolean;
}

/**
 * Prints what regular files hold, links followed; `contentsIn` reads it.
 *
 * @param limit how much is printed of each, in bytes
 */
export function printContents(paths: readonly string[], limit: number, unreadable?: Unreadable): Script {
  const some: Script[] = [];
  for (let at = 0; at < paths.length; at += perProcess)
    some.push(printSome(sh`${paths.slice(at, at + perProcess)}`, limit, unreadable));
  return lines(...some);
}

/**
 * The same for names that the shell finds.
 *
 * Behind each content there is an end mark that nobody else can know. Otherwise a file could hold such a mark, and its
 * owner could pass off the rest of that file as the content of another one. The mark is the environment of `head`
 * itself, with a random word in it: unlike a command line it can't be read by other users. How long that environment is,
 * only the host knows, so it is printed twice in the beginning. Where there is no /proc, or where `head` is a part of
 * the shell, each file takes a process of its own, and the mark is the word. Each script has a word of its own: what one
 * host learns of its word is of no use on another.
 *
 * @param paths words of the shell
 */
export function printSome(
  paths: Script,
  limit: number,
  { skipsUnreadable = false }: Unreadable = {},
): Script {
  const word = randomBytes(16).toString("hex");
  const isThere = skipsUnreadable ? '[ -f "$path" ] && [ -r "$path" ]' : '[ -f "$path" ]';
  const onFailure = skipsUnreadable ? ":" : "exit";
  return rawScript(`set -- ${paths.text}
at=0 there= found= end=/proc/self/environ
for path; do
  at=$((at + 1))
  if ${isThere}; then there=$there+ found="$found \\"\\\${$at}\\" \\$end"; else there=$there-; fi
done
echo "$there ${word}"
at_once() {
  case $there in *+*+*) [ -r $end ] ;; *) false ;; esac && case $(command -v head) in /*) ;; *) false ;; esac
}
if at_once; then eval "sr_end=${word} head -q -c ${limit} -- $end $end $found" || ${onFailure}
else
  printf ${word}${word}
  end= && eval "set -- $found"
  for path; do head -c ${limit} -- "$path" || ${onFailure}; printf ${word}; done
fi`);
}

/**
 * Reads what `printContents` or `printSome` has printed.
 *
 * @param count how many paths there are. Default: as many as the host tells of
 * @returns the contents in the order of the paths; undefined where there is no regular file
 */
export function contentsIn(stdout: Buffer, count = Number.POSITIVE_INFINITY): (Buffer | undefined)[] {
  const contents: (Buffer | undefined)[] = [];
  for (let at = 0; at < stdout.length && contents.length < count; ) {
    const start = indexOf(stdout, "\n", at) + 1;
    const [, there = "", word] = /^([+-]+) (\w{32})$/.exec(stdout.toString("latin1", at, start - 1)) ?? [];
    if (word === undefined) throw unsaid();
    const first = indexOf(stdout, word, start);
    const before = first - start;
    const length = indexOf(stdout, word, first + word.length) - first;
    if (before + word.length > length) throw unsaid();
    const mark = stdout.subarray(start, start + length);
    at = start + 2 * length;
    for (const one of there) {
      if (one === "-") {
        contents.push(undefined);
        continue;
      }
      // the word is nowhere else. To look for whole marks, which a hostile host makes, may take hours
      const end = indexOf(stdout, word, at) - before;
      if (end < at || !mark.equals(stdout.subarray(end, end + length))) throw unsaid();
      contents.push(stdout.subarray(at, end));
      at = end + length;
    }
  }
  return contents;
}

function indexOf(stdout: Buffer, what: string | Buffer, from: number): number {
  const at = stdout.indexOf(what, from);
  if (at < 0) throw unsaid();
  return at;
}

function unsaid(): ShowrunnerError {
  return new ShowrunnerError("fact.failed", "the host did not say what its files hold");
}
