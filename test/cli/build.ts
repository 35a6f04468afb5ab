/** The command line is tested as it is installed: built. Builds what is older than its sources. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export function setup(): void {
  const built = join(root, "dist", "src", "cli", "main.cjs");
  if (
    existsSync(built) &&
    newest(["src", "roles", "scripts/build.ts", "scripts/build"]) < statSync(built).mtimeMs
  )
    return;
  const { status, stdout } = spawnSync("npm", ["run", "--silent", "build"], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`the build failed:\n${stdout}`);
}

function newest(paths: readonly string[]): number {
  const times = paths.flatMap((path) => {
    const full = join(root, path);
    if (!statSync(full).isDirectory()) return statSync(full).mtimeMs;
    return readdirSync(full, { recursive: true, encoding: "utf8" }).map(
      (entry) => statSync(join(full, entry)).mtimeMs,
    );
  });
  return Math.max(...times);
}
