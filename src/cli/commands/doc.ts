/** `run doc [MODULE|ROLE]` */
import type { Command } from "commander";
import { formatLocation, ShowrunnerError } from "../../base/errors.ts";
import { didYouMean } from "../../base/suggest.ts";
import type { AnyModule } from "../../core/tasks/module.ts";
import { taskOptionTypes } from "../../core/tasks/option-types.ts";
import { type Style, say, styleFor } from "../../report/index.ts";
import { description, failures, purpose, type SourceComments, sourceComments } from "../comments.ts";
import { type AnyRole, allModules, allRoles } from "../modules.ts";
import { schemaRows } from "../schema-rows.ts";
import { indented, table, wrapped } from "../text.ts";
import { together } from "../together.ts";

export function configure(command: Command): void {
  command
    .description(
      "Explains a module or a role: what it does, its parameters, examples. Without a name, lists them.",
    )
    .argument("[name]", "a module's or a role's name")
    .action(async (name: string | undefined) => {
      const style = styleFor(process.stdout);
      const lines = name === undefined ? await list(style) : await explain(name, style);
      say(process.stdout, ...lines);
    });
}

async function list(style: Style): Promise<string[]> {
  const [modules, roles] = await Promise.all([allModules(), allRoles()]);
  const rows = (all: Iterable<{ definition: { name: string; summary?: string } }>) =>
    table([...all].map(({ definition }) => [style("bold", definition.name), definition.summary ?? ""]));
  return [
    "Modules:",
    ...indented(rows(modules.values())),
    "",
    "Roles:",
    ...indented(rows(roles.values())),
    "",
    "`npx run doc NAME` explains one.",
  ];
}

async function explain(name: string, style: Style): Promise<string[]> {
  const modules = await allModules();
  const module = modules.get(name);
  if (module) return explainModule(module, style);
  const roles = await allRoles();
  const role = roles.get(name);
  if (role) return explainRole(role, style);
  const guess = didYouMean(name, [...modules.keys(), ...roles.keys()]);
  throw new ShowrunnerError("usage", `there is no module and no role "${name}"${guess}`, {
    hint: "`npx run doc` lists them",
  });
}

function explainModule(module: AnyModule, style: Style): string[] {
  const { definition, schema, file } = module;
  const { name, summary, examples = [] } = definition;
  const comments = sourceComments(file, name);
  return [
    ...heading(`${style("bold", name)} (module)`, description(comments.docstring, summary)),
    "",
    ...parameters("Parameters:", schema, comments, style),
    ...indented(together(module).flatMap((text) => wrapped(text))),
    ...result(comments, style),
    ...errors(comments),
    ...(examples.length > 0
      ? ["", "Examples:", ...indented(examples.flatMap((text) => text.split("\n")))]
      : []),
    "",
    "Options of every task, in the second argument:",
    ...indented(wrapped(Object.keys(taskOptionTypes).join(", "))),
  ];
}

function explainRole({ definition, schema, location, file }: AnyRole, style: Style): string[] {
  const { name, summary } = definition;
  const comments = sourceComments(file, name);
  return [
    ...heading(`${style("bold", name)} (role)`, description(comments.docstring, summary)),
    ...(location ? ["", style("dim", formatLocation(location))] : []),
    "",
    ...parameters("Variables:", schema, comments, style),
    ...errors(comments),
  ];
}

function heading(what: string, [first, ...paragraphs]: readonly string[]): string[] {
  return [
    ...wrapped(first === undefined ? what : `${what}: ${first}`),
    ...paragraphs.flatMap((paragraph) => ["", ...wrapped(paragraph)]),
  ];
}

/** What awaiting a task of the module gives, in its `value`. */
function result({ docstring, result }: SourceComments, style: Style): string[] {
  // a module of which no source is to be had
  if (docstring === undefined) return [];
  if (result.length === 0) return ["", "Gives no `value`."];
  const texts = result.map(({ name, type, description }) => [
    `${style("bold", name)}  ${style("cyan", type)}`,
    ...indented(wrapped(description)),
  ]);
  return ["", "Gives, as `value`:", ...indented(texts.flat())];
}

function errors({ docstring }: SourceComments): string[] {
  const texts = failures(docstring);
  return texts.length === 0 ? [] : ["", "Fails with:", ...texts.flatMap((text) => indented(wrapped(text)))];
}

function parameters(title: string, schema: unknown, comments: SourceComments, style: Style): string[] {
  const rows = schemaRows(schema);
  if (rows.length === 0) return [`${title} none`];
  const texts = rows.map((row) => {
    const { name, type, required, default: fallback, secret } = row;
    const need = required ? style("yellow", "required") : fallback === undefined ? "" : `default ${fallback}`;
    return [
      [style("bold", name), style("cyan", type), need, secret ? "kept secret" : ""]
        .filter(Boolean)
        .join("  "),
      ...indented(wrapped(purpose(row, comments))),
    ];
  });
  return [title, ...indented(texts.flat())];
}
