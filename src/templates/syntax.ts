/** Finds the line of a template's syntax error, which ejs does not tell. */
import { Script } from "node:vm";

interface SyntaxProblem {
  readonly message: string;
  /** Counts from 1; undefined where nobody can tell. */
  readonly line: number | undefined;
}

const tags = /<%%|%%>|<%[-_=#]?|[-_]?%>/g;

interface Piece {
  readonly code: string;
  readonly line: number;
}

/**
 * What is wrong with a template that ejs could not compile.
 *
 * @param text the template
 * @param generated the JavaScript that ejs made of it, if it came so far
 * @param message what ejs said
 */
export function explainSyntax(text: string, generated: string, message: string): SyntaxProblem {
  const cut = cutTemplate(text);
  if ("problem" in cut) return cut.problem;
  const [said = ""] = message.replace(/ in \S+ while compiling ejs[\s\S]*$/, "").split("\n");
  return (
    unbalanced(cut.pieces) ??
    compileError(generated) ?? { message: said.replace(/ while compiling ejs.*$/, ""), line: undefined }
  );
}

/** The code between tags; or the tag that is never closed. */
function cutTemplate(text: string): { pieces: Piece[] } | { problem: SyntaxProblem } {
  const pieces: Piece[] = [];
  let open: { tag: string; at: number; line: number } | undefined;
  let line = 1;
  let last = 0;
  for (const { 0: tag, index } of text.matchAll(tags)) {
    line += countLines(text.slice(last, index));
    last = index;
    if (tag === "<%%" || tag === "%%>") continue;
    if (tag.startsWith("<%")) {
      if (open) break;
      open = { tag, at: index + tag.length, line };
    } else if (open) {
      if (open.tag !== "<%#") pieces.push({ code: text.slice(open.at, index), line: open.line });
      open = undefined;
    }
  }
  if (!open) return { pieces };
  return { problem: { message: `the tag ${open.tag} is never closed with %>`, line: open.line } };
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}

const closing: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** A bracket that nothing closes or opens: by far the commonest mistake, and the one that compilers place worst. */
function unbalanced(pieces: readonly Piece[]): SyntaxProblem | undefined {
  const open: { bracket: string; line: number }[] = [];
  for (const piece of pieces) {
    // strings, comments and regular expressions may hold anything
    const code = piece.code.replace(
      /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<=[(,=:!&|?[{;]\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//g,
      (skipped) => skipped.replace(/[^\n]/g, " "),
    );
    for (const { 0: bracket, index } of code.matchAll(/[()[\]{}]/g)) {
      const line = piece.line + countLines(code.slice(0, index));
      const opener = closing[bracket];
      if (opener === undefined) {
        open.push({ bracket, line });
        continue;
      }
      const last = open.pop();
      if (!last) return { message: `"${bracket}" closes nothing`, line };
      if (last.bracket !== opener)
        return { message: `"${bracket}" can't close the "${last.bracket}" of line ${last.line}`, line };
    }
  }
  const last = open.pop();
  return last && { message: `the "${last.bracket}" is never closed`, line: last.line };
}

/** Compiles the generated code once more, with its lines known, and finds the template's line by ejs's own marks. */
function compileError(generated: string): SyntaxProblem | undefined {
  const name = "ejs-template";
  try {
    new Script(`(function () { "use strict"; let __line = 1;\n${generated}\n})`, { filename: name });
  } catch (error) {
    if (!(error instanceof SyntaxError)) return undefined;
    const [, at] = new RegExp(`^${name}:(\\d+)`).exec(error.stack ?? "") ?? [];
    return {
      message: error.message,
      line: at === undefined ? undefined : templateLine(generated, Number(at)),
    };
  }
  return undefined;
}

/** @param at the line of the generated code, after the one that wraps it */
function templateLine(generated: string, at: number): number {
  const before = generated.split("\n").slice(0, at - 1);
  let line = 1;
  let statement = 0;
  for (const [index, text] of before.entries()) {
    const [, mark] = /^ {4}; __line = (\d+)$/.exec(text) ?? [];
    if (mark !== undefined) line = Number(mark);
    if (text.startsWith("    ; ")) statement = index;
  }
  // within a tag of several lines the marks stand still
  return line + (before.length - 1 - statement);
}
