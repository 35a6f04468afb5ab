/** All modules' cases that need no host. Those on hosts are `npm run law`. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isCases } from "../../src/testing/index.ts";

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".cases.ts"));

for (const name of files) {
  const { default: found }: { default?: unknown } = await import(join(import.meta.dirname, name));
  describe(name, () => {
    if (!isCases(found)) return it("has cases as its default export", () => expect(found).toBe("cases"));
    it("has cases", () => expect(found.list.length).toBeGreaterThan(0));
    for (const one of found.pure) it(one.name, one.hold);
  });
}
