/**
 * How a script of ours on a host says why it refuses: the lines are marked, so that a reason is told from all that
 * programs print beside it.
 */
const reasonMark = "showrunner-refuses: ";
const adviceMark = "showrunner-advises: ";

/** A function of POSIX `sh` that ends the script: its first word is the reason, the others what to do about it. */
export const refuse = `sr_refuse() {
  printf '${reasonMark}%s\\n' "$1" >&2
  shift
  [ $# = 0 ] || printf '${adviceMark}%s\\n' "$@" >&2
  exit 1
}`;

/** What a script has said as it refused. */
interface Refusal {
  readonly reason: string;
  /** What to do about it. */
  readonly hint: string | undefined;
  /** The other lines. */
  readonly rest: readonly string[];
}

/** Whether a line is one of a refusal: the error says the same, in words alone. */
export function statesRefusal(line: string): boolean {
  return line.startsWith(reasonMark) || line.startsWith(adviceMark);
}

/** @returns undefined where no refusal is among the lines */
export function statedRefusal(lines: readonly string[]): Refusal | undefined {
  const marked = (mark: string) =>
    lines.flatMap((line) => (line.startsWith(mark) ? [line.slice(mark.length)] : []));
  const reason = marked(reasonMark).at(-1);
  if (reason === undefined) return undefined;
  return {
    reason,
    hint: marked(adviceMark).join("; ") || undefined,
    rest: lines.filter((line) => line !== "" && !statesRefusal(line)),
  };
}
