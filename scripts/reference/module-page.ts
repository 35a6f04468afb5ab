/** The page of one module or role. */
import {
  description,
  failures,
  purpose,
  type SourceComments,
  sourceComments,
} from "../../src/cli/comments.ts";
import type { AnyRole } from "../../src/cli/modules.ts";
import { schemaRows } from "../../src/cli/schema-rows.ts";
import { together } from "../../src/cli/together.ts";
import type { AnyModule } from "../../src/core/tasks/module.ts";
import { code, codeBlock, prose, table } from "./markdown.ts";
import { fieldTable } from "./names-page.ts";

/** @param source the path of its source in the repository */
export function modulePage(module: AnyModule, source: string): string {
  const { definition, schema, file } = module;
  const { name, summary, examples = [] } = definition;
  const comments = sourceComments(file, name);
  return [
    `# ${name}`,
    ...description(comments.docstring, summary).map(prose),
    "## Parameters",
    parameters(schema, comments),
    ...together(module),
    "Each task also takes the [options of every task](../playbooks.md#taskoptions-type), as the second argument.",
    "## Gives",
    result(comments),
    ...failing(comments),
    "## Examples",
    ...exampleBlocks(examples, comments),
    end(source),
  ].join("\n\n");
}

/** @param source the path of its source in the repository */
export function rolePage({ definition, schema, file }: AnyRole, source: string): string {
  const { name, summary } = definition;
  const comments = sourceComments(file, name);
  return [
    `# ${name}`,
    ...description(comments.docstring, summary).map(prose),
    `How it is used: [roles/${name}](../../../roles/${name}/README.md).`,
    "## Variables",
    parameters(schema, comments),
    ...failing(comments),
    ...(comments.docstring?.examples.length ? ["## Examples", ...exampleBlocks([], comments)] : []),
    end(source),
  ].join("\n\n");
}

function parameters(schema: unknown, comments: SourceComments): string {
  const rows = schemaRows(schema).map((row) => [
    code(row.name),
    linked(row.type),
    row.required ? "required" : row.default === undefined ? "" : code(row.default),
    prose(purpose(row, comments)) + (row.secret ? " Kept secret." : ""),
  ]);
  return rows.length === 0 ? "None." : table(["name", "type", "default", "what for"], rows);
}

/** The types that are a text with a form of its own are explained elsewhere. */
function linked(type: string): string {
  const known = /^(Duration|Size|Script)$/.test(type);
  return known ? `[${code(type)}](../kit.md#${type.toLowerCase()}-type)` : code(type);
}

function result({ result }: SourceComments): string {
  if (result.length === 0) return "Nothing but how the task went: `status`, `changed` and `failed`.";
  return `In the result's \`value\`:\n\n${fieldTable(result)}`;
}

function failing({ docstring }: SourceComments): string[] {
  const texts = failures(docstring);
  return texts.length === 0 ? [] : ["## Fails with", texts.map((text) => `- ${prose(text)}`).join("\n")];
}

/** The calls alone, and then what the docstring shows around them. */
function exampleBlocks(calls: readonly string[], { docstring }: SourceComments): string[] {
  const shown = (docstring?.examples ?? []).filter(
    (text) => !text.split("\n").every((line) => isOneOf(line, calls)),
  );
  return [...(calls.length > 0 ? [calls.join("\n")] : []), ...shown].map(codeBlock);
}

function isOneOf(line: string, calls: readonly string[]): boolean {
  return calls.includes(line.replace(/^await /, "").replace(/;$/, ""));
}

function end(source: string): string {
  return `Source: [${source}](../../../${source})\n`;
}
