/** The modules and roles that can be called by name. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Location, ShowrunnerError } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import { namesInFolder } from "../base/user-folder.ts";
import type { AnyModule } from "../core/tasks/module.ts";
import { loadTypeScript } from "./load-typescript.ts";
import { projectRoot } from "./project.ts";

/** What is known of any role. */
export interface AnyRole {
  readonly definition: { readonly name: string; readonly summary?: string };
  readonly schema: AnyModule["schema"];
  readonly location: Location | undefined;
  readonly file: string | undefined;
}

/** The modules that come with Showrunner, and those in the project's folder `modules`, which win. */
export async function allModules(): Promise<ReadonlyMap<string, AnyModule>> {
  const bundled: Record<string, unknown> = { ...(await import("../modules/index.ts")) };
  const own = await Promise.all(moduleFiles().map(loadTypeScript));
  return byName([bundled, ...own].flatMap((exports) => Object.values(exports).filter(isModule)));
}

/**
 * A module by its name.
 *
 * @throws ShowrunnerError `usage`
 */
export async function moduleNamed(name: string): Promise<AnyModule> {
  const modules = await allModules();
  const found = modules.get(name);
  if (found) return found;
  throw new ShowrunnerError("usage", `there is no module "${name}"${didYouMean(name, modules.keys())}`, {
    hint: "`npx run doc` lists the modules",
  });
}

/** The roles that come with Showrunner, and those in the project's folder `roles`, which win. */
export async function allRoles(): Promise<ReadonlyMap<string, AnyRole>> {
  const bundled: Record<string, unknown> = { ...(await import("../../roles/index.ts")) };
  const own = await Promise.all(roleFiles().map(loadTypeScript));
  return byName([bundled, ...own].flatMap((exports) => Object.values(exports).filter(isRole)));
}

function moduleFiles(): string[] {
  const folder = projectFolder("modules");
  return namesInFolder(folder)
    .filter((name) => /\.m?[jt]s$/.test(name) && !/\.(d|test)\.m?ts$/.test(name))
    .map((name) => join(folder, name));
}

function roleFiles(): string[] {
  const folder = projectFolder("roles");
  return namesInFolder(folder)
    .flatMap((name) => ["index.ts", "index.js"].map((index) => join(folder, name, index)))
    .filter((file) => existsSync(file));
}

function projectFolder(name: string): string {
  const here = resolve(name);
  return existsSync(here) ? here : join(projectRoot(), name);
}

function byName<T extends AnyModule | AnyRole>(all: readonly T[]): Map<string, T> {
  const sorted = [...all].sort((a, b) => a.definition.name.localeCompare(b.definition.name));
  return new Map(sorted.map((one) => [one.definition.name, one]));
}

function isModule(value: unknown): value is AnyModule {
  return typeof value === "function" && "schema" in value && "definition" in value && "fromData" in value;
}

function isRole(value: unknown): value is AnyRole {
  return typeof value === "function" && "schema" in value && "definition" in value && !("fromData" in value);
}
