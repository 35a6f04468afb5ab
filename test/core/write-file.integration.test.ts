import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { quote } from "../../src/base/script.ts";
import { runAction } from "../../src/core/engine/run-action.ts";
import {
  inlineLimit,
  isReceived,
  receiveFileScript,
  writeFileScript,
} from "../../src/core/engine/write-file.ts";
import { change, type WriteAction } from "../../src/core/facts/change.ts";
import { connectLocal } from "../../src/transport/local.ts";
import { Session } from "../../src/transport/session.ts";

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const contents: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  "one newline": Buffer.from("\n"),
  "no newline at the end": Buffer.from("last line"),
  "single and double quotes": Buffer.from(`it's "quoted" 'twice'\n''''\n`),
  "dollars and backticks": Buffer.from("$HOME ${x} $(id) `id` $'\\n' \n"),
  backslashes: Buffer.from("\\ \\\\ \\n \\0101 \\c \\x41 \\\n"),
  "percent signs and dashes": Buffer.from("-n %s %b %% --\n-e\n"),
  "NUL bytes": Buffer.from("a\0b\0\0c"),
  "digits after a NUL byte": Buffer.from("\x00777\x01234\n"),
  "text that is no UTF-8": Buffer.from([0xff, 0xfe, 0x0a, 0xc3, 0x28, 0x80]),
  "carriage returns": Buffer.from("a\r\nb\r"),
  "every byte": everyByte,
  "more than one piece": Buffer.concat(Array.from({ length: 300 }, () => everyByte)),
};

const shells: Readonly<Record<string, readonly string[]>> = {
  dash: ["dash"],
  "busybox sh": ["busybox", "sh"],
  bash: ["bash"],
  "bash as sh": ["bash", "--posix"],
  "busybox alone": ["busybox", "sh"],
};

/** A system that has nothing but busybox. */
const busyboxOnly = mkdtempSync(join(tmpdir(), "busybox-"));
spawnSync("busybox", ["--install", "-s", busyboxOnly]);
afterAll(() => rmSync(busyboxOnly, { recursive: true, force: true }));

function isInstalled([command = ""]: readonly string[]): boolean {
  return spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
}

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "write file's "));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A name that trips whatever is not quoted. */
const awkward = "a b'c\"$d\n-e*";

function action(more: Partial<WriteAction> = {}): WriteAction {
  return {
    kind: "write",
    path: join(directory, awkward),
    content: Buffer.from("new\n"),
    mode: "0644",
    ...more,
  };
}

/** The file at the action's path, as a plan would have found it. */
function found({ path }: WriteAction): WriteAction["expected"] {
  const [owner = "", group = "", mode = ""] = spawnSync("stat", ["-c", "%U %G %a", path], {
    encoding: "utf8",
  })
    .stdout.trim()
    .split(" ");
  return { type: "file", owner, group, mode };
}

it("trusts only names of uploads that it gave itself", () => {
  expect(isReceived("/srv/motd", "./.motd.sr-aB3xYz")).toBe(true);
  expect(isReceived("/srv/motd", "/tmp/.sr-aB3xYz")).toBe(true);
  for (const name of ["", "/etc", "./.motd.sr-", "./.motd.sr-../../etc", "/tmp/.sr-a/b", "./.motd.sr-a\nb"])
    expect(isReceived("/srv/motd", name)).toBe(false);
});

