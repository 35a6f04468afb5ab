import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { localDigest } from "../../../src/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "digest-"));
  mkdirSync(join(folder, "a/sub"), { recursive: true });
  writeFileSync(join(folder, "a/one"), "1");
  writeFileSync(join(folder, "a/sub/two"), "2");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const digest = () => localDigest(join(folder, "a"));

describe("localDigest", () => {
  it("is 12 hexadecimal digits, the same for the same names and contents", async () => {
    const before = await digest();
    expect(before).toMatch(/^[0-9a-f]{12}$/);
    mkdirSync(join(folder, "b/sub"), { recursive: true });
    writeFileSync(join(folder, "b/sub/two"), "2", { mode: 0o600 });
    writeFileSync(join(folder, "b/one"), "1");
    utimesSync(join(folder, "b/one"), 1, 1);
    expect(await localDigest(join(folder, "b"))).toBe(before);
    expect(await localDigest(`${join(folder, "b")}/`)).toBe(before);
  });

  it.each([
    ["a content", () => writeFileSync(join(folder, "a/sub/two"), "3")],
    ["a file that comes", () => writeFileSync(join(folder, "a/three"), "")],
    ["an empty directory", () => mkdirSync(join(folder, "a/empty"))],
    ["a file that goes", () => rmSync(join(folder, "a/one"))],
    ["a link that leads nowhere", () => symlinkSync("nowhere", join(folder, "a/link"))],
  ])("is another one for %s", async (_, alter) => {
    const before = await digest();
    alter();
    expect(await digest()).not.toBe(before);
  });

  it("tells what one file holds", async () => {
    const before = await localDigest(join(folder, "a/one"));
    writeFileSync(join(folder, "a/one"), "other");
    expect(await localDigest(join(folder, "a/one"))).not.toBe(before);
  });

  it("begins a relative path at the file that calls it", async () => {
    expect(await localDigest("local-digest.test.ts")).toMatch(/^[0-9a-f]{12}$/);
  });

  it("names what is not there", async () => {
    await expect(localDigest(join(folder, "gone"))).rejects.toThrow(
      `there is no file ${join(folder, "gone")}`,
    );
  });
});
