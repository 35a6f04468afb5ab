/** The pages of docs/reference, made of schemas, interfaces and the comments above them. */
import { join, relative, resolve } from "node:path";
import { allModules, allRoles } from "../../src/cli/modules.ts";
import { hostFactsPage } from "./facts-page.ts";
import { indexPage } from "./index-page.ts";
import { modulePage, rolePage } from "./module-page.ts";
import { namesOf, type PublicName } from "./names.ts";
import { chapters, namesPage } from "./names-page.ts";

const root = resolve(import.meta.dirname, "../..");

/** What the pages tell of. */
export interface Subjects {
  readonly modules: Awaited<ReturnType<typeof allModules>>;
  readonly roles: Awaited<ReturnType<typeof allRoles>>;
  /** All that `showrunner` gives, but for the modules and their types. */
  readonly names: readonly PublicName[];
}

export async function subjects(): Promise<Subjects> {
  const [modules, roles] = await Promise.all([allModules(), allRoles()]);
  const ofModules = join(root, "src/modules/");
  const names = namesOf(join(root, "src/index.ts")).filter(
    ({ name, file }) => !modules.has(name) && !(file.startsWith(ofModules) && /(Params|Value)$/.test(name)),
  );
  return { modules, roles, names };
}

/** @returns the pages' texts by their paths in docs/reference */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  const { modules, roles, names } = await subjects();
  const source = (file: string | undefined) =>
    relative(root, file ?? "").replace(/^dist\/(.*)\.c?js$/, "$1.ts");
  const pages = new Map<string, string>([["README.md", indexPage({ modules, roles }, source)]]);
  for (const [name, module] of modules)
    pages.set(`modules/${name}.md`, modulePage(module, source(module.file)));
  for (const [name, role] of roles) pages.set(`roles/${name}.md`, rolePage(role, source(role.file)));
  for (const chapter of chapters) {
    const more = chapter.file === "facts.md" ? hostFactsPage(root) : "";
    pages.set(chapter.file, namesPage(chapter, names, more));
  }
  return pages;
}
