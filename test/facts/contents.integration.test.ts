/** What one process reads of many files: what can't be read, and where one file ends. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { contentsIn, printContents } from "../../src/facts/contents.ts";
import { sysctlValue } from "../../src/facts/sysctl.ts";
import type { Script } from "../../src/kit/index.ts";

const run = (script: Script) =>
  execFileSync("sh", ["-c", script.text], { stdio: ["ignore", "pipe", "ignore"] });

/** Longer than the environment of this process, which is printed, too. Bytes. */
const limit = 100_000;

/** A regular file, whose first byte nobody can read. */
const broken = "/proc/self/mem";

describe.skipIf(!existsSync(broken))("a file that can't be read", () => {
  for (const paths of [[broken], ["/proc/version", broken, "/proc/version"]]) {
    it(`is a failure, among ${paths.length}`, () => {
      expect(() => run(printContents(paths, limit))).toThrow();
    });

    it(`is empty where that is asked for, among ${paths.length}`, () => {
      const contents = contentsIn(run(printContents(paths, limit, { skipsUnreadable: true })));
      expect(contents.map((content) => content?.length === 0)).toEqual(paths.map((path) => path === broken));
    });
  }
});

/** The kernel lets nobody read it, not even root. */
const writeOnly = "net.ipv4.route.flush";

it.skipIf(!existsSync("/proc/sys/net/ipv4/route/flush"))(
  "a parameter of the kernel that can only be written leaves the others alone",
  () => {
    const names = ["kernel.ostype", writeOnly, "kernel.osrelease"];
    if (!("script" in sysctlValue.source)) throw new Error("expected a script");
    const values = sysctlValue.source.parse(run(sysctlValue.source.script(names)), names);
    expect(values.get("kernel.ostype")).toBe("Linux");
    expect(values.get(writeOnly)).toBeUndefined();
  },
);

it("a word that ends a content on one host ends none on another", () => {
  const words = [1, 2].map(() => /sr_end=(\w{32})/.exec(printContents(["/a"], 1).text)?.[1]);
  expect(new Set(words).size).toBe(2);
});