for (const [name, shell] of Object.entries(shells)) {
  describe.skipIf(!isInstalled(shell))(`the script in ${name}`, () => {
    const alone = name === "busybox alone";
    const [command = "", ...words] = alone ? ["sh"] : shell;
    const env = alone ? { PATH: busyboxOnly } : process.env;
    const run = (wanted: WriteAction, uploaded?: string) =>
      spawnSync(command, words, {
        // as the framed shell does it
        input: `( eval ${quote(writeFileScript(wanted, uploaded).text)} ) </dev/null\n`,
        encoding: "utf8",
        env,
      });

    it("removes what writes of the same file left when the host lost its power, and nothing else", () => {
      const wanted = action();
      const others = [`.${awkward}.backup`, `.${awkward}`, ".sr-other", `.${awkward}x.sr-abcdef`];
      for (const name of [...others, `.${awkward}.sr-abcdef`, `.${awkward}.sr-0123456789ab`])
        writeFileSync(join(directory, name), "");
      expect(run(wanted)).toMatchObject({ status: 0, stderr: "" });
      expect(readdirSync(directory).sort()).toEqual([awkward, ...others].sort());
    });

    for (const [what, content] of Object.entries(contents))
      it(`writes ${what} byte for byte`, () => {
        const wanted = action({ content });
        expect(run(wanted)).toMatchObject({ status: 0, stderr: "" });
        expect(readFileSync(wanted.path)).toEqual(content);
        expect(readdirSync(directory)).toEqual([awkward]);
      });

    it("sets the mode, whatever the umask", () => {
      for (const mode of ["0600", "0644", "0777", "4755", "0000"]) {
        run(action({ mode }));
        expect((statSync(action().path).mode & 0o7777).toString(8).padStart(4, "0")).toBe(mode);
      }
    });

    it("takes what was uploaded before", () => {
      const received = spawnSync(command, [...words, "-c", receiveFileScript(action().path, 256).text], {
        input: everyByte,
        env,
      });
      expect(received).toMatchObject({ status: 0 });
      const staged = received.stdout.toString().slice(0, -1);
      expect(isReceived(action().path, staged)).toBe(true);
      expect(run(action(), staged)).toMatchObject({ status: 0, stderr: "" });
      expect(readFileSync(action().path)).toEqual(everyByte);
      expect(readdirSync(directory)).toEqual([awkward]);
    });

    it("keeps a file's SELinux label, and asks the policy for that of a new one", () => {
      const tools = join(directory, "tools");
      mkdirSync(tools);
      const log = join(directory, "log");
      const tool = (name: string, text: string) =>
        writeFileSync(join(tools, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      tool("selinuxenabled", "exit 0");
      tool("matchpathcon", 'echo "policy for $3"');
      tool("chcon", `echo "$*" >>${quote(log)}`);
      const label = (wanted: WriteAction) =>
        spawnSync(command, words, {
          input: `PATH=${quote(tools)}:$PATH; ( eval ${quote(writeFileScript(wanted, undefined).text)} ) </dev/null\n`,
          encoding: "utf8",
          env,
        });
      const wanted = action();
      expect(label(wanted)).toMatchObject({ status: 0, stderr: "" });
      expect(label({ ...wanted, content: everyByte, expected: found(wanted) })).toMatchObject({
        status: 0,
        stderr: "",
      });
      expect(readFileSync(log, "utf8")).toMatch(/^-- policy for .*\n--reference=.* -- .*\n$/s);
      expect(readFileSync(wanted.path)).toEqual(everyByte);
    });

    it("keeps the old file as a backup with its mode", () => {
      writeFileSync(action().path, "old\n", { mode: 0o600 });
      const backup = join(directory, "back up");
      const expected = found(action());
      expect(run(action({ backup, expected }))).toMatchObject({ status: 0, stderr: "" });
      expect(readFileSync(backup, "utf8")).toBe("old\n");
      expect(statSync(backup).mode & 0o777).toBe(0o600);
    });

    it("makes no backup where nothing was", () => {
      run(action({ backup: join(directory, "backup") }));
      expect(readdirSync(directory)).toEqual([awkward]);
    });

    it("replaces a link, and not what it leads to", () => {
      writeFileSync(join(directory, "target"), "target\n");
      symlinkSync("target", action().path);
      expect(run(action())).toMatchObject({ status: 0, stderr: "" });
      expect(readFileSync(join(directory, "target"), "utf8")).toBe("target\n");
      expect(readFileSync(action().path, "utf8")).toBe("new\n");
    });

    it("replaces a link to a directory, and does not write into that", () => {
      mkdirSync(join(directory, "target"));
      symlinkSync("target", action().path);
      expect(run(action())).toMatchObject({ status: 0, stderr: "" });
      expect(readdirSync(join(directory, "target"))).toEqual([]);
      expect(readFileSync(action().path, "utf8")).toBe("new\n");
    });

    it("leaves no temporary file where the directory takes the file but chown fails", () => {
      writeFileSync(action().path, "old\n");
      expect(run(action({ owner: "nobody-of-that-name" })).status).not.toBe(0);
      expect(readFileSync(action().path, "utf8")).toBe("old\n");
      expect(readdirSync(directory)).toEqual([awkward]);
    });

    const checks = { "a staged file": "grep -q good %s", "the file in place": "grep -q good DEST" };
    for (const [where, check] of Object.entries(checks)) {
      describe(`with a check of ${where}`, () => {
        const validate = (more = "") => check.replace("DEST", quote(action().path)) + more;

        it("accepts what the check accepts", () => {
          writeFileSync(action().path, "old\n");
          const wanted = action({ content: Buffer.from("good\n"), validate: validate() });
          expect(run(wanted)).toMatchObject({ status: 0, stderr: "" });
          expect(readFileSync(wanted.path, "utf8")).toBe("good\n");
          expect(readdirSync(directory)).toEqual([awkward]);
        });

        it("keeps the very same old file, its times and its links if the check refuses", () => {
          const { path } = action();
          writeFileSync(path, "old\n", { mode: 0o640 });
          linkSync(path, join(directory, "second name"));
          const before = statSync(path);
          const refused = run(action({ validate: `${validate()} || { echo why >&2; exit 3; }` }));
          expect(refused).toMatchObject({ status: 3, stderr: expect.stringMatching(/^why\n/) });
          const after = statSync(path);
          expect([after.ino, after.mtimeMs, after.mode]).toEqual([before.ino, before.mtimeMs, before.mode]);
          expect(readdirSync(directory).sort()).toEqual([awkward, "second name"].sort());
        });

        it("leaves nothing where nothing was if the check refuses", () => {
          expect(run(action({ validate: validate() })).status).toBe(1);
          expect(readdirSync(directory)).toEqual([]);
        });

        it("brings a link back if the check refuses", () => {
          writeFileSync(join(directory, "target"), "target\n");
          symlinkSync("target", action().path);
          expect(run(action({ validate: validate() })).status).toBe(1);
          expect(readlinkSync(action().path)).toBe("target");
          expect(readdirSync(directory).sort()).toEqual([awkward, "target"].sort());
        });

        it("sees a check that fails in its first half", () => {
          expect(run(action({ validate: validate(" && true") })).status).toBe(1);
          expect(readdirSync(directory)).toEqual([]);
        });

        it("takes a check that ends in a comment", () => {
          const wanted = action({ content: Buffer.from("good\n"), validate: validate(" # it's good") });
          expect(run(wanted)).toMatchObject({ status: 0, stderr: "" });
        });
      });
    }

    it("shows a check the new file with its final mode", () => {
      const seen = join(directory, "seen");
      run(action({ mode: "0640", validate: `stat -c %a %s >${quote(seen)}` }));
      expect(readFileSync(seen, "utf8")).toBe("640\n");
    });

    it("brings the old file back if it is ended during the check", () => {
      writeFileSync(action().path, "old\n");
      const script = writeFileScript(action({ validate: "kill -TERM $$; sleep 0.1" }), undefined).text;
      // not in a subshell, so that $$ is the shell that runs the script
      expect(spawnSync(command, [...words, "-c", script], { env }).status).toBe(143);
      expect(readFileSync(action().path, "utf8")).toBe("old\n");
      expect(readdirSync(directory)).toEqual([awkward]);
    });

    it("is never wider than the final mode, not even while it is written", () => {
      // a slow check holds the file before it is renamed: the mode seen then is the one it was given
      const modes = join(directory, "modes");
      const slow = `for f in ${quote(directory)}/.*.sr-*; do stat -c %a "$f"; done >${quote(modes)}; test -e %s`;
      run(action({ mode: "0600", validate: slow }));
      expect(readFileSync(modes, "utf8")).toBe("600\n");
    });
  });
}

describe("a write through a session", () => {
  let session: Session;
  beforeEach(() => {
    session = new Session(connectLocal);
  });
  afterEach(() => session.close());

  const write = (wanted: WriteAction) =>
    runAction(session, undefined, change({ what: "content", action: wanted }), {});

  it("writes every content byte for byte", async () => {
    for (const content of Object.values(contents)) {
      const wanted = action({ content });
      await write(wanted);
      expect(readFileSync(wanted.path).equals(content)).toBe(true);
    }
  });

  it("writes contents around the size from which they are streamed", async () => {
    for (const size of [inlineLimit - 1, inlineLimit, inlineLimit + 1]) {
      const wanted = action({ content: randomBytes(size) });
      await write(wanted);
      expect(readFileSync(wanted.path).equals(wanted.content)).toBe(true);
      expect(readdirSync(directory)).toEqual([awkward]);
    }
  });

  it("streams 50 MB byte for byte, in two round trips", async () => {
    const content = randomBytes(50 * 1024 * 1024);
    const wanted = action({ content, mode: "0600" });
    await write(wanted);
    const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    expect(digest(readFileSync(wanted.path))).toBe(digest(content));
    expect(statSync(wanted.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual([awkward]);
    expect(session.roundTrips).toBe(2);
  });

  it("keeps the old file, and nothing else, if a streamed one is refused", async () => {
    writeFileSync(action().path, "old\n");
    const { ino } = statSync(action().path);
    const refused = write(action({ content: randomBytes(inlineLimit * 2), validate: "echo no; false %s" }));
    await expect(refused).rejects.toMatchObject({ code: "change.failed", details: ["no"] });
    expect(statSync(action().path).ino).toBe(ino);
    expect(readdirSync(directory)).toEqual([awkward]);
  });

  it("streams into a file that only its owner can read", async () => {
    const staged = join(directory, "staged");
    await session.upload(undefined, staged, Buffer.alloc(1000));
    expect(statSync(staged).mode & 0o777).toBe(0o600);
  });

  it("leaves nothing of a stream that can't be written", async () => {
    const missing = join(directory, "no such directory", "file");
    await expect(session.upload(undefined, missing, Buffer.alloc(10))).rejects.toMatchObject({
      code: "change.failed",
    });
  });

  it("removes what came only in part", async () => {
    const staged = join(directory, "staged");
    const limited = new Session(async () => {
      const connection = await connectLocal();
      // ulimit counts in blocks of 512 bytes or 1 KiB, by the shell: both are below the content
      return { ...connection, spawn: (command) => connection.spawn(`trap '' XFSZ; ulimit -f 1; ${command}`) };
    });
    await expect(limited.upload(undefined, staged, Buffer.alloc(100_000))).rejects.toMatchObject({
      code: "change.failed",
    });
    expect(readdirSync(directory)).toEqual([]);
    await limited.close();
  });
});
