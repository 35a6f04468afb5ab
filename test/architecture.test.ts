import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fact, FactKey } from "../src/core/facts/fact.ts";
import { circles, type Import } from "./circles.ts";

const src = resolve(import.meta.dirname, "../src");

/** What each folder may import besides itself. The CLI also hands the whole public API to playbooks. */
const allowed: Record<string, readonly string[]> = {
  text: [],
  yaml: [],
  redaction: ["text"],
  base: ["text", "redaction"],
  secrets: ["text", "yaml", "redaction", "base"],
  transport: ["base", "secrets"],
  core: ["text", "redaction", "base", "secrets", "transport"],
  inventory: ["yaml", "base", "secrets", "transport", "core"],
  templates: ["base"],
  kit: ["base", "core", "secrets", "transport"],
  // what tells them from a user's own is that HTTP is spoken through the host's connection
  facts: ["kit", "transport"],
  modules: ["kit", "facts", "gathering", "templates", "transport"],
  gathering: ["facts", "base", "core"],
  testing: ["base", "core", "facts", "transport"],
  report: ["text", "redaction", "base", "core"],
  lab: ["base"],
  cli: [
    "index.ts",
    "run-playbook.ts",
    "..",
    "testing",
    "report",
    "lab",
    "inventory",
    "modules",
    "gathering",
    "core",
    "transport",
    "secrets",
    "base",
    "redaction",
    "text",
    "yaml",
  ],
};

/** The folders of core: each may import those that stand before it, and none that stand beside it. */
const layers: readonly (readonly string[])[] = [
  ["facts"],
  ["events"],
  ["tasks"],
  ["lease"],
  ["engine"],
  ["steps", "plays"],
  ["plans"],
];

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : path.endsWith(".ts") ? [path] : [];
  });
}

