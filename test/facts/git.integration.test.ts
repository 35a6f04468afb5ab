/** Checkouts of git as they are read, where their owner means no good. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { gitCheckout, gitRemote, gitRepository } from "../../src/facts/git.ts";
import { printEach, printedEach } from "../../src/facts/git-as.ts";
import { rawScript, secret } from "../../src/kit/index.ts";
import { gitShell } from "../git-shell.ts";
import { parsed, readHere } from "./parsed.ts";

const directory = mkdtempSync(join(tmpdir(), "git-facts-"));
let count = 0;
let path = "";
const key = () => ({ path, submodules: true });

const shell = (script: string) => gitShell(path, script);

beforeEach(() => {
  path = join(directory, String(++count));
  mkdirSync(path);
  shell("git init -q -b main .; echo one >file; git add file; git commit -qm one");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const print = (scripts: readonly string[], limit: number) => {
  const { stdout } = spawnSync("sh", ["-c", printEach(scripts.map(rawScript), limit).text]);
  return printedEach(stdout, scripts.length, limit);
};

describe("what several scripts print", () => {
  it("is told apart, with the status of each", () => {
    expect(print(["printf 'a\\n0 4\\n\\0'", "echo out; echo err >&2; exit 3", ":"], 1024)).toEqual([
      { status: 0, text: "a\n0 4\n\0", isCut: false },
      { status: 3, text: "out\nerr\n", isCut: false },
      { status: 0, text: "", isCut: false },
    ]);
  });

  it("is not altered by what an earlier one has left", () => {
    const leaving = "sh -c 'for at in 1 2 3 4 5 6 7 8 9; do sleep 0.1; echo forged; done' & echo first";
    const [, second] = print([leaving, "echo second; sleep 0.5"], 1024);
    expect(second?.text).toBe("second\n");
  });

  it("can't be written or read by another one through an open file", () => {
    const [one] = print(["ls -l /proc/self/fd | grep -c -e ' [89] -> '"], 1024);
    expect(one?.text).toBe("0\n");
  });

  it("is cut where there is too much of it, which is said", () => {
    expect(print(["printf '%1024s'", "printf '%1025s'"], 1024)).toEqual([
      { status: 0, text: " ".repeat(1024), isCut: false },
      { status: 0, text: " ".repeat(1024), isCut: true },
    ]);
  });
});

describe("a checkout", () => {
  it("has the files that were altered, in whatever way", () => {
    shell(`echo x >'a b'; echo x >gone; echo x >staged; git add .; git commit -qm two
echo y >'a b'; rm gone; echo y >staged; git add staged; echo new >unknown`);
    const [checkout] = readHere(gitCheckout, [key()]).values();
    expect(checkout).toEqual({
      commit: shell("git rev-parse HEAD").trim(),
      url: "",
      modified: ["a b", "gone", "staged"],
      submodules: [],
      isUnfinished: false,
    });
  });

  it("says that files in a submodule were altered, and apart from that which one has another commit", () => {
    const part = path;
    path = join(directory, String(++count));
    mkdirSync(path);
    shell(`git init -q -b main .
for name in one two three; do git -c protocol.file.allow=always submodule add -q ${part} "$name"; done
git commit -qm parts
echo altered >one/file
git -C two commit -q --allow-empty -m other
echo new >three/unknown`);
    const [checkout] = readHere(gitCheckout, [key()]).values();
    expect(checkout).toMatchObject({ modified: ["one"], submodules: ["two"] });
    const [alone] = readHere(gitCheckout, [{ path, submodules: false }]).values();
    expect(alone).toMatchObject({ modified: [], submodules: [] });
  });

  it("can't be read where more files were altered than can be told", () => {
    shell(`at=0; while [ $at -lt 1500 ]; do : >"${"a".repeat(200)}$at"; at=$((at + 1)); done
git add .; git commit -qm many; rm a*`);
    expect(() => readHere(gitCheckout, [key()])).toThrow("too many altered files");
  });

  it("stops nobody by an index that never ends", () => {
    const bin = join(directory, "bin");
    mkdirSync(bin);
    // as much patience as a test has
    writeFileSync(join(bin, "timeout"), '#!/bin/sh\nshift 3\nexec /usr/bin/timeout 1 "$@"\n');
    chmodSync(join(bin, "timeout"), 0o755);
    shell("rm .git/index; mkfifo .git/index");
    const read = () =>
      readHere(
        gitCheckout,
        [key()],
        ["env", `PATH=${bin}:${process.env["PATH"]}`, "/usr/bin/timeout", "-k", "1", "9", "sh"],
      );
    expect(read).toThrow("git did not answer within 20 s");
  }, 15_000);
});

describe("a repository", () => {
  it("is asked with a key that nobody reads in the fact's own key", () => {
    const [one, two] = ["first-secret", "second-secret"].map((text) =>
      gitRepository("git@example.org:app.git", "main", { key: secret`${text}` }),
    );
    expect(JSON.stringify(one)).not.toContain("first-secret");
    expect(JSON.stringify(one)).not.toBe(JSON.stringify(two));
  });

  it("says why it can't be asked in few words, however many the host has", () => {
    const asked = gitRepository("git@example.org:app.git", "main", {});
    const said = Buffer.from(`fatal: ${"no ".repeat(50_000)}`).toString("base64");
    const answer = parsed(gitRemote, [asked], `128 ${said}\n`).get(asked);
    expect(answer && "problem" in answer ? answer.problem.length : 0).toBeLessThanOrEqual(1024);
  });

  it.each([
    ["No ED25519 host key is known for example.org and you have requested strict checking.", "knownHosts"],
    ["Host key verification failed.", "knownHosts"],
    ["git@example.org: Permission denied (publickey).", "deployKey"],
  ])("says what it lacks: %s", (line, parameter) => {
    const asked = gitRepository("git@example.org:app.git", "main", {});
    const said = Buffer.from(`${line}\r\nfatal: Could not read from remote repository.\n`).toString("base64");
    const answer = parsed(gitRemote, [asked], `128 ${said}\n`).get(asked);
    expect(answer).toMatchObject({ hint: expect.stringContaining(parameter) });
  });
});
