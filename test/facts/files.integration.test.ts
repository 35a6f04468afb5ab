import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quote } from "../../src/base/script.ts";
import type { Fact, FactKey } from "../../src/core/facts/fact.ts";
import { holdsOnly, type NamesKey, type TreeKey, treeDifference } from "../../src/facts/file-tree.ts";
import { diffLimit, file, fileContent, fileHash, fileText, mayArriveAt } from "../../src/facts/files.ts";
import { self } from "../../src/facts/self.ts";
import { readable } from "./parsed.ts";

const shells: Readonly<Record<string, readonly string[]>> = {
  dash: ["dash"],
  "busybox sh": ["busybox", "sh"],
  bash: ["bash"],
  "busybox alone": ["busybox", "sh"],
};

const names = [
  "plain",
  "with space",
  " leading and trailing ",
  'it\'s "quoted"',
  "two\nlines",
  "newline at the end\n",
  "-rf",
  "--",
  "$HOME `id` $(id)",
  "back\\slash \\n",
  "*",
  "[a]",
  "tab\there",
  "ünïcödé ✓",
  "return\rhere",
  "%n %s %%",
];

const directory = mkdtempSync(join(tmpdir(), "file facts' "));
const owner = spawnSync("id", ["-un"], { encoding: "utf8" }).stdout.trim();
const group = spawnSync("id", ["-gn"], { encoding: "utf8" }).stdout.trim();

/** A system that has nothing but busybox. */
const busyboxOnly = mkdtempSync(join(tmpdir(), "busybox-"));

beforeAll(() => {
  spawnSync("busybox", ["--install", "-s", busyboxOnly]);
  for (const name of names) writeFileSync(join(directory, name), `content of ${name}`);
});
afterAll(() => {
  for (const path of [directory, busyboxOnly]) rmSync(path, { recursive: true, force: true });
});

const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

