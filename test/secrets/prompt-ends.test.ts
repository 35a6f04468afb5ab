/** A question on a terminal that is gone, or is none, ends as it should. */
import { readdirSync } from "node:fs";
import { PassThrough } from "node:stream";
import { expect, it, vi } from "vitest";
import { secretPrompt } from "../../src/secrets/prompt.ts";

const terminal = vi.hoisted(() => ({ isOne: false }));

vi.mock("node:fs", async (load) => {
  const fs = await load<typeof import("node:fs")>();
  return {
    ...fs,
    openSync: (path: string, flags: string) =>
      path === "/dev/tty" ? fs.openSync("/dev/null", "r") : fs.openSync(path, flags),
    // the terminal is gone once the question is asked
    writeSync: (_: number, text: string) => {
      if (text === "\n") throw new Error("EIO: i/o error, write");
    },
  };
});

vi.mock("node:tty", async (load) => {
  const tty = await load<typeof import("node:tty")>();
  const keys = () => Object.assign(new PassThrough(), { setRawMode: () => undefined });
  return {
    ...tty,
    ReadStream: function ReadStream(descriptor: number) {
      return terminal.isOne ? keys() : new tty.ReadStream(descriptor);
    },
  };
});

const open = () => readdirSync("/proc/self/fd").length;

it("leaves nothing open where its keys can't be read", async () => {
  terminal.isOne = false;
  const before = open();
  await expect(secretPrompt("one").fetch()).rejects.toThrow();
  expect(open()).toBe(before);
});

it("tells why it ended, also where its line can't be ended", async () => {
  terminal.isOne = true;
  const ending = new AbortController();
  const asking = secretPrompt("two").fetch(ending.signal);
  setTimeout(() => ending.abort(), 20);
  await expect(asking).rejects.toMatchObject({ code: "interrupted" });
});
