/**
 * Whoever may write into a directory gives a file of somebody else a second name there, and takes that name away again
 * while root counts the names of what it found.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { holdPath } from "../src/base/safe-path.ts";
import { lines, type Script, sh } from "../src/base/script.ts";
import { writeFileScript } from "../src/core/engine/write-file.ts";

const folder = mkdtempSync(join(tmpdir(), "hard-links-"));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

const shells = [["dash"], ["busybox", "sh"], ["bash", "--posix"]];
const other = 65_001;

/** A directory of another user's, and a file of root's that anybody may write. */
function scene() {
  const at = mkdtempSync(join(folder, "scene-"));
  const theirs = join(at, "theirs");
  const bin = join(at, "bin");
  const victim = join(at, "victim");
  for (const path of [theirs, bin]) mkdirSync(path);
  chmodSync(at, 0o755);
  chownSync(theirs, other, other);
  writeFileSync(victim, "of root's\n");
  chmodSync(victim, 0o666);
  return { theirs, bin, victim, path: join(theirs, "file") };
}

/** Has a program do something more when the script calls it. */
function meanwhile(bin: string, program: string, text: string) {
  const real = spawnSync("sh", ["-c", `command -v ${program}`])
    .stdout.toString()
    .trim();
  writeFileSync(join(bin, program), `#!/bin/sh\n${text.replaceAll("REAL", real)}\n`, { mode: 0o755 });
}

const root = { type: "file", mode: "0666", owner: "root", group: "root" };
const changes: Readonly<Record<string, (path: string) => Script>> = {
  "giving it away": (path) => lines(holdPath(path, root), sh`chown ${other} "$sr_held"`),
  "writing it anew, with its attributes taken over": (path) =>
    writeFileScript(
      { kind: "write", path, content: Buffer.from("new\n"), mode: "0600", owner: "root", expected: root },
      undefined,
    ),
};

describe.skipIf(process.getuid?.() !== 0).each(shells)(
  "in a directory of another user, in %s",
  (...shell) => {
    const run = (bin: string, script: Script) => {
      const [command = "sh", ...words] = shell;
      return spawnSync(command, [...words, "-c", script.text], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, PATH: `${bin}:${process.env["PATH"]}` },
      });
    };

    for (const [name, change] of Object.entries(changes)) {
      it(`${name} is refused where a name of root's file goes while its names are counted`, () => {
        const { victim, path, bin } = scene();
        spawnSync("ln", [victim, path]);
        meanwhile(bin, "ln", `REAL "$@" && rm -f ${path}`);
        const { status, stderr } = run(bin, change(path));
        expect(stderr).toContain(`${path} was exchanged meanwhile: nothing was changed`);
        expect(status).not.toBe(0);
        expect(statSync(victim)).toMatchObject({ uid: 0, mode: 0o100666 });
      });

      it(`${name} is refused where that name is there again afterwards`, () => {
        const { victim, path, bin } = scene();
        spawnSync("ln", [victim, path]);
        meanwhile(bin, "ln", `REAL "$@" && rm -f ${path}`);
        meanwhile(bin, "sleep", `/bin/ln ${victim} ${path}; exec REAL "$@"`);
        const { status, stderr } = run(bin, change(path));
        expect(stderr).toContain(`${path} was exchanged meanwhile: nothing was changed`);
        expect(status).not.toBe(0);
        expect(statSync(victim)).toMatchObject({ uid: 0, mode: 0o100666 });
      });

      it(`${name} is done where nobody turns its name`, () => {
        const { path, bin } = scene();
        writeFileSync(path, "of root's\n");
        chmodSync(path, 0o666);
        const { status, stderr } = run(bin, change(path));
        expect(stderr).toBe("");
        expect(status).toBe(0);
      });
    }
  },
);
