/** Which programs of a host a change of files runs: each of them costs a process. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFileScript } from "../../src/core/engine/write-file.ts";
import type { Change, WriteAction } from "../../src/core/facts/change.ts";
import { file, fileHash } from "../../src/facts/files.ts";
import { self } from "../../src/facts/self.ts";
import { file as fileModule } from "../../src/modules/index.ts";
import { planTask } from "../../src/testing/plan.ts";
import { shellWith } from "../facts/stub-commands.ts";

const programs = [
  "cat",
  "chgrp",
  "chmod",
  "chown",
  "cp",
  "id",
  "ls",
  "mkdir",
  "mktemp",
  "mv",
  "readlink",
  "rm",
  "stat",
];

let directory: string;
let log: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "processes-"));
  log = join(directory, "log");
  mkdirSync(join(directory, "at"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Programs that note their names, and then do what they are for. */
const shell = shellWith(
  Object.fromEntries(
    programs.map((name) => {
      const real = execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
      return [name, `#!/bin/sh\necho ${name} >>"$LOG"\nexec ${real} "$@"\n`];
    }),
  ),
);

/** @returns the programs that a script has run, in order */
function ran(script: string): string[] {
  const [command = "", ...words] = shell;
  execFileSync(command, [...words, "-c", script], { env: { ...process.env, LOG: log } });
  return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
}

describe("in a directory that nobody else can write to", () => {
  const isRoot = userInfo().uid === 0;

  function write(more: Partial<WriteAction> = {}): WriteAction {
    return {
      kind: "write",
      path: join(directory, "at/new"),
      content: Buffer.from("new\n"),
      mode: "0640",
      ...more,
    };
  }

  it("a new file takes one look at the way, its mode and a rename", () => {
    expect(ran(writeFileScript(write(), undefined).text)).toEqual(["stat", "chmod", "mv"]);
    expect(readdirSync(join(directory, "at"))).toEqual(["new"]);
    expect(statSync(join(directory, "at/new")).mode & 0o7777).toBe(0o640);
  });

  it.each(["stat", "chmod", "mv"])(
    "a write that is cut off at its %s leaves nothing that the next one does not remove",
    (name) => {
      const { text } = writeFileScript(write(), undefined);
      const cut = shellWith({ [name]: "#!/bin/sh\nkill -9 $PPID\n" });
      const [command = "", ...words] = cut;
      expect(spawnSync(command, [...words, "-c", text]).status).not.toBe(0);
      expect(existsSync(join(directory, "at/new"))).toBe(false);
      ran(text);
      expect(readdirSync(join(directory, "at"))).toEqual(["new"]);
      expect(readFileSync(join(directory, "at/new"), "utf8")).toBe("new\n");
    },
  );

  it.runIf(isRoot)("one that root makes for root is root's already", () => {
    const action = write({ owner: "root", group: "root" });
    expect(ran(writeFileScript(action, undefined).text)).toEqual(["stat", "chmod", "mv"]);
  });

  it.runIf(isRoot)("one that is replaced gives its attributes on, and its owner is looked at", () => {
    const path = join(directory, "at/new");
    writeFileSync(path, "old\n", { mode: 0o640 });
    const owner = { owner: "root", group: "root" };
    const action = write({ ...owner, expected: { type: "file", mode: "0640", ...owner } });
    expect(ran(writeFileScript(action, undefined).text)).toEqual(["stat", "cp", "stat", "mv"]);
    expect(readFileSync(path, "utf8")).toBe("new\n");
  });

  it.runIf(isRoot)("one that root makes for others is given to them", () => {
    const action = write({ owner: "daemon", group: "root" });
    expect(ran(writeFileScript(action, undefined).text)).toEqual(["stat", "chown", "chmod", "mv"]);
    expect(statSync(join(directory, "at/new")).uid).not.toBe(0);
  });

  it.runIf(isRoot)("a new directory takes as much, and that it is made", async () => {
    const path = join(directory, "at/folder");
    const there = { type: "directory", mode: "0755", owner: "root", group: "root" } as const;
    const { changes } = await planTask(
      fileModule({ path, state: "directory", mode: "0755", owner: "root", group: "root" }),
      {
        facts: [
          file.is(path, { type: "absent" }),
          ...["/", tmpdir(), directory, join(directory, "at")].map((above) => file.is(above, there)),
          fileHash.is(path, undefined),
          self.is("", { user: "root", group: "root" }),
        ],
      },
    );
    expect(ran(scriptOf(changes[0]))).toEqual(["stat", "mkdir", "chmod", "mv"]);
    expect(statSync(path).mode & 0o7777).toBe(0o755);
    expect(readdirSync(join(directory, "at"))).toEqual(["folder"]);
  });
});

function scriptOf(change: Change | undefined): string {
  if (change?.action.kind !== "script") throw new Error("the task makes no change by a script");
  return change.action.script.text;
}