/** Whom a file imports, for types only as well. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(/(?:(?:import|export)\s[^;"']*?from\s+|import\s+|import\()["'](\.[^"']+)["']/g);
  return [...found].map(([, path = ""]) => relative(src, resolve(dirname(file), path)));
}

const imports: Import[] = files(src).flatMap((file) =>
  importsOf(file).map((target): Import => [relative(src, file), target]),
);

function wrongImports(mayImport: (from: string, to: string) => boolean): string[] {
  return imports.filter(([from, to]) => !mayImport(from, to)).map(([from, to]) => `${from} imports ${to}`);
}

describe("imports", () => {
  it("form no circle, between folders or between files", () => {
    expect(circles(imports)).toEqual([]);
  });

  it("point one way between the folders of src", () => {
    const wrong = wrongImports((from, to) => {
      const [folder = "", file] = from.split("/");
      const [target = ""] = to.split("/");
      // src/index.ts gathers the public API
      return file === undefined || target === folder || allowed[folder]?.includes(target) === true;
    });
    expect(wrong).toEqual([]);
  });

  it("point one way between the layers of core", () => {
    const layerOf = (folder: string) => layers.findIndex((folders) => folders.includes(folder));
    const wrong = wrongImports((from, to) => {
      const [top, folder = ""] = from.split("/");
      const [targetTop, target = ""] = to.split("/");
      if (top !== "core" || targetTop !== "core" || folder === target) return true;
      return layerOf(target) >= 0 && layerOf(target) < layerOf(folder);
    });
    expect(wrong).toEqual([]);
  });

  it("know every folder of src", () => {
    const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => !(name in allowed))).toEqual([]);
  });
});

it("no file of src has more than 300 lines", () => {
  const long = files(src).flatMap((file) => {
    const lines = readFileSync(file, "utf8").split("\n").length - 1;
    return lines > 300 ? [`${relative(src, file)} has ${lines}: part it by its ideas`] : [];
  });
  expect(long).toEqual([]);
});

describe("text for a terminal", () => {
  it("goes through one place, which makes what is not for reading visible", () => {
    // the reporters' own cursor movements, and a version before anything is loaded
    const may = ["report/terminal.ts", "report/screen.ts", "report/define.ts", "cli/main.ts"];
    const writing = files(src).filter((file) =>
      /process\.std(out|err)\.write|stream\.write\(/.test(readFileSync(file, "utf8")),
    );
    expect(writing.map((file) => relative(src, file)).filter((file) => !may.includes(file))).toEqual([]);
  });
});

describe("facts of our own", () => {
  it("say which files they rest on, since otherwise every change would make them stale", async () => {
    const folders = ["facts", "core"].flatMap((folder) => files(join(src, folder)));
    const defining = folders.filter((file) =>
      /= define\w*Fact\b|= packageFact\b/.test(readFileSync(file, "utf8")),
    );
    const modules: object[] = await Promise.all(defining.map((file) => import(file)));
    const facts = modules.flatMap((module) => Object.values(module).filter(isFact));
    expect(facts.length).toBeGreaterThan(40);
    const names = new Set(facts).size;
    expect(new Set(facts.map(({ name }) => name)).size).toBe(names);
    const silent = facts.filter(({ about, source }) => about === "host" && !source.restsOn);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});

function isFact(value: unknown): value is Fact<FactKey, unknown> {
  return typeof value === "object" && value !== null && "source" in value && "about" in value;
}

describe("core", () => {
  it("prints nothing", () => {
    const printing = files(join(src, "core")).filter((file) =>
      /console\.|process\.std(out|err)/.test(readFileSync(file, "utf8")),
    );
    expect(printing).toEqual([]);
  });
});

describe("docs/architecture.md", () => {
  const text = readFileSync(resolve(src, "../docs/architecture.md"), "utf8");

  /** What the drawing has, from top to bottom: `cli`, `index.ts`, `core/plans`. */
  const drawn = [...text.matchAll(/^(?:src\/| {2}(?=\w+ {3}))([\w.-]+) {3}/gm)].map(([line, name = ""]) =>
    line.startsWith("src/") ? name : `core/${name}`,
  );

  it("draws every folder of src and of core", () => {
    const folders = (of: string) =>
      readdirSync(join(src, of), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const all = [
      ...folders("").map(({ name }) => name),
      ...folders("core").map(({ name }) => `core/${name}`),
    ];
    expect(drawn.filter((name) => !name.endsWith(".ts")).sort()).toEqual(all.sort());
  });

  it("draws each above all that it imports", () => {
    const rank = (path: string) =>
      drawn.indexOf(
        path
          .split("/")
          .slice(0, path.startsWith("core/") ? 2 : 1)
          .join("/"),
      );
    expect(wrongImports((from, to) => to.startsWith("..") || rank(from) <= rank(to))).toEqual([]);
  });

  it("names only files that there are", () => {
    const there = files(src).map((file) => relative(src, file));
    const named = [...text.matchAll(/`((?:[\w-]+\/)*[\w-]+\.ts)`/g)].map(([, name = ""]) => name);
    const isThere = (name: string) => there.some((file) => file === name || file.endsWith(`/${name}`));
    const elsewhere = (name: string) =>
      /^(test|scripts)\//.test(name) && existsSync(resolve(src, "..", name));
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((name) => !isThere(name) && !elsewhere(name))).toEqual([]);
  });
});

describe("circles", () => {
  it("are found between files of one folder", () => {
    const found = circles([
      ["a/x.ts", "a/y.ts"],
      ["a/y.ts", "a/z.ts"],
      ["a/z.ts", "a/y.ts"],
    ]);
    expect(found).toEqual(["in a: a/y.ts imports a/z.ts; a/z.ts imports a/y.ts"]);
  });

  it("are found between folders whose files form none", () => {
    const found = circles([
      ["a/one.ts", "b/one.ts"],
      ["b/two.ts", "a/two.ts"],
    ]);
    expect(found).toEqual(["in src: a/one.ts imports b/one.ts; b/two.ts imports a/two.ts"]);
  });

  it("are none where a folder's files use what is beside it, and one file there uses the folder", () => {
    const found = circles([
      ["cli/main.ts", "cli/commands/run.ts"],
      ["cli/commands/run.ts", "cli/text.ts"],
    ]);
    expect(found).toEqual([]);
  });
});
