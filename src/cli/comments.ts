/**
 * What the source of a module or role says about it in comments: one text for the editor, for `run doc` and for the
 * reference.
 */
import type { Docstring } from "./docstring.ts";
import type { SchemaRow } from "./schema-rows.ts";
import { type Field, Source } from "./source-file.ts";

export interface SourceComments {
  /** What stands above the definition. */
  readonly docstring: Docstring | undefined;
  /** By the parameter's path: `login.socket`, `upstreams[].port`. */
  readonly params: ReadonlyMap<string, string>;
  /** The fields of what a module gives back. */
  readonly result: readonly Field[];
}

const none: SourceComments = { docstring: undefined, params: new Map(), result: [] };

/**
 * What the comments in a file say of one definition.
 *
 * @param file where it was defined: TypeScript, or JavaScript that was made of it
 * @param name the module's or role's
 * @returns nothing where the file is not to be had or has no such definition
 */
export function sourceComments(file: string | undefined, name: string): SourceComments {
  const source = file === undefined ? undefined : Source.read(file);
  const definition = source?.definitionOf(name);
  if (source === undefined || definition === undefined) return none;
  return {
    docstring: definition.docstring,
    params: source.parameters(definition),
    result: definition.result === undefined ? [] : source.fieldsOf(definition.result),
  };
}

/** What is said of a module or a role: its docstring or, where there is none, the summary that lists show. */
export function description(docstring: Docstring | undefined, summary = ""): string[] {
  const paragraphs = docstring?.paragraphs ?? [];
  if (paragraphs.length > 0) return [...paragraphs];
  return summary === "" ? [] : [summary];
}

/** What a docstring says of errors: all that a task fails with is a ShowrunnerError. */
export function failures(docstring: Docstring | undefined): string[] {
  return (docstring?.throws ?? []).map((text) => text.replace(/^ShowrunnerError /, ""));
}

/**
 * What a parameter is for. A comment also tells the default, to whoever reads it in an editor; this leaves it out where
 * the row has it.
 */
export function purpose(row: SchemaRow, { params }: SourceComments): string {
  const text = params.get(row.name) ?? row.description;
  return row.default === undefined ? text : text.replace(/\s*Default: \S[^\n]*\.$/, "");
}
