import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const checkout = resolve(import.meta.dirname, "..");
/** Each has labs of its own: of a lab test, of the fault run, of the law, of the bench, of an inventory. */
const folders = ["test/lab", "test/proof", "scripts", "bench", "inventory"];
const network = /testLab\("[\w-]+", (\d+)|(?:own|network|prefix)(?:: | = )"10\.(\d+)|default: "10\.(\d+)"/g;

it("no two programs use the same lab network: one that was killed must not be in the way of another", () => {
  const files = folders.flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  );
  const found = files.flatMap((file) =>
    [...readFileSync(join(checkout, file), "utf8").matchAll(network)].map((match) => ({
      file,
      number: match.slice(1).find((one) => one !== undefined),
    })),
  );
  const shared = found.filter((one) =>
    found.some((other) => other.number === one.number && other.file !== one.file),
  );
  expect(found.length).toBeGreaterThan(25);
  expect(shared).toEqual([]);
});
