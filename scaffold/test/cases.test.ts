/** Every module's cases, without a host. On real ones they are run by `npx showrunner law`. */
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { isCases } from "showrunner/testing";

for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith(".cases.ts"))) {
  const { default: found }: { default?: unknown } = await import(`./${file}`);
  describe(file, () => {
    if (!isCases(found)) throw new Error(`${file} has no cases as its default export`);
    for (const { name, hold } of found.pure) test(name, hold);
  });
}
