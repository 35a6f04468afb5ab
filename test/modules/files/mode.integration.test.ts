import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mistakeInMode } from "../../../src/kit/index.ts";
import { fileModeInTree, resolveMode } from "../../../src/modules/files/mode.ts";

const symbolic = [
  "u+x",
  "g-w",
  "o=",
  "a+r",
  "u=rwx,g=rx,o=",
  "u=rwX,g=rX,o=rX",
  "a-x",
  "ug+w",
  "go-rwx",
  "g=u",
  "o=g",
  "u+s",
  "g+s",
  "g-s",
  "o+t",
  "a=rX",
  "u=rw,a+X",
  "u+x-w",
  "u-s,g-s",
  "a=",
  "g=o",
  "ug=rw,o=r",
  "u=s",
  "o-t",
];
const starts = ["0644", "0755", "0600", "0000", "4755", "2775", "1777", "0640"];

describe("a symbolic mode", () => {
  it("means what it means to GNU chmod, for files and directories", () => {
    const directory = mkdtempSync(join(tmpdir(), "mode-"));
    const file = join(directory, "file");
    const folder = join(directory, "folder");
    writeFileSync(file, "");
    mkdirSync(folder);
    try {
      for (const start of starts) {
        for (const path of [file, folder])
          for (const mode of symbolic) {
            chmodSync(path, Number.parseInt(start, 8));
            spawnSync("chmod", ["--", mode, path]);
            const expected = (statSync(path).mode & 0o7777).toString(8).padStart(4, "0");
            expect(`${start} ${mode} ${resolveMode(mode, start, path === folder)}`).toBe(
              `${start} ${mode} ${expected}`,
            );
          }
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

it("an octal mode has four digits, whatever it was given", () => {
  expect(resolveMode("644", "0000", false)).toBe("0644");
  expect(resolveMode("02775", "0000", true)).toBe("2775");
});

it("a file in a tree gets execute bits only if it had some, and no special bits", () => {
  expect(fileModeInTree("2775", false)).toBe("0664");
  expect(fileModeInTree("2775", true)).toBe("0775");
});

const refused: readonly [mode: unknown, message: RegExp, hint: RegExp | undefined][] = [
  [644, /expected a string such as "0644", got the number 644, which is mode 1204/, /write "0644"/],
  [0o644, /got the number 420, which is mode 0644/, /write "0644"/],
  [755, /got the number 755, which is mode 1363/, /write "0755"/],
  [0o755, /got the number 493, which is mode 0755/, /write "0755"/],
  [0, /got the number 0, which is mode 0000/, /write "0000"/],
  ["rw-r--r--", /expected a mode such as "0644" or "u=rw,g=r,o=", got "rw-r--r--"/, undefined],
  ["+x", /got "\+x"/, /"a\+x" for everybody's/],
  ["0888", /got "0888"/, undefined],
  ["64", /got "64"/, undefined],
  ["0o644", /got "0o644"/, undefined],
  ["", /got ""/, undefined],
];

for (const [mode, message, hint] of refused)
  it(`the mode ${JSON.stringify(mode)} is refused with an explanation`, () => {
    const mistake = mistakeInMode(mode);
    expect(mistake?.message).toMatch(message);
    if (hint) expect(mistake?.hint).toMatch(hint);
  });
