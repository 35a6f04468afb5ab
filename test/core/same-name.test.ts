/** Two facts of one name: a change that sets one of them would be taken for one that sets the other. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJiti } from "jiti";
import { afterAll, expect, it } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { factNamed } from "../../src/core/facts/fact.ts";
import * as showrunner from "../../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "same-name-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads files as a project's are loaded, each time afresh. */
function load(file: string): Promise<Record<string, unknown>> {
  const jiti = createJiti(import.meta.url, { fsCache: false, virtualModules: { showrunner } });
  return jiti.import(join(folder, file));
}

function write(file: string, name: string, printed: string): void {
  const text = `import { defineFact, sh } from "showrunner";

export const fact = defineFact({
  name: ${JSON.stringify(name)},
  script: () => sh\`echo ${printed}\`,
  parse: (stdout, keys) => new Map(keys.map((key) => [key, stdout.toString()])),
});
`;
  mkdirSync(join(folder, file, ".."), { recursive: true });
  writeFileSync(join(folder, file), text);
}

async function thrownBy(file: string): Promise<ShowrunnerError> {
  const error = await load(file).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ShowrunnerError))
    throw new Error(`${file}: expected a refusal, got ${String(error)}`);
  return error;
}

it("is refused, naming both places", async () => {
  write("one.ts", "mine.zone", "a");
  write("other.ts", "mine.zone", "b");
  const { fact } = await load("one.ts");
  const error = await thrownBy("other.ts");
  expect(error.message).toBe(`there is a fact of the name "mine.zone" already: ${join(folder, "one.ts")}:3`);
  expect(error.location).toEqual({ file: join(folder, "other.ts"), line: 3 });
  expect(factNamed("mine.zone")).toBe(fact);
});

it("is refused where one of them is ours", async () => {
  write("taken.ts", "file.sha256", "a");
  const error = await thrownBy("taken.ts");
  expect(error.message).toMatch(/^there is a fact of the name "file.sha256" already: .*files.ts:\d+$/);
  expect(error.location?.file).toBe(join(folder, "taken.ts"));
});

it("is the same fact where its file is loaded again", async () => {
  write("again.ts", "mine.again", "a");
  await load("again.ts");
  const { fact } = await load("again.ts");
  expect(factNamed("mine.again")).toBe(fact);
});

it("is the same fact where its package is there twice", async () => {
  write("a/node_modules/zones/index.ts", "zones.zone", "a");
  mkdirSync(join(folder, "b/node_modules/zones"), { recursive: true });
  copyFileSync(join(folder, "a/node_modules/zones/index.ts"), join(folder, "b/node_modules/zones/index.ts"));
  await load("a/node_modules/zones/index.ts");
  const { fact } = await load("b/node_modules/zones/index.ts");
  expect(factNamed("zones.zone")).toBe(fact);
});
