/** The examples that users read compile. Each names its file in its first line: `// playbooks/hello.ts`. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";

const checkout = resolve(import.meta.dirname, "..");
mkdirSync(join(checkout, ".showrunner"), { recursive: true });
// inside the checkout, where the compiler finds the packages
const folder = mkdtempSync(join(checkout, ".showrunner", "docs-"));
afterAll(() => rmSync(folder, { recursive: true }));

function pages(): string[] {
  const roles = readdirSync(join(checkout, "roles"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join("roles", name, "README.md"));
  const guides = readdirSync(join(checkout, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", ...guides.map((name) => join("docs", name)), ...roles];
}

function referencePages(): string[] {
  const all = readdirSync(join(checkout, "docs/reference"), { recursive: true, encoding: "utf8" });
  return all.filter((name) => name.endsWith(".md")).map((name) => join("docs/reference", name));
}

function examples(page: string): { file: string; code: string }[] {
  const text = readFileSync(join(checkout, page), "utf8");
  return [...text.matchAll(/```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)```/g)].map(([, file = "", code = ""]) => ({
    file,
    code,
  }));
}

it("compiles every example of the README and the guides that names its file", () => {
  const found = pages().flatMap(examples);
  expect(found.map(({ file }) => file)).toContain("playbooks/hello.ts");
  for (const { file, code } of found) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), code);
  }
  const settings = { extends: "../../tsconfig.json", include: ["**/*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const compiled = spawnSync(join(checkout, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });
  expect(compiled.stdout).toBe("");
  expect(compiled.status).toBe(0);
}, 300_000);

it("shows the example package's files as they are", () => {
  const example = join(checkout, "examples", "extending");
  const shown = examples(join("docs", "extending.md")).filter(({ file }) => existsSync(join(example, file)));
  expect(shown.map(({ file }) => dirname(file))).toEqual([
    "facts",
    "modules",
    "playbooks",
    "reporters",
    "inventory",
    "transports",
  ]);
  for (const { file, code } of shown) expect(code).toBe(readFileSync(join(example, file), "utf8"));
});

it("gives every row of a table as many cells as its heading", () => {
  const cells = (row: string) => row.replaceAll("\\|", "").split("|").length;
  const wrong = [...pages(), "CONTRIBUTING.md", ...referencePages()].flatMap((page) => {
    const tables = readFileSync(join(checkout, page), "utf8").match(/(?:^\|.*\n)+/gm) ?? [];
    return tables.flatMap((table) => {
      const [heading = "", ...rows] = table.trimEnd().split("\n");
      return rows.filter((row) => cells(row) !== cells(heading)).map((row) => `${page}: ${row}`);
    });
  });
  expect(wrong).toEqual([]);
});
