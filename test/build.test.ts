/** What the build knows of the sources without running them. */
import { readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { factFiles, lazyNamesText } from "../scripts/build/lazy-names.ts";
import { publicNames } from "../scripts/build/public-names.ts";
import { allModules } from "../src/cli/modules.ts";
import type { Fact, FactKey } from "../src/core/facts/fact.ts";

const root = resolve(import.meta.dirname, "..");

describe("the build", () => {
  it("knows which file defines each fact of ours", async () => {
    const folder = join(root, "src/facts");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    const known = factFiles(root);
    let count = 0;
    for (const file of files) {
      const exports: object = await import(join(folder, file));
      for (const fact of Object.values(exports).filter(isFact)) {
        expect(known.get(fact.name), fact.name).toBe(relative(root, join(folder, file)));
        count++;
      }
    }
    expect(count).toBeGreaterThan(40);
  });

  it("finds each module by the name that its tasks have as data", async () => {
    const names = publicNames(join(root, "src/modules/index.ts"));
    for (const name of (await allModules()).keys()) expect([...names.keys()]).toContain(name);
  });

  it("says nothing of where it was made", () => {
    expect(lazyNamesText(root)).not.toContain(root);
  });

  it.each(["src/index.ts", "src/modules/index.ts", "roles/index.ts", "src/testing/index.ts"])(
    "knows all that %s exports",
    async (list) => {
      const exports: object = await import(join(root, list));
      expect([...publicNames(join(root, list)).keys()].sort()).toEqual(Object.keys(exports).sort());
    },
  );
});

function isFact(value: unknown): value is Fact<FactKey, unknown> {
  return typeof value === "object" && value !== null && "source" in value && "about" in value;
}
