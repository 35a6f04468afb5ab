import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cacheFolder } from "../../src/cli/cache-folder.ts";

let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "showrunner-cache-"));
  vi.stubEnv("XDG_CACHE_HOME", join(base, "cache"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true });
});

describe("a folder for compiled code", () => {
  it("is made in the user's cache, for the user alone", () => {
    const folder = cacheFolder("compiled");
    expect(folder).toBe(join(base, "cache/showrunner/compiled"));
    expect(statSync(folder ?? "").mode & 0o777).toBe(0o700);
  });

  it.each(["cache/showrunner/compiled", "cache/showrunner", "cache"])(
    "is none where others may write to %s",
    (path) => {
      cacheFolder("compiled");
      chmodSync(join(base, path), 0o777);
      expect(cacheFolder("compiled")).toBeUndefined();
    },
  );

  it.skipIf(process.getuid?.() !== 0)(
    "is none where it is somebody else's, as under sudo with their home",
    () => {
      mkdirSync(join(base, "cache"));
      chownSync(join(base, "cache"), 1234, 1234);
      expect(cacheFolder("compiled")).toBeUndefined();
      // what root makes there keeps out its owner
      expect(existsSync(join(base, "cache/showrunner"))).toBe(false);
    },
  );

  it.skipIf(process.getuid?.() !== 0)("leaves a home as it is that is somebody else's", () => {
    mkdirSync(join(base, "home"), { mode: 0o755 });
    chownSync(join(base, "home"), 1234, 1234);
    vi.stubEnv("XDG_CACHE_HOME", join(base, "home/.cache"));
    expect(cacheFolder("compiled")).toBeUndefined();
    expect(existsSync(join(base, "home/.cache"))).toBe(false);
  });

  it("may be behind the user's own link, to where nobody else can write", () => {
    mkdirSync(join(base, "elsewhere"));
    symlinkSync(join(base, "elsewhere"), join(base, "cache"));
    expect(cacheFolder("compiled")).toBe(join(base, "cache/showrunner/compiled"));
    chmodSync(join(base, "elsewhere"), 0o777);
    expect(cacheFolder("compiled")).toBeUndefined();
  });

  it("is none where there is no home", () => {
    vi.stubEnv("XDG_CACHE_HOME", "/dev/null/nowhere");
    expect(cacheFolder("compiled")).toBeUndefined();
    expect(existsSync("/dev/null/nowhere")).toBe(false);
  });
});
