/** docs/reference says what the sources say, and the sources say what readers need. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { referencePages, subjects } from "../scripts/reference/pages.ts";
import { sourceComments } from "../src/cli/comments.ts";
import { schemaRows } from "../src/cli/schema-rows.ts";

const folder = resolve(import.meta.dirname, "../docs/reference");

function committed(): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".md"),
  );
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
}

describe("docs/reference", () => {
  it("is what the sources say now", async () => {
    const now = await referencePages();
    const kept = committed();
    const stale = [...new Set([...now.keys(), ...kept.keys()])].filter(
      (page) => now.get(page) !== kept.get(page),
    );
    expect(stale, "`npm run reference` writes these pages anew").toEqual([]);
  });

  it("has no link that leads nowhere, nor has any link to it from the guides", () => {
    const pages = committed();
    for (const guide of guides())
      for (const [, path = "", place = ""] of guide.matchAll(
        /\]\([\w./]*\breference\/([\w./]+)#?([\w-]*)\)/g,
      ))
        expect(leads(pages, path, place), `${path}#${place}`).toBe(true);
    expect(pages.size).toBeGreaterThan(30);
    const dead = [...pages].flatMap(([page, text]) =>
      [...text.matchAll(/\]\(([^)#]*)#?([^)]*)\)/g)]
        .map(([, path = "", place = ""]) => ({ to: path === "" ? page : join(page, "..", path), place }))
        .filter(({ to, place }) =>
          to.startsWith("..") ? !existsSync(join(folder, to)) : !leads(pages, to, place),
        )
        .map(({ to, place }) => `${page} → ${to}#${place}`),
    );
    expect(dead).toEqual([]);
  });
});

function guides(): string[] {
  const root = join(folder, "../..");
  const inDocs = readdirSync(join(root, "docs")).map((name) => join("docs", name));
  const inRoles = readdirSync(join(root, "roles")).map((name) => join("roles", name, "README.md"));
  const files = ["README.md", ...inDocs, ...inRoles].map((file) => join(root, file));
  return files
    .filter((file) => file.endsWith(".md") && existsSync(file))
    .map((file) => readFileSync(file, "utf8"));
}

function leads(pages: ReadonlyMap<string, string>, page: string, place: string): boolean {
  const text = pages.get(page);
  return text !== undefined && headings(text).has(place);
}

/** What GitHub calls the headings, and the page's beginning. */
function headings(text: string): Set<string> {
  const places = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
  expect(new Set(places).size, "two headings of one name").toBe(places.length);
  return new Set(["", ...places]);
}

describe("a docstring", () => {
  it("says what every module is for, with an example", async () => {
    const { modules } = await subjects();
    const lacking = [...modules.values()].filter(({ definition, file }) => {
      const { docstring } = sourceComments(file, definition.name);
      return !docstring?.paragraphs.length || docstring.examples.length === 0;
    });
    expect(lacking.map(({ definition }) => definition.name)).toEqual([]);
  });

  it("says what every role is for, and each of its variables, also those inside others", async () => {
    const { modules, roles } = await subjects();
    const lacking = [...modules.values(), ...roles.values()].flatMap(
      ({ definition: { name }, file, schema }) => {
        const { docstring, params } = sourceComments(file, name);
        const silent = schemaRows(schema).filter((row) => !params.get(row.name) && row.description === "");
        return [
          ...(docstring?.paragraphs.length ? [] : [name]),
          ...silent.map((row) => `${name}: ${row.name}`),
        ];
      },
    );
    expect(lacking).toEqual([]);
  });

  it("says what every exported name is for", async () => {
    const { names } = await subjects();
    expect(names.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["Param", "change", "fileWritten", "play"]),
    );
    const lacking = names.filter(({ docstring }) => docstring.paragraphs.length === 0 && !docstring.returns);
    expect(lacking.map(({ name, file }) => `${name} (${file})`)).toEqual([]);
  });
});
