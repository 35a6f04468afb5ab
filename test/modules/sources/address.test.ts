import { describe, expect, it } from "vitest";
import { unarchive } from "../../../src/modules/sources/unarchive.ts";

const from = (url: string) => unarchive({ url, checksum: `sha256:${"0".repeat(64)}`, dest: "/srv/x" });

describe("an archive's address", () => {
  it.each([
    ["http://me:word@example.org/x.tar", /has a user and a password in it/],
    ["ftp://example.org/x.tar", /expected an address of http/],
    ["https://example.org/a b", /expected an address such as/],
  ])("is refused: %s", (url, message) => {
    expect(() => from(url)).toThrow(message);
  });

  it("may have an @ in its path", () => {
    expect(() => from("https://registry.npmjs.org/@scope/name/-/name-1.0.0.tgz")).not.toThrow();
  });

  it.each(["http://me:hidden@example.org/a b", "http://me:hidden@example.org:99999/", "ftp://me:hidden@h/"])(
    "is not shown where it may have a password in it: %s",
    (url) => {
      expect(() => from(url)).toThrow(/expected an address/);
      expect(() => from(url)).not.toThrow(/hidden/);
    },
  );
});
