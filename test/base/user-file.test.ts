/** Files that users name: pipes are waited for without holding anything up. */
import { execFileSync, spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { pipesWaitedFor, readUserFile, readUserFileNow } from "../../src/base/user-file.ts";

const folder = mkdtempSync(join(tmpdir(), "user-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

let last = 0;
function pipe(): string {
  const file = join(folder, `pipe-${++last}`);
  execFileSync("mkfifo", [file]);
  return file;
}

/** Writes to a pipe from another process, as whoever feeds it does. */
function feed(file: string, script: string): void {
  spawn("sh", ["-c", `(${script}) > "$0"`, file]);
}

const text = (content: Buffer) => content.toString();
const why = (reason: string) => new Error(`no: ${reason}`);

describe("a file of the user's", () => {
  it("is read whole, at once or not", async () => {
    const file = join(folder, "plain");
    writeFileSync(file, "hello\n");
    expect(text(await readUserFile(file))).toBe("hello\n");
    expect(text(readUserFileNow(file))).toBe("hello\n");
    expect(text(readUserFileNow("/dev/null"))).toBe("");
  });

  it("that is none is told by what it is", async () => {
    const named = (name: string) => join(folder, name);
    mkdirSync(named("directory"));
    symlinkSync("gone", named("dangling"));
    symlinkSync("circle", named("circle"));
    const server = createServer().listen(named("socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    const problems: Readonly<Record<string, string>> = {
      [named("directory")]: "it is a directory",
      [named("dangling")]: "it is a link that leads nowhere",
      [named("circle")]: "it is a symbolic link that leads back to itself",
      [named("socket")]: "it is a socket",
      [named("missing")]: "there is no such file",
      "/dev/zero": "it is a device",
    };
    for (const [file, problem] of Object.entries(problems)) {
      await expect(readUserFile(file, why), file).rejects.toThrow(`no: ${problem}`);
      expect(() => readUserFileNow(file, why), file).toThrow(`no: ${problem}`);
    }
    server.close();
  });

  it("that can't be read is closed again", () => {
    const file = join(folder, "huge");
    writeFileSync(file, "");
    truncateSync(file, 5 * 1024 ** 3);
    const open = () => readdirSync("/proc/self/fd").length;
    const before = open();
    expect(() => readUserFileNow(file, why)).toThrow("no: ");
    expect(open()).toBe(before);
  });
});

describe("a pipe", () => {
  it("is waited for, until all that is written to it has come", async () => {
    const file = pipe();
    const reading = readUserFile(file);
    feed(file, "sleep 0.2; echo one; sleep 0.2; echo two");
    expect(text(await reading)).toBe("one\ntwo\n");
  });

  it("gives the same to all who read it, then and later: it can be read once only", async () => {
    const file = pipe();
    const readings = Promise.all([readUserFile(file), readUserFile(file)]);
    feed(file, "head -c 300000 /dev/zero");
    const all = [...(await readings), await readUserFile(file), readUserFileNow(file)];
    expect(all.map(({ length }) => length)).toEqual([300_000, 300_000, 300_000, 300_000]);
  });

  it("is not waited for where nothing can be", () => {
    expect(() => readUserFileNow(pipe(), why)).toThrow("no: it is a pipe, which can't be read here");
  });

  it("holds up nothing else, however many there are, and is given up when the run is", async () => {
    const ending = new AbortController();
    const files = Array.from({ length: 10 }, pipe);
    const readings = files.map((file) => readUserFile(file, why, ending.signal).catch((error) => error));
    const plain = join(folder, "meanwhile");
    writeFileSync(plain, "x");
    expect(text(await readUserFile(plain))).toBe("x");
    ending.abort();
    expect(await Promise.all(readings)).toEqual(
      files.map((file) =>
        expect.objectContaining({
          code: "interrupted",
          message: `interrupted while waiting for ${file}, a pipe: nothing has come from it`,
        }),
      ),
    );
  });

  it.each(["SIGINT", "SIGTERM"] as const)("is given up at %s", async (signal) => {
    const file = pipe();
    feed(file, "echo begun; exec sleep 2");
    const reading = readUserFile(file);
    setTimeout(() => process.kill(process.pid, signal), 400);
    await expect(reading).rejects.toMatchObject({
      code: "interrupted",
      message: `interrupted while waiting for ${file}, a pipe: what writes to it has not ended`,
    });
    expect(process.listenerCount(signal)).toBe(0);
  });

  it("is still waited for by others, when one reader gives it up", async () => {
    const file = pipe();
    const [first, second] = [new AbortController(), new AbortController()];
    const readings = [readUserFile(file, why, first.signal), readUserFile(file, why, second.signal)];
    const [given, givenUp] = [readUserFile(file, why), readings.map((one) => one.catch((error) => error))];
    first.abort();
    expect(await givenUp[0]).toMatchObject({ code: "interrupted" });
    second.abort();
    expect(await givenUp[1]).toMatchObject({ code: "interrupted" });
    feed(file, "echo one");
    expect(text(await given)).toBe("one\n");
  });

  it("is waited for no more, when all have given it up, and can be read again", async () => {
    const file = pipe();
    const ending = new AbortController();
    const readings = [1, 2].map(() => readUserFile(file, why, ending.signal).catch((error) => error));
    ending.abort();
    for (const error of await Promise.all(readings)) expect(error).toMatchObject({ code: "interrupted" });
    expect(pipesWaitedFor()).toEqual([]);
    expect(process.listenerCount("SIGINT")).toBe(0);
    await expect(readUserFile(file, why, ending.signal)).rejects.toMatchObject({ code: "interrupted" });
    const again = readUserFile(file);
    feed(file, "echo one");
    expect(text(await again)).toBe("one\n");
  });

  it("that never ends is refused before it fills the memory", async () => {
    const file = pipe();
    feed(file, "exec yes");
    await expect(readUserFile(file, why)).rejects.toThrow("no: it gives more than 64 MiB");
  });
});