for (const [name, shell] of Object.entries(shells)) {
  const [command = "", ...words] = shell;
  const installed = spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

  /** Reads a fact's script as the framed shell runs it. */
  function read<K extends FactKey, V>({ source }: Fact<K, V>, keys: readonly K[]): ReadonlyMap<K, V> {
    if (!("script" in source)) throw new Error("the fact has no script");
    const input = `( eval ${quote(`LC_ALL=C; export LC_ALL\n${source.script(keys).text}`)} ) </dev/null\n`;
    const alone = name === "busybox alone";
    const { stdout, stderr, status } = spawnSync(alone ? "sh" : command, alone ? [] : words, {
      input,
      maxBuffer: 1 << 28,
      env: alone ? { PATH: busyboxOnly } : process.env,
    });
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: "" });
    return readable(source.parse(stdout, keys));
  }

  describe.skipIf(!installed)(`read by ${name}`, () => {
    const at = (one: string) => join(directory, one);
    const paths = names.map(at);
    const absent = names.map((one) => at(`no ${one}`));

    it("file: tells what stands at every kind of name, and where nothing does", () => {
      const states = read(file, [...paths, ...absent]);
      for (const path of paths)
        expect(states.get(path)).toEqual({ type: "file", mode: "0644", owner, group });
      for (const path of absent) expect(states.get(path)).toEqual({ type: "absent" });
    });

    it("file: has every kind and mode", () => {
      const folder = at(`kinds ${name}`);
      mkdirSync(folder);
      writeFileSync(join(folder, "setuid"), "");
      chmodSync(join(folder, "setuid"), 0o4755);
      mkdirSync(join(folder, "sticky"));
      chmodSync(join(folder, "sticky"), 0o1777);
      symlinkSync("no where's\nthere", join(folder, "dangling"));
      symlinkSync("sticky", join(folder, "link"));
      linkSync(join(folder, "setuid"), join(folder, "second"));
      const states = read(
        file,
        ["setuid", "sticky", "dangling", "link", "second"]
          .map((one) => join(folder, one))
          .concat("/dev/null", "/"),
      );
      expect([...states.values()]).toEqual([
        { type: "file", mode: "4755", owner, group },
        { type: "directory", mode: "1777", owner, group },
        { type: "link", target: "no where's\nthere", owner, group },
        { type: "link", target: "sticky", owner, group },
        { type: "file", mode: "4755", owner, group },
        { type: "other", mode: expect.any(String), owner: "root", group: "root" },
        { type: "directory", mode: expect.any(String), owner: "root", group: "root" },
      ]);
    });

    it("file: where a link leads says nothing of another path", () => {
      const folder = at(`forged ${name}`);
      mkdirSync(folder);
      const [forger, link, longer] = ["forger", "link", "longer"].map((one) => join(folder, one)) as [
        string,
        string,
        string,
      ];
      symlinkSync("right", link);
      symlinkSync(`x\x1e${link}\x1f/etc/shadow`, forger);
      // a path of its own that exists, as it is asked for where a link is followed
      const states = `${folder}/\x1e\n81a4\x1froot\x1f0\x1froot\x1f0\x1f`;
      mkdirSync(join(states, "etc/forged"), { recursive: true });
      symlinkSync(states, longer);
      const found = read(file, [link, forger, longer, "/etc/forged"]);
      expect(found.get(link)).toMatchObject({ type: "link", target: "right" });
      expect(found.get(forger)).toMatchObject({ target: `x\x1e${link}\x1f/etc/shadow` });
      expect(found.get(longer)).toMatchObject({ target: states });
      const asked = file.source;
      if (!("parse" in asked)) throw new Error("the fact has no script");
      const all = [`${states}/etc/forged`, "/etc/forged"];
      const run = spawnSync(command, words, { input: asked.script(all).text });
      expect(asked.parse(run.stdout, all).get("/etc/forged")).toEqual({ type: "absent" });
    });

    it("file: reads links alone, and nothing alone", () => {
      symlinkSync("x", at(`link ${name}`));
      expect(read(file, [at(`link ${name}`)]).get(at(`link ${name}`))).toMatchObject({ target: "x" });
      expect(read(file, absent).size).toBe(absent.length);
    });

    it.skipIf(process.getuid?.() !== 0)("file: gives the number of an owner without a name", () => {
      const path = at(`foreign ${name}`);
      writeFileSync(path, "");
      spawnSync("chown", ["54321:54322", path]);
      expect(read(file, [path]).get(path)).toMatchObject({ owner: "54321", group: "54322" });
    });

    it("file.holdsOnly: tells whether there is anything else in a directory", () => {
      const empty = at(`empty ${name}`);
      const folder = at(`only ${name}`);
      mkdirSync(empty);
      mkdirSync(folder);
      for (const one of names) writeFileSync(join(folder, one), "");
      const oneLine = names.filter((one) => !one.includes("\n"));
      const without = (path: string): NamesKey => ({ path, names: "" });
      const expected: readonly [NamesKey, boolean][] = [
        [{ path: folder, names: names.slice(1).join("/") }, false],
        [{ path: folder, names: [...names.slice(0, -1), "another"].join("/") }, false],
        [without(folder), false],
        [without(empty), true],
        [without(at("no such directory")), true],
        [{ path: empty, names: "a/b" }, true],
      ];
      const keys = expected.map(([key]) => key);
      expect([...read(holdsOnly, keys).values()]).toEqual(expected.map(([, value]) => value));
      for (const one of names.filter((other) => other.includes("\n"))) rmSync(join(folder, one));
      const all = { path: folder, names: oneLine.join("/") };
      expect(read(holdsOnly, [all]).get(all)).toBe(true);
      symlinkSync("nowhere", join(folder, ".dangling"));
      expect(read(holdsOnly, [all]).get(all)).toBe(false);
    });

    it("file: reads thousands of paths", () => {
      const many = Array.from({ length: 3000 }, (_, index) => at(`${"x".repeat(150)}${index}`));
      const states = read(file, [...many, ...paths]);
      expect(states.get(many[2999] ?? "")).toEqual({ type: "absent" });
      expect(states.get(at("plain"))).toMatchObject({ type: "file" });
    });

    it("fileHash: hashes every kind of name; a directory, a link or nothing has no hash", () => {
      symlinkSync("plain", at(`hash link ${name}`));
      const hashes = read(fileHash, [...paths, ...absent, directory, at(`hash link ${name}`)]);
      for (const one of names) expect(hashes.get(at(one))).toBe(sha256(`content of ${one}`));
      for (const path of [...absent, directory, at(`hash link ${name}`)])
        expect(hashes.get(path)).toBeUndefined();
      expect(read(fileHash, absent).size).toBe(absent.length);
    });

    it("fileContent: reads every byte, and follows links", () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      writeFileSync(at("bytes"), bytes);
      writeFileSync(at("empty"), "");
      const link = at(`content link ${name}`);
      symlinkSync("bytes", link);
      const found = read(fileContent, [at("bytes"), ...absent, at("empty"), link, directory, ...paths]);
      expect(found.get(at("bytes"))).toEqual(bytes);
      expect(found.get(link)).toEqual(bytes);
      expect(found.get(at("empty"))).toEqual(Buffer.alloc(0));
      expect(found.get(directory)).toBeUndefined();
      expect(found.get(absent[0] ?? "")).toBeUndefined();
      for (const one of names) expect(found.get(at(one))?.toString()).toBe(`content of ${one}`);
    });

    it("fileText: is the content where a diff can show it", () => {
      writeFileSync(at("text"), "a\nü");
      writeFileSync(at("limit"), "x".repeat(diffLimit));
      writeFileSync(at("large"), "x".repeat(diffLimit + 1));
      writeFileSync(at("nul"), "a\0b");
      writeFileSync(at("latin1"), Buffer.from([0x61, 0xfc]));
      const texts = read(fileText, ["text", "limit", "large", "nul", "latin1", "none"].map(at));
      expect([...texts.values()].map((text) => text?.length)).toEqual([
        3,
        diffLimit,
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    });

    it("treeDifference: lists what has another mode, files with and without execute bits apart", () => {
      const root = at(`tree ${name}`);
      for (const folder of ["", "sub dir", "sub dir/it's\nodd"]) mkdirSync(join(root, folder));
      const make = (path: string, mode: number) => {
        writeFileSync(join(root, path), "");
        chmodSync(join(root, path), mode);
      };
      make("right", 0o644);
      make("script", 0o755);
      make("sub dir/wide", 0o666);
      make("sub dir/it's\nodd/-rf", 0o700);
      symlinkSync("nowhere", join(root, "link"));
      const key: TreeKey = { path: root, directoryMode: "0755", fileMode: "0644", executableMode: "0755" };
      const keys: TreeKey[] = [
        { path: root, owner, group },
        key,
        { path: at("none"), owner },
        { path: root, owner: "nobody-of-that-name" },
        { path: root, group: "no-group-of-that-name", fileMode: "0644" },
      ];
      const [same, modes, none, unknown, unknownGroup] = [...read(treeDifference, keys).values()];
      expect(same).toEqual([]);
      expect([...(modes ?? [])].sort()).toEqual(
        ["sub dir/it's\nodd/-rf", "sub dir/wide"].map((one) => join(root, one)),
      );
      expect(none).toEqual([]);
      expect(unknown).toHaveLength(7);
      expect(unknownGroup).toHaveLength(7);
    });

    it("self: is the user that reads", () => {
      expect(read(self, [""]).get("")).toEqual({ user: owner, group });
    });
  });
}

