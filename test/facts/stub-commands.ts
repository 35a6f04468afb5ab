/** Commands that stand in for those of another system. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A shell that finds these scripts, by their names, before the commands of this machine. */
export function shellWith(commands: Readonly<Record<string, string>>): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), "stub-commands-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(commands))
    writeFileSync(join(directory, name), text, { mode: 0o755 });
  return ["env", `PATH=${directory}:${process.env["PATH"]}`, "sh"];
}
