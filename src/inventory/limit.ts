/** The terms of a limit, which may be in a file: `--limit @failed.txt`. */
import { ShowrunnerError } from "../base/errors.ts";
import { awaitPipe, readUserFileNow } from "../base/user-file.ts";
import { utf8Text } from "../base/utf8.ts";
import { splitPattern, type Term } from "./split-pattern.ts";

/**
 * Splits a limit as a pattern, and reads the terms of each `@file` in it, one a line.
 *
 * @throws ShowrunnerError "file.missing" where a file can't be read
 */
export function limitTerms(limit: string | readonly string[]): Term[] {
  return splitPattern(limit).flatMap((term) => {
    const file = fileOf(term);
    return file === undefined ? term : splitPattern(readLimit(file).split("\n").map(withoutComment));
  });
}

/** Reads the pipes among a limit's files beforehand: when hosts are selected, nothing can be waited for. */
export async function awaitLimit(limit: string): Promise<void> {
  for (const file of splitPattern(limit).flatMap((term) => fileOf(term) ?? [])) await awaitPipe(file);
}

function fileOf({ sign, text }: Term): string | undefined {
  return sign === "" && text.startsWith("@") ? text.slice(1) : undefined;
}

/** A comment stands at a line's begin or after a space: a `#` within a word may be a regex's own. */
function withoutComment(line: string): string {
  const [before = ""] = line.split(/(?:^|\s)#/);
  return before;
}

function readLimit(file: string): string {
  const bytes = readUserFileNow(
    file,
    (why) => new ShowrunnerError("file.missing", `cannot read the limit's file ${file}: ${why}`),
  );
  return utf8Text(bytes, ({ line, problem, hint }) => {
    return new ShowrunnerError("inventory.pattern", `the limit's file is ${problem}`, {
      location: { file, line },
      hint,
    });
  });
}