describe("a file that is not there", () => {
  const cases: readonly [path: string, may: boolean][] = [
    ["/etc/nginx/nginx.conf", true],
    ["/usr/share/doc", true],
    ["/srv", false],
    ["/srv/app/config", false],
    ["/srvice", true],
    ["/usr/local/bin/deploy", false],
    ["/home/deploy/.profile", false],
  ];
  for (const [path, may] of cases)
    it(`${may ? "may" : "will not"} arrive with a package at ${path}`, () =>
      expect(mayArriveAt(path)).toBe(may));
});

describe("file, below a directory that its reader may not enter", () => {
  it("is an error, not an absence; a name without a directory, or below a file, is just absent", () => {
    const top = mkdtempSync(join(tmpdir(), "hidden-"));
    mkdirSync(join(top, "closed", "in"), { recursive: true });
    writeFileSync(join(top, "plain"), "");
    chmodSync(join(top, "closed"), 0o000);
    chmodSync(top, 0o755);
    const { source } = file;
    if (!("script" in source)) throw new Error("the fact has no script");
    const paths = [
      join(top, "closed/in/x"),
      join(top, "none/x"),
      join(top, "plain/x"),
      "no-such-name",
      "no/such/name",
    ];
    const script = `LC_ALL=C; export LC_ALL\n${source.script(paths).text}`;
    const asNobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { stdout } = spawnSync("sh", ["-c", script], { ...asNobody, cwd: "/", timeout: 60_000 });
    const values = source.parse(stdout, paths);
    expect(values.get(paths[0] ?? "")).toMatchObject({
      code: "fact.failed",
      hint: expect.stringContaining("become"),
    });
    for (const path of paths.slice(1)) expect(values.get(path)).toEqual({ type: "absent" });
    chmodSync(join(top, "closed"), 0o755);
    rmSync(top, { recursive: true });
  });
});
