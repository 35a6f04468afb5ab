/** `npm run reference`: writes docs/reference anew. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { referencePages } from "./reference/pages.ts";

const folder = resolve(import.meta.dirname, "../docs/reference");

const pages = await referencePages();
rmSync(folder, { recursive: true, force: true });
for (const [path, text] of pages) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
process.stdout.write(`docs/reference: ${pages.size} pages\n`);
