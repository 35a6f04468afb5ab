/** The table of contents: every module by its subject, every role, and the other pages. */
import type { AnyRole } from "../../src/cli/modules.ts";
import type { AnyModule } from "../../src/core/tasks/module.ts";
import { prose, table } from "./markdown.ts";
import { chapters } from "./names-page.ts";

interface All {
  readonly modules: ReadonlyMap<string, AnyModule>;
  readonly roles: ReadonlyMap<string, AnyRole>;
}

const subjects: Readonly<Record<string, string>> = {
  net: "Network",
  mysql: "MySQL and MariaDB",
  util: "Messages and checks",
};

export function indexPage({ modules, roles }: All, source: (file: string | undefined) => string): string {
  const subjectOf = ({ file }: AnyModule) => source(file).split("/").at(-2) ?? "";
  const folders = [...new Set([...modules.values()].map(subjectOf))].sort();
  return [
    "# Reference",
    "What is here is made of the source by `npm run reference`; `npx run doc NAME` prints the same of a module or a role.",
    "## Modules",
    ...folders.flatMap((folder) => [
      `### ${subjects[folder] ?? capital(folder)}`,
      list(
        "modules",
        [...modules.values()].filter((one) => subjectOf(one) === folder),
      ),
    ]),
    "## Roles",
    list("roles", [...roles.values()]),
    "## Everything else that `showrunner` gives",
    chapters.map(({ file, title, about }) => `- [${title}](${file}): ${about}`).join("\n"),
    "",
  ].join("\n\n");
}

function list(
  folder: string,
  all: readonly { readonly definition: { readonly name: string; readonly summary?: string } }[],
): string {
  const rows = all.map(({ definition: { name, summary = "" } }) => [
    `[${name}](${folder}/${name}.md)`,
    prose(summary),
  ]);
  return table(["name", "what it does"], rows);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
