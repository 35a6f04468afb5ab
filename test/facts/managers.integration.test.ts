import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageManager } from "../../src/facts/managers.ts";

/** What the fact makes of a host that has just these programs. */
function seen(...programs: readonly string[]): string | undefined {
  const bin = mkdtempSync(join(tmpdir(), "managers-"));
  try {
    for (const program of programs) {
      writeFileSync(join(bin, program), "#!/bin/sh\n");
      chmodSync(join(bin, program), 0o755);
    }
    symlinkSync("/bin/sh", join(bin, "sh"));
    if (!("script" in packageManager.source)) throw new Error("it is read by a script");
    const { text } = packageManager.source.script([""]);
    const { stdout } = spawnSync("/bin/sh", ["-c", text], { env: { PATH: bin } });
    return packageManager.source.parse(stdout, [""]).get("")?.toString();
  } finally {
    rmSync(bin, { recursive: true });
  }
}

it.each([
  [["apt-get"], "apt"],
  [["dnf"], "dnf"],
  [["apk"], "apk"],
  [["dnf", "apt-get"], "apt"], // Debian has dnf as a package, too
  [["yum"], ""],
])("a host with %j is managed by %j", (programs, manager) => {
  expect(seen(...programs)).toBe(manager);
});
