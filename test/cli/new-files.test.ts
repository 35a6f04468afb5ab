/** Files that `new` writes are all there, or none is. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "new-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("leaves no part of a file behind where the disk is full", () => {
  const root = join(folder, "project");
  mkdirSync(join(root, "modules"), { recursive: true });
  const program = join(folder, "program.ts");
  writeFileSync(
    program,
    `import { writeNewFiles } from ${JSON.stringify(resolve("src/cli/new-files.ts"))};
writeNewFiles(${JSON.stringify(root)}, [{ path: "modules/a.ts", text: "" }, { path: "modules/b.ts", text: "too much" }]);`,
  );
  // no file may have more than 0 bytes: to the program that is as good as a full disk
  const command = `ulimit -f 0; exec "$0" node_modules/jiti/lib/jiti-cli.mjs ${program}`;
  const { stderr } = spawnSync("sh", ["-c", command, process.execPath], {
    encoding: "utf8",
    env: { ...process.env, JITI_FS_CACHE: "false" },
  });
  expect(stderr).toContain("modules/b.ts can't be written");
  expect(readdirSync(join(root, "modules"))).toEqual([]);
});
