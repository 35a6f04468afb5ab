/** A documentation comment, taken apart. */
import type { Comment } from "@babel/types";

export interface Docstring {
  /** What stands before the tags, in paragraphs and list items. */
  readonly paragraphs: readonly string[];
  /** By the parameter's name. */
  readonly params: ReadonlyMap<string, string>;
  readonly returns: string | undefined;
  readonly throws: readonly string[];
  readonly examples: readonly string[];
}

/** What the documentation comment above a piece of source says; nothing where there is none. */
export function docstringAbove(node: { leadingComments?: Comment[] | null }): Docstring {
  const comment = node.leadingComments?.findLast(
    ({ type, value }) => type === "CommentBlock" && value.startsWith("*"),
  );
  const text = (comment?.value.slice(1) ?? "")
    .replaceAll("*\\/", "*/")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n");
  const [before = "", ...tags] = text.split(/^\s*@(?=[a-z])/m);
  const named = (tag: string) =>
    tags
      .filter((one) => one.startsWith(`${tag} `) || one.startsWith(`${tag}\n`))
      .map((one) => one.slice(tag.length));
  return {
    paragraphs: paragraphs(before),
    params: new Map(
      named("param").map((one) => {
        const [, name = "", what = ""] = /^\s*(\S+)\s*([\s\S]*)$/.exec(one) ?? [];
        return [name, oneParagraph(what)];
      }),
    ),
    returns: named("returns").map(oneParagraph)[0],
    throws: named("throws").map(oneParagraph),
    examples: named("example").map((one) => one.replace(/^\s*\n/, "").trimEnd()),
  };
}

/** The text without its tags, as one paragraph; empty where there is none. */
export function commentAbove(node: { leadingComments?: Comment[] | null }): string {
  return docstringAbove(node).paragraphs.join(" ");
}

/** An empty line ends a paragraph; a list's item is one, too. */
function paragraphs(text: string): string[] {
  return text
    .split(/\n\s*\n|\n(?=\s*- )/)
    .map(oneParagraph)
    .filter(Boolean);
}

function oneParagraph(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
