/** What a release of the role app is called, and which sources are refused before a host is touched. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { AppVars } from "../../roles/app/index.ts";
import { app, releaseName } from "../../roles/index.ts";
import { localDigest, ShowrunnerError } from "../../src/index.ts";

const local = mkdtempSync(join(tmpdir(), "app-source-"));
afterAll(() => rmSync(local, { recursive: true, force: true }));

const archive = join(local, "shop.tar");
writeFileSync(archive, "no archive, but it has a digest");
const digest = createHash("sha256").update("no archive, but it has a digest").digest("hex");
const name = "shop";

describe("a release's name", () => {
  it("is what it always was for a folder, and the beginning of an archive's digest, wherever that is", async () => {
    expect(await releaseName({ name, source: local })).toBe(await localDigest(local));
    expect(await releaseName({ name, source: { archive } })).toBe(digest.slice(0, 12));
    const source = { archive: "https://example.org/shop.tar", checksum: `sha256:${digest}` };
    expect(await releaseName({ name, source })).toBe(digest.slice(0, 12));
  });

  it("tells how the files are handled, and is the same for the same handling", async () => {
    const build = [["/usr/bin/npm", "ci"]];
    const migrate = [["/usr/bin/node", "migrate.js"]];
    const names = await Promise.all([
      releaseName({ name, source: { archive } }),
      releaseName({ name, source: { archive, strip: 1 } }),
      releaseName({ name, source: { archive }, build }),
      releaseName({ name, source: { archive }, migrate }),
      releaseName({ name, source: { archive }, build, migrate }),
    ]);
    expect(new Set(names).size).toBe(5);
    for (const one of names) expect(one).toMatch(new RegExp(`^${digest.slice(0, 12)}(-[0-9a-f]{6})?$`));
    expect(await releaseName({ name, source: { archive }, build, migrate })).toBe(names[4]);
    expect(await releaseName({ name, source: { archive, strip: 0 }, build: [] })).toBe(names[0]);
  });

  it("is none for an archive that is not there, or is another one than it must be", async () => {
    const missing = releaseName({ name, source: { archive: join(local, "none.tar") } });
    await expect(missing).rejects.toThrow(/none\.tar can't be read/);
    const checksum = `sha256:${"0".repeat(64)}`;
    const other = releaseName({ name, source: { archive, checksum } });
    await expect(other).rejects.toThrow(`expected sha256 ${"0".repeat(64)}, got ${digest}`);
  });
});

it("is read once for all hosts, and again once it is another", async () => {
  const path = join(local, "once.tar");
  const time = new Date(1_700_000_000_000);
  const write = (content: string, when: Date) => {
    writeFileSync(path, content);
    utimesSync(path, when, when);
  };
  write("one", time);
  const first = await releaseName({ name, source: { archive: path } });
  // of the same size and time: whoever read it again would see that it is another
  write("two", time);
  expect(await releaseName({ name, source: { archive: path } })).toBe(first);
  write("two", new Date());
  expect(await releaseName({ name, source: { archive: path } })).not.toBe(first);
});

describe("a source", () => {
  const told = (source: unknown, more: Partial<AppVars> = {}): string => {
    // for playbooks that were not compiled
    const vars: AppVars = { name, command: ["/usr/bin/true"], source: "", ...more };
    Object.assign(vars, { source });
    try {
      app(vars);
    } catch (error) {
      if (error instanceof ShowrunnerError) return [error.message, ...error.details, error.hint].join("\n");
    }
    return "accepted";
  };

  it.each<[unknown, string]>([
    [{ archiv: "x" }, "source: expected a local folder, { archive: …"],
    [{ git: "a", archive: "b" }, "source: expected a local folder"],
    [{ git: "git@example.org:a.git", versio: "main" }, "source: expected a local folder"],
    [3, "source: expected a local folder"],
    [{ archive: "https://example.org/a.tar" }, "has no checksum"],
    [
      { archive: "a.tar", checksum: "md5:1" },
      'source.checksum: expected "sha256:" with 64 hexadecimal digits',
    ],
    [{ git: "ext::sh -c id" }, "expected a repository by https"],
    [{ git: "--upload-pack=id" }, "expected a repository by https"],
    [{ git: "https://me:word@example.org/a.git" }, "has a password in it"],
    [{ git: "a.git", version: "--all" }, "expected a branch, a tag or a whole commit"],
    [{ git: "a.git", version: "a..b" }, "expected a branch, a tag or a whole commit"],
  ])("is refused with its reason: %j", (source, reason) => {
    expect(told(source)).toContain(reason);
  });

  const checksum = `sha256:${digest}`;
  it.each<[object, string]>([
    [{ git: "https://hidden@example.org/a.git" }, "has a user, or a token, in it"],
    [{ git: "HTTPS://hidden@example.org/a.git" }, "has a user, or a token, in it"],
    [{ git: "git+ssh://u:hidden@example.org/a" }, "has a password in it"],
    [{ git: "ssh://u:hidden@example.org:99999/a" }, "the address is not valid"],
    [{ git: "ext::https://u:hidden@example.org/a" }, "has a password in it"],
    [{ git: "u:hidden@example.org:a.git" }, "has a password in it"],
    [{ git: "https://u:hidden@example.org/a b" }, "has a password in it"],
    [{ git: "https://example.org/a.git?private_token=hidden" }, "has a secret among its parameters"],
    [{ archive: "https://u:hidden@example.org/a.tar", checksum }, "has a password in it"],
    [{ archive: "https://hidden@example.org/a.tar" }, "has a user, or a token, in it"],
    [{ archive: "https://example.org/a.tar?access_token=hidden" }, "has a secret among its parameters"],
  ])("is refused for a secret in its address, which is not shown: %j", (source, reason) => {
    expect(told(source)).toContain(reason);
    expect(told(source)).not.toContain("hidden");
  });

  it("may have the user that ssh logs in as, and parameters that are no secret", () => {
    for (const git of [
      "ssh://git@example.org:2222/~a/b.git",
      "git@example.org:a@b/c.git",
      "file:///srv/a.git",
    ])
      expect(told({ git })).toBe("accepted");
    expect(told({ archive: "https://example.org/get?format=tar", checksum })).toBe("accepted");
  });

  it("is taken in each of its forms", () => {
    for (const source of ["apps/shop", { archive }, { git: "a.git" }, { git: "git@h:a.git", version: "v1" }])
      expect(told(source)).toBe("accepted");
  });

  it("is prepared by commands that name what is in it, not in the release that serves", () => {
    const build = [["/srv/shop/current/bin/build"]];
    expect(told("apps/shop", { build })).toContain("/srv/shop/current/bin/build is not in the release");
  });
});
