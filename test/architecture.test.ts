import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fact, FactKey } from "../src/core/facts/fact.ts";

const src = resolve(import.meta.dirname, "../src");

/** What each folder may import besides itself. The CLI also hands the whole public API to playbooks. */
const allowed: Record<string, readonly string[]> = {
  text: [],
  yaml: [],
  redaction: ["text"],
  base: ["text", "redaction"],
  secrets: ["text", "yaml", "redaction", "base"],
  transport: ["text", "redaction", "base", "secrets"],
  core: ["text", "redaction", "base", "secrets", "transport"],
  inventory: ["text", "yaml", "redaction", "base", "secrets", "transport", "core"],
  templates: ["base"],
  kit: ["base", "core", "secrets"],
  // what tells them from a user's own is that HTTP is spoken through the host's connection
  facts: ["kit", "transport"],
  modules: ["kit", "facts", "gathering", "templates", "transport"],
  gathering: ["facts", "base", "core"],
  testing: ["base", "core", "transport"],
  report: ["text", "redaction", "base", "core"],
  lab: ["base"],
  cli: [
    "index.ts",
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

/** What the folders of core may import of each other at run time; types cost nothing. */
const allowedInCore: Record<string, readonly string[]> = {
  facts: [],
  events: ["facts"],
  lease: ["facts", "events", "tasks"],
  engine: ["facts", "events", "lease", "tasks"],
  tasks: ["facts", "events", "engine"],
  steps: ["facts", "events", "engine", "tasks"],
  plays: ["facts", "events", "lease", "engine", "tasks"],
  plans: ["facts", "events", "lease", "engine", "tasks", "plays"],
};

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : path.endsWith(".ts") ? [path] : [];
  });
}

function importsOf(file: string): { target: string; typeOnly: boolean }[] {
  const text = readFileSync(file, "utf8");
  const found = [
    ...text.matchAll(
      /(?:import|export)\s+(type\s)?[^;"']*?from\s+["'](\.[^"']+)["']|import\(["'](\.[^"']+)["']\)/g,
    ),
  ];
  return found.map(([, type, from, dynamic]) => ({
    target: relative(src, resolve(dirname(file), from ?? dynamic ?? "")),
    typeOnly: type !== undefined,
  }));
}

describe("imports", () => {
  it("point one way", () => {
    const wrong: string[] = [];
    for (const file of files(src)) {
      const from = relative(src, file);
      const folder = from.split("/")[0] ?? "";
      if (!from.includes("/")) continue; // src/index.ts gathers the public API
      for (const { target, typeOnly } of importsOf(file)) {
        const to = target.split("/")[0] ?? "";
        const fine = to === folder || allowed[folder]?.includes(to);
        // a type costs nothing at run time: transport may name the shapes that core hands it
        if (!fine && !(typeOnly && folder === "transport" && to === "core"))
          wrong.push(`${from} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("know every folder of src", () => {
    const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => !(name in allowed))).toEqual([]);
  });
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
  it("say what they rest on: else every change would have them read again", async () => {
    const folders = ["facts", "core"].flatMap((folder) => files(join(src, folder)));
    const defining = folders.filter((file) =>
      /= define\w*Fact\b|= packageFact\b/.test(readFileSync(file, "utf8")),
    );
    const modules: object[] = await Promise.all(defining.map((file) => import(file)));
    const facts = modules.flatMap((module) => Object.values(module).filter(isFact));
    expect(facts.length).toBeGreaterThan(40);
    const silent = facts.filter(({ about, source }) => about === "host" && !source.restsOn);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});

function isFact(value: unknown): value is Fact<FactKey, unknown> {
  return typeof value === "object" && value !== null && "source" in value && "about" in value;
}

describe("core", () => {
  it("imports one way, but for what tasks, their engine and a host's lease have of each other", () => {
    const wrong: string[] = [];
    for (const file of files(join(src, "core"))) {
      const from = relative(join(src, "core"), file);
      const [folder = ""] = from.split("/");
      for (const { target, typeOnly } of importsOf(file)) {
        const [top, to = ""] = target.split("/");
        if (top !== "core" || typeOnly || to === folder) continue;
        if (!allowedInCore[folder]?.includes(to)) wrong.push(`${from} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("prints nothing", () => {
    const printing = files(join(src, "core")).filter((file) =>
      /console\.|process\.std(out|err)/.test(readFileSync(file, "utf8")),
    );
    expect(printing).toEqual([]);
  });
});
