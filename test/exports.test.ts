/** What a file exports is used by another one, or public: all else is the file's own affair. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { lazyNamesText } from "../scripts/build/lazy-names.ts";

const folders = [
  "src",
  "roles",
  "playbooks",
  "inventory",
  "test",
  "scripts",
  "bench",
  "examples",
  "scaffold",
];
const packages: Record<string, string> = {
  showrunner: "src/index.ts",
  "showrunner/modules": "src/modules/index.ts",
  "showrunner/roles": "roles/index.ts",
  "showrunner/testing": "src/testing/index.ts",
};

const texts = new Map<string, string>(
  folders
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [file, readFileSync(file, "utf8")]),
);
// the build makes this one, for itself
texts.set("src/cli/lazy-names.built.ts", lazyNamesText(".").replace("export const sdk", "const sdk"));

/** Exported names that others ask for, as `file name`; `file *` where they ask for all. */
function asked(): Set<string> {
  const found = new Set<string>();
  for (const [file, text] of texts) {
    const note = (specifier: string, name: string) =>
      found.add(`${packages[specifier] ?? join(dirname(file), specifier)} ${name}`);
    for (const [, what = "", from = ""] of text.matchAll(
      /(?:import|export)\s([^;"']*?)\sfrom\s+["']([^"']+)["']/g,
    )) {
      const list = /\{([^}]*)\}/.exec(what)?.[1];
      if (list === undefined) note(from, "*");
      for (const one of list?.split(",") ?? [])
        note(
          from,
          one
            .trim()
            .replace(/^type /, "")
            .split(" as ")[0] ?? "",
        );
    }
    for (const [, from = "", type] of text.matchAll(/import\(\s*["']([^"']+)["']\s*\)(?:\.(\w+))?/g))
      note(from, type ?? "*");
  }
  return found;
}

it("every export is used elsewhere, or public", () => {
  const used = asked();
  const unused = [...texts].flatMap(([file, text]) => {
    // a playbook's, an inventory's or a role's exports are for whoever loads it by its name
    if (!/^(src|roles)\//.test(file) || /^roles\/[^/]+\/index\.ts$/.test(file) || used.has(`${file} *`))
      return [];
    const exported = text.matchAll(/^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm);
    return [...exported].flatMap(([, name = ""]) => (used.has(`${file} ${name}`) ? [] : [`${file} ${name}`]));
  });
  expect(unused).toEqual([]);
});
