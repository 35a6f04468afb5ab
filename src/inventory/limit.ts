/** The terms of a limit, which may be in a file: `--limit @failed.txt`. */
import { readFileSync } from "node:fs";
import { messageOf, ShowrunnerError } from "../core/base/errors.ts";
import { utf8Text } from "../core/base/utf8.ts";
import { splitPattern, type Term } from "./split-pattern.ts";

/**
 * Splits a limit as a pattern, and reads the terms of each `@file` in it, one a line.
 *
 * @throws ShowrunnerError "file.missing" where a file can't be read
 */
export function limitTerms(limit: string | readonly string[]): Term[] {
  return splitPattern(limit).flatMap((term) => {
    if (term.sign !== "" || !term.text.startsWith("@")) return term;
    const lines = readLimit(term.text.slice(1)).split("\n");
    return splitPattern(lines.map(withoutComment));
  });
}

/** A comment stands at a line's begin or after a space: a `#` within a word may be a regex's own. */
function withoutComment(line: string): string {
  const [before = ""] = line.split(/(?:^|\s)#/);
  return before;
}

function readLimit(file: string): string {
  return utf8Text(bytesOf(file), ({ line, problem, hint }) => {
    return new ShowrunnerError("inventory.pattern", `the limit's file is ${problem}`, {
      location: { file, line },
      hint,
    });
  });
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ShowrunnerError("file.missing", `cannot read the limit's file ${file}: ${messageOf(error)}`);
  }
}
