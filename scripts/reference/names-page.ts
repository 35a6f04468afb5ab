/** Pages of exported names, by what they are for. */

import { failures } from "../../src/cli/comments.ts";
import type { Docstring } from "../../src/cli/docstring.ts";
import type { Field } from "../../src/cli/source-file.ts";
import { anchor, code, codeBlock, prose, table } from "./markdown.ts";
import type { PublicName } from "./names.ts";

export interface Chapter {
  /** Its path in docs/reference. */
  readonly file: string;
  readonly title: string;
  /** What is in it, for the table of contents. */
  readonly about: string;
  /** The pages in docs that tell of the same in context. */
  readonly guides: readonly string[];
  /** By their headings: what a name's source and the name itself, `src/base/script.ts#sh`, look like. */
  readonly sections: Readonly<Record<string, RegExp>>;
}

export const chapters: readonly Chapter[] = [
  {
    file: "playbooks.md",
    title: "Playbooks, roles and inventories",
    about: "what plays, steps and tasks take, and what the code of a step can await besides tasks",
    guides: ["running", "tasks", "roles", "handlers", "inventories", "secrets", "connections"],
    sections: {
      "Playbooks, plays and steps": /core\/plays\/(play|step)\.ts/,
      Tasks: /core\/tasks\/(task\.ts#Task|fail\.ts)/,
      "What a step awaits besides tasks": /core\/steps\/(?!role\.ts)|src\/gathering\//,
      "Defining roles": /core\/steps\/role\.ts|modules\/files\/local-digest\.ts/,
      "Values that modules take and give": /src\/modules\/(?!files\/|mysql\/)/,
      "Inventories and secrets":
        /mysql\/replication-password|src\/inventory\/|base\/(host|secret)\.ts|secrets\/sources\.ts|transport\/settings\.ts/,
    },
  },
  {
    file: "facts.md",
    title: "Facts",
    about: "what is known of a host, for `facts()`, `readFact()` and modules",
    guides: ["facts"],
    sections: { "Facts that can be read": /src\/facts\/(?!file-effects)/ },
  },
  {
    file: "kit.md",
    title: "Modules and facts of your own",
    about: "all that their authors import",
    guides: ["extending", "architecture"],
    sections: {
      Modules: /core\/tasks\//,
      Parameters: /kit\/params\.ts|base\/(schema|duration|size|expression)\.ts|kit\/(mode|path)\.ts/,
      Changes: /core\/facts\/(change|effects|stated)\.ts|transport\/http-request\.ts/,
      "Changes that the host takes back by itself": /\/rollbacks?\.ts/,
      "What a change at a path does": /facts\/file-effects\.ts/,
      "Editing files": /modules\/files\/(edit-file|attributes)\.ts/,
      "Defining facts": /core\/facts\/fact\.ts/,
      Scripts: /base\/script\.ts|execution-environment\.ts/,
      "Paths that other users of the host may alter": /base\/(safe-path|refusal)\.ts/,
      "Errors and messages": /base\/(errors|file-problem|one-line)\.ts/,
      "And more": /base\/files-read\.ts/,
    },
  },
  {
    file: "programs.md",
    title: "Reporters, transports and programs",
    about: "what else a project can define, and running playbooks from a program",
    guides: ["extending", "journal"],
    sections: {
      Reporters: /src\/report\/|core\/events\//,
      Transports: /transport\//,
      "Running a playbook": /src\/run-playbook\.ts|core\/plays\/(run|summary)\.ts/,
    },
  },
];

/** The names of each section of a chapter: each stands in the first section that fits, types behind what is made of them. */
export function sectionsOf(chapter: Chapter, names: readonly PublicName[]): Map<string, PublicName[]> {
  const all = chapters.flatMap(({ file, sections }) =>
    Object.entries(sections).map(([title, pattern]) => ({ file, title, pattern })),
  );
  const found = new Map(Object.keys(chapter.sections).map((title): [string, PublicName[]] => [title, []]));
  for (const one of names) {
    const section = all.find(({ pattern }) => pattern.test(`${one.file}#${one.name}`));
    if (!section)
      throw new Error(`${one.name} of ${one.file} is in no section of the reference: give it one`);
    if (section.file === chapter.file) found.get(section.title)?.push(one);
  }
  for (const section of found.values()) section.sort((a, b) => Number(a.isType) - Number(b.isType));
  return found;
}

/** @param more what stands before the names */
export function namesPage(chapter: Chapter, names: readonly PublicName[], more: string): string {
  const sections = [...sectionsOf(chapter, names)].filter(([, all]) => all.length > 0);
  return [
    `# ${chapter.title}`,
    `In context: ${chapter.guides.map((guide) => `[docs/${guide}.md](../${guide}.md)`).join(", ")}.`,
    sections
      .map(([title, all]) => `- [${title}](#${anchor(title)}): ${all.map(contentsLink).join(", ")}`)
      .join("\n"),
    ...(more === "" ? [] : [more]),
    ...sections.flatMap(([title, all]) => [`## ${title}`, ...all.map(entry)]),
    "",
  ].join("\n\n");
}

function contentsLink(one: PublicName): string {
  return `[${code(one.name)}](#${anchor(headingOf(one))})`;
}

/** Many a type has the name of the function that makes it, but for a capital, and links know no capitals. */
function headingOf({ name, isType }: PublicName): string {
  return isType ? `${name} (type)` : name;
}

function entry(one: PublicName): string {
  const { docstring, signature, fields } = one;
  return [
    `### ${headingOf(one)}`,
    paragraphsOf(docstring),
    ...(signature === "" ? [] : [codeBlock(signature)]),
    ...parts(docstring),
    ...(fields.length > 0 ? [fieldTable(fields)] : []),
    ...docstring.examples.map(codeBlock),
  ].join("\n\n");
}

function paragraphsOf({ paragraphs, returns }: Docstring): string {
  // a function that only gives something says no more than what
  const texts = paragraphs.length === 0 && returns !== undefined ? [`Gives ${returns}.`] : paragraphs;
  return texts.map(prose).join("\n\n");
}

function parts(docstring: Docstring): string[] {
  const { params, returns, paragraphs } = docstring;
  const lines = [
    ...[...params].map(([name, text]) => `- ${code(name)}: ${prose(text)}`),
    ...(returns !== undefined && paragraphs.length > 0 ? [`- gives ${prose(returns)}`] : []),
    ...failures(docstring).map((text) => `- fails with ${prose(text)}`),
  ];
  return lines.length === 0 ? [] : [lines.join("\n")];
}

export function fieldTable(fields: readonly Field[]): string {
  const rows = fields.map(({ name, type, description }) => [
    code(name),
    type === "" ? "" : code(type),
    prose(description),
  ]);
  return table(["name", "type", "what it is"], rows);
}
