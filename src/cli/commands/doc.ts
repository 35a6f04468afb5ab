/** `run doc [MODULE|ROLE]` */
import type { Command } from "commander";
import { formatLocation, ShowrunnerError } from "../../base/errors.ts";
import { didYouMean } from "../../base/suggest.ts";
import { taskOptionTypes } from "../../core/tasks/option-types.ts";
import { type Style, say, styleFor } from "../../report/index.ts";
import { type SourceComments, sourceComments } from "../comments.ts";
import { type AnyRole, allModules, allRoles } from "../modules.ts";
import { schemaRows } from "../schema-rows.ts";
import { indented, table, wrapped } from "../text.ts";

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
  if (module) {
    const { summary, examples = [] } = module.definition;
    const comments = sourceComments(module.file, name);
    return [
      `${style("bold", name)} (module): ${summary}`,
      "",
      ...parameters("Parameters:", module.schema, comments, style),
      ...result(comments, style),
      ...(examples.length > 0
        ? ["", "Examples:", ...indented(examples.flatMap((text) => text.split("\n")))]
        : []),
      "",
      "Options of every task, in the second argument:",
      ...indented(wrapped(Object.keys(taskOptionTypes).join(", "))),
    ];
  }
  const roles = await allRoles();
  const role = roles.get(name);
  if (role) return explainRole(role, style);
  const guess = didYouMean(name, [...modules.keys(), ...roles.keys()]);
  throw new ShowrunnerError("usage", `there is no module and no role "${name}"${guess}`, {
    hint: "`npx run doc` lists them",
  });
}

function explainRole({ definition, schema, location, file }: AnyRole, style: Style): string[] {
  return [
    `${style("bold", definition.name)} (role)${definition.summary === undefined ? "" : `: ${definition.summary}`}`,
    ...(location ? [style("dim", formatLocation(location))] : []),
    "",
    ...parameters("Variables:", schema, sourceComments(file, definition.name), style),
  ];
}

/** What awaiting a task of the module gives, in its `value`. */
function result({ result }: SourceComments, style: Style): string[] {
  if (result.length === 0) return [];
  const texts = result.map(({ name, type, description }) => [
    `${style("bold", name)}  ${style("cyan", type)}`,
    ...indented(wrapped(description)),
  ]);
  return ["", "Gives, as `value`:", ...indented(texts.flat())];
}

/** A comment tells the default to whoever reads it in an editor; here it stands beside the parameter's name. */
function withoutDefault(text: string): string {
  return text.replace(/\s*Default: \S[^\n]*\.$/, "");
}

function parameters(title: string, schema: unknown, { params }: SourceComments, style: Style): string[] {
  const rows = schemaRows(schema);
  if (rows.length === 0) return [`${title} none`];
  const texts = rows.map(({ name, type, required, default: fallback, description }) => {
    const need = required ? style("yellow", "required") : fallback === undefined ? "" : `default ${fallback}`;
    return [
      `${style("bold", name)}  ${style("cyan", type)}${need === "" ? "" : `  ${need}`}`,
      ...indented(wrapped(withoutDefault(params.get(name) ?? description))),
    ];
  });
  return [title, ...indented(texts.flat())];
}
