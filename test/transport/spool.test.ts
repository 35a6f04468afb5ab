/** Long output waits in a file, not in memory; what is read of it is what came. */
import { readdirSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { printedBy } from "../../src/facts/script-output.ts";
import { isInFile, Kept, keptOutput, lastLines } from "../../src/transport/output.ts";
import { blockSize, Spool } from "../../src/transport/spool.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spool-"));
});
afterAll(() => rm(folder, { recursive: true }));

const spooled = (limits?: { ofRun: number; ofHost: number }) => new Spool(folder, limits).forHost();

/** Lines of the given number of bytes together, in pieces as a connection gives them. */
function print(kept: Kept, size: number, pieceSize = 30_000): string {
  const text = Array.from({ length: size / 10 }, (_, at) => `${String(at).padStart(9, "0")}\n`).join("");
  for (let at = 0; at < text.length; at += pieceSize) kept.push(Buffer.from(text.slice(at, at + pieceSize)));
  return text;
}

const printed = (kept: Kept) => keptOutput(kept, new Kept(), 0);

it.each([
  [10_000, 30_000],
  [blockSize * 4, 7],
  [1_000_000, 30_000],
  [5_000_000, 400_000],
  [5_000_000, 5_000_000],
])("is read whole: %i bytes in pieces of %i", (size, pieceSize) => {
  const kept = new Kept(16 * 1024 * 1024, undefined, spooled());
  const text = print(kept, size - (size % 10), pieceSize);
  const output = printed(kept);
  expect(isInFile(output, "stdout")).toBe(size > blockSize);
  expect(output.stdout.toString()).toBe(text);
  expect(printedBy(output).stdout).toBe(text);
  expect(lastLines(output, 1)).toEqual([text.trimEnd().split("\n").at(-1)]);
});

it("takes little memory, however many hosts print", async () => {
  setFlagsFromString("--expose-gc");
  const gc: () => void = runInNewContext("gc");
  // memory of buffers is given back a moment later
  const collected = async () => {
    for (let time = 0; time < 3; time++) {
      gc();
      await setTimeout(50);
    }
  };
  const megabytesFor = async (spool: Spool | undefined) => {
    await collected();
    const before = process.memoryUsage().arrayBuffers;
    const outputs = Array.from({ length: 100 }, () => {
      const kept = new Kept(16 * 1024 * 1024, undefined, spool?.forHost());
      for (let piece = 0; piece < 32; piece++) kept.push(Buffer.alloc(32 * 1024, piece));
      return printed(kept);
    });
    await collected();
    const held = process.memoryUsage().arrayBuffers - before;
    expect(outputs.every((output) => output.stdout.length === 1024 * 1024)).toBe(true);
    return held / 1024 / 1024;
  };
  expect(await megabytesFor(undefined)).toBeGreaterThanOrEqual(100); // megabytes, of as many that were printed
  expect(await megabytesFor(new Spool(folder))).toBeLessThan(5);
});

it("is in a file that has no name", () => {
  const kept = new Kept(16 * 1024 * 1024, undefined, spooled());
  print(kept, 1_000_000);
  expect(isInFile(printed(kept), "stdout")).toBe(true);
  expect(readdirSync(folder)).toEqual([]);
  expect(statSync(folder).isDirectory()).toBe(true);
});

it("stays in memory where a host or the run has used its room, and is whole all the same", () => {
  const spool = new Spool(folder, { ofRun: 3, ofHost: 2 });
  const [first, second, third] = [spool.forHost(), spool.forHost(), spool.forHost()];
  for (const [host, isAtLeastPartlyKept] of [
    [first, true],
    [second, true],
    [third, false],
  ] as const) {
    const kept = new Kept(16 * 1024 * 1024, undefined, host);
    const text = print(kept, 1_000_000);
    const output = printed(kept);
    expect(output.stdout.toString()).toBe(text);
    expect(isInFile(output, "stdout")).toBe(isAtLeastPartlyKept);
    expect(lastLines(output, 1)).toEqual(["000099999"]);
  }
});

it("stays in memory where no file can be made", () => {
  const kept = new Kept(16 * 1024 * 1024, undefined, new Spool("/dev/null/none").forHost());
  const text = print(kept, 1_000_000);
  expect(printed(kept).stdout.toString()).toBe(text);
});

it("gives its room back once it is longer than what can be read", () => {
  const spool = new Spool(folder, { ofRun: 8, ofHost: 8 });
  for (let time = 0; time < 5; time++) {
    const kept = new Kept(1_000_000, undefined, spool.forHost());
    print(kept, 2_000_000);
    const output = printed(kept);
    expect(() => output.stdout).toThrow("1.9 MiB on its standard output, of which 976.6 KiB");
    expect(lastLines(output, 1)).toEqual(["000199999"]);
  }
  const kept = new Kept(16 * 1024 * 1024, undefined, spool.forHost());
  print(kept, 1_000_000);
  expect(isInFile(printed(kept), "stdout")).toBe(true);
});
