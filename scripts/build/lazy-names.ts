/**
 * Text of `src/cli/sdk.ts` for the bundle: what user's files import is loaded name by name. Those of modules, roles and
 * facts are files of their own; the rest is what every run needs.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type PublicName, publicNames } from "./public-names.ts";

/** What a playbook does without as long as it does not name it. */
const optional = /^(?:src\/(?:modules|facts|gathering)|roles)\//;

/** Whence the bundle's shared files, of which the text becomes a part, load others: from `dist/src/chunks`. */
const toDist = "../..";

/** From `src/cli`, whose file the text takes the place of. */
const toRoot = "../..";

const lists = {
  showrunner: "src/index.ts",
  "showrunner/modules": "src/modules/index.ts",
  "showrunner/roles": "roles/index.ts",
};

/** The sources that are files of their own in the bundle, by their paths in it without a suffix. */
export function optionalFiles(root: string): Record<string, string> {
  const files = Object.values(lists).flatMap((list) =>
    [...publicNames(join(root, list)).values()].map(({ file }) => relative(root, file)),
  );
  return Object.fromEntries(
    [...files.filter((file) => optional.test(file)), ...factFiles(root).values()].map((file) => [
      file.replace(/\.ts$/, ""),
      file,
    ]),
  );
}

/** The source that defines each fact, by the fact's name: what comes as data names its fact. */
export function factFiles(root: string): Map<string, string> {
  const folder = join("src", "facts");
  const sources = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));
  return new Map(
    sources.flatMap((file) =>
      [...readFileSync(join(root, file), "utf8").matchAll(definition)].map(([, name = ""]) => [name, file]),
    ),
  );
}

/** `defineFact({ name: "file", …`, `packageFact<string>("package.version", …` */
const definition = /Fact(?:<[^(]*>)?\(\s*(?:\{\s*name:\s*)?"([^"]+)"/g;

export function lazyNamesText(root: string): string {
  const imports: string[] = [];
  const entries = Object.entries(lists).map(([specifier, list]) => {
    const names = publicNames(join(root, list));
    const ready = [...names]
      .filter(([, { file }]) => !optional.test(relative(root, file)))
      .map(([name, from]) => `${name}: ${imported(from)}`);
    const later = loaders(names, root);
    return `${JSON.stringify(specifier)}: async () => lazyNames({ ${ready.join(", ")} }, { ${later.join(", ")} })`;
  });
  return `
import { createRequire } from "node:module";
import { factsOnDemand } from "../core/facts/fact.ts";
import { modulesOnDemand } from "../core/tasks/module.ts";
import { lazyNames } from "./lazy-names.ts";
${imports.join("\n")}
const load = createRequire(import.meta.url);
const modules = { ${loaders(publicNames(join(root, lists["showrunner/modules"])), root).join(", ")} };
modulesOnDemand((name) => {
  if (Object.hasOwn(modules, name)) modules[name]();
});
const facts = new Map(${JSON.stringify([...factFiles(root)].map(([name, file]) => [name, bundled(file)]))});
factsOnDemand((name) => {
  if (facts.has(name)) load(facts.get(name));
});
export const sdk = {
  ${entries.join(",\n  ")},
  "showrunner/testing": () => import("../testing/index.ts"),
};
`;

  function imported({ file, name }: PublicName): string {
    const local = `ready${imports.length}`;
    // the text goes into a source map: it names no place of the machine that built it
    imports.push(
      `import { ${name} as ${local} } from ${JSON.stringify(`${toRoot}/${relative(root, file)}`)};`,
    );
    return local;
  }
}

/** A property for each name that is loaded later. */
function loaders(names: ReadonlyMap<string, PublicName>, root: string): string[] {
  return [...names].flatMap(([name, from]) => {
    const path = relative(root, from.file);
    return optional.test(path) ? [`${name}: () => load(${JSON.stringify(bundled(path))}).${from.name}`] : [];
  });
}

function bundled(path: string): string {
  return `${toDist}/${path.replace(/\.ts$/, ".cjs")}`;
}
