/** What is wrong with a YAML file, in a user's words where the parser's are about its own workings. */

/** As the library reports it. */
interface YamlProblem {
  readonly code: string;
  readonly message: string;
  /** Where it begins and ends, in characters. */
  readonly pos: readonly [number, number];
}

interface ExplainedProblem {
  readonly message: string;
  readonly hint?: string;
  /** Where the mistake is, which need not be where the parser noticed it. */
  readonly offset: number;
}

export function explainProblem(
  text: string,
  { code, message, pos: [offset] }: YamlProblem,
): ExplainedProblem {
  if (code === "BLOCK_AS_IMPLICIT_KEY") return nested(text, offset) ?? { message, offset };
  if (code === "MULTILINE_IMPLICIT_KEY")
    return { message: 'expected "name: value", with a space behind the colon', offset };
  if (code === "BAD_SCALAR_START") return { message, offset, hint: "Put the value in quotes." };
  if (code === "TAB_AS_INDENT") return { message, offset, hint: "Indent by spaces." };
  const [, tag] = /^Unresolved tag: (.*)$/s.exec(message) ?? [];
  if (tag !== undefined)
    return {
      message: `the tag ${tag.replace(/^tag:yaml\.org,2002:/, "!!")} is not supported for such a value`,
      offset,
      hint: "Leave it out. What is to be a text stands in quotes.",
    };
  if (message === "Unexpected block-seq-ind on same line with key")
    return {
      message: "a list can't begin on its key's line",
      offset,
      hint: "Begin it on the next line, or write it in brackets: [a, b]. A text stands in quotes.",
    };
  return { message, offset };
}

/** The parser says "nested mappings", at the value before. */
function nested(text: string, offset: number): ExplainedProblem | undefined {
  const [same = "", ...below] = text.slice(offset).split("\n");
  if (/:(?:\s|$)/.test(same)) return { message: 'a value with ": " in it must stand in quotes', offset };
  const next = below.findIndex((line) => line.trim() !== "");
  if (next === -1) return undefined;
  const line = below[next] ?? "";
  const start = offset + [same, ...below.slice(0, next)].join("\n").length + 1;
  return {
    message: "this line is indented deeper than the one before it, which has its value already",
    offset: start + line.length - line.trimStart().length,
    hint: "Indent it like the line before.",
  };
}
