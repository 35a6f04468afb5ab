import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { holdsOnly } from "../../../src/facts/file-tree.ts";
import { type FileState, file } from "../../../src/facts/files.ts";
import { type Owned, ownedFiles as owned, ownedFilesFolder } from "../../../src/facts/owned-files.ts";
import { ownedFiles } from "../../../src/modules/index.ts";
import { idempotenceLaw, planTask } from "../../../src/testing/plan.ts";
import { parsed } from "../../facts/parsed.ts";

const present = { type: "file", mode: "0644", owner: "root", group: "root" } as const;
const there = ["/a", "/b", "/c"].map((path) => file.is(path, present));

const cases: readonly [
  what: string,
  before: Owned,
  files: string[],
  prune: boolean,
  changes: string[],
  after?: string[],
][] = [
  ["notes files, with those from before", { me: ["/b"] }, ["/a"], false, ["noted"], ["/a", "/b"]],
  ["has nothing to note twice", { me: ["/a", "/b"] }, ["/a"], false, []],
  ["removes what is named no more", { me: ["/a", "/b"] }, ["/b"], true, ["removed /a", "noted"], ["/b"]],
  ["removes all", { me: ["/a", "/b"] }, [], true, ["removed /a", "removed /b", "noted"], []],
  [
    "leaves what another owner has noted, too",
    { me: ["/a", "/b"], you: ["/a"] },
    ["/b"],
    true,
    ["noted"],
    ["/b"],
  ],
  ["leaves what it has not noted", { you: ["/a"] }, ["/b"], true, ["noted"], ["/b"]],
  ["has nothing to do where all is named", { me: ["/a", "/b"] }, ["/b", "/a", "/a"], true, []],
];

describe("ownedFiles", () => {
  it.each(cases)("%s", async (_, before, files, prune, changes, after) => {
    const facts = [owned.is("", before), ...there];
    const task = () => ownedFiles({ owner: "me", files, prune });
    const planned = await planTask(task(), { facts });
    expect(planned.changes.map(({ what }) => what)).toEqual(changes);
    const { me: mine, ...others } = before;
    if (after)
      expect(planned.changes.at(-1)?.sets.filter(({ fact }) => fact === owned.name)).toEqual([
        owned.is("", mine && after.length === 0 ? others : { ...others, me: after }),
      ]);
    expect(planned.value.removed).toEqual(changes.flatMap((what) => what.match(/(?<=removed ).*/) ?? []));
    await idempotenceLaw(task(), { facts });
  });

  describe("with very many paths", () => {
    const paths = (mebibytes: number, folder: string) =>
      Array.from({ length: mebibytes * 1024 }, (_, index) => `/${folder}/${index}`.padEnd(1023, "x"));
    const plan = (before: Owned, files: string[], prune = false) =>
      planTask(ownedFiles({ owner: "me", files, prune }), { facts: [owned.is("", before), ...there] });

    it("refuses a list that is too large, before anything is changed", async () => {
      await expect(plan({ me: ["/a"] }, paths(3, "n"), true)).rejects.toMatchObject({
        message: expect.stringMatching(
          /list of me would have 3072 paths in 3\.0 MiB, expected at most 3\.0 MiB/,
        ),
        hint: "Deploy fewer files, or one archive instead of them.",
      });
    });

    it("refuses one with which all lists together could not be read", async () => {
      const before = { app: paths(3, "n").slice(1), site: paths(1, "n").slice(1) };
      expect((await plan(before, ["/a"])).changes).toHaveLength(1);
      await expect(plan(before, paths(1, "m"))).rejects.toThrow(
        "list of me would take 1.0 MiB, with 4.0 MiB of other owners' lists: expected at most 4.0 MiB together",
      );
    });

    it("is not in the way of another owner, and lets one that is too large already be made smaller", async () => {
      expect((await plan({ app: paths(3, "n") }, ["/a"])).changes).toHaveLength(1);
      const facts = [owned.is("", { me: [...paths(5, "n"), "/a"] }), file.is("/a", present)];
      const fewer = ownedFiles({ owner: "me", files: paths(5, "n"), prune: true });
      expect((await planTask(fewer, { facts })).changes.map(({ what }) => what)).toEqual([
        "removed /a",
        "noted",
      ]);
    });
  });

  it("has an owner of any name", async () => {
    const task = ownedFiles({ owner: "constructor", files: ["/a"] });
    const { changes } = await planTask(task, { facts: [owned.is("", {})] });
    expect(changes.at(-1)?.sets).toEqual([owned.is("", { constructor: ["/a"] })]);
  });

  it("lists unwanted files, and leaves them in place without prune", async () => {
    const before = { me: ["/a", "/b", "/c"], you: ["/c"] };
    const task = ownedFiles({ owner: "me", files: ["/b"] });
    const { changes, value } = await planTask(task, { facts: [owned.is("", before), ...there] });
    expect([changes, value]).toEqual([[], { noted: before.me, unwanted: ["/a"], removed: [] }]);
  });

  it("reads lists as they are kept", () => {
    const folder = mkdtempSync(join(tmpdir(), "owned-"));
    const read = () => {
      if ("read" in owned.source) throw new Error("it has no script");
      const input = owned.source.script([""]).text.replaceAll(ownedFilesFolder, folder);
      return parsed(owned, [""], execFileSync("sh", { input }).toString()).get("");
    };
    expect(read()).toEqual({});
    writeFileSync(join(folder, "1"), "site / web / nginx / nginx\n/etc/a b\n/etc/c\n");
    expect(read()).toEqual({ "site / web / nginx / nginx": ["/etc/a b", "/etc/c"] });
    writeFileSync(join(folder, "2"), "other\n");
    expect(read()).toEqual({ "site / web / nginx / nginx": ["/etc/a b", "/etc/c"], other: [] });
    rmSync(folder, { recursive: true });
  });

  describe("with directories", () => {
    const directory = { ...present, type: "directory" } as const;
    const other = { ...present, type: "other" } as const;
    const noted = ["/s/a/", "/s/a/b/", "/s/a/b/x", "/s/a/y", "/s/z"];
    const holds = (path: string, names: string, only: boolean) => holdsOnly.is({ path, names }, only);
    const found = (states: Readonly<Record<string, FileState>>) =>
      noted.map((path) => {
        const bare = path.replace(/\/$/, "");
        return file.is(bare, states[bare] ?? (path.endsWith("/") ? directory : present));
      });
    const everything = [
      "removed /s/a/b/x",
      "removed /s/a/y",
      "removed /s/z",
      "removed /s/a/b/",
      "removed /s/a/",
      "noted",
    ];
    it.each<[string, Record<string, FileState>, boolean, string[]]>([
      ["removes what it wrote, and each directory once it is empty", {}, true, everything],
      [
        "leaves a directory that others have put something into",
        {},
        false,
        [...everything.slice(0, 3), "noted"],
      ],
      [
        "leaves what has become something else, and where it lies",
        { "/s/z": directory, "/s/a/y": other, "/s/a/b": { ...present } },
        true,
        ["removed /s/a/b/x", "noted"],
      ],
      [
        "strikes out what is gone",
        { "/s/z": { type: "absent" } },
        true,
        everything.filter((one) => !one.endsWith("/z")),
      ],
    ])("%s", async (_, states, only, changes) => {
      const facts = [
        owned.is("", { me: noted }),
        ...found(states),
        holds("/s/a", "b/y", true),
        holds("/s/a/b", "x", only),
      ];
      const task = () => ownedFiles({ owner: "me", files: [], prune: true });
      const planned = await planTask(task(), { facts });
      expect(planned.changes.map(({ what }) => what)).toEqual(changes);
      for (const one of planned.changes.filter(({ what }) => what.endsWith("/")))
        expect(one.action).toMatchObject({ script: { text: expect.stringContaining("\nrmdir -- ") } });
      await idempotenceLaw(task(), { facts });
    });

    it("takes time that grows with the number of directories, not with its square", async () => {
      const paths = Array.from({ length: 20_000 }, (_, index) => `/s/${index}/`);
      const facts = [
        owned.is("", { me: paths }),
        ...paths.flatMap((path) => [
          file.is(path.slice(0, -1), { type: "absent" }),
          holds(path.slice(0, -1), "", true),
        ]),
      ];
      const planned = await planTask(ownedFiles({ owner: "me", files: [], prune: true }), { facts });
      expect(planned.changes.map(({ what }) => what)).toEqual(["noted"]);
    });

    it("notes what copying a local directory writes", async () => {
      const src = mkdtempSync(join(tmpdir(), "owned-"));
      mkdirSync(join(src, "sub"));
      for (const name of ["a", "sub/b"]) writeFileSync(join(src, name), "");
      const task = ownedFiles({ owner: "me", files: ["/s/c"], trees: [{ src, dest: "/s/" }] });
      const { changes } = await planTask(task, { facts: [owned.is("", {})] });
      expect(changes[0]?.sets).toEqual([owned.is("", { me: ["/s/a", "/s/c", "/s/sub/", "/s/sub/b"] })]);
      writeFileSync(join(src, "two\nlines"), "");
      await expect(planTask(task, { facts: [owned.is("", {})] })).rejects.toThrow("has a line break");
      rmSync(src, { recursive: true });
    });
  });

  it.each([
    [{ owner: "me" }],
    [{ owner: "me", trees: [{ src: "/", dest: "srv" }] }],
    [{ owner: "a\nb", files: [] }],
    [{ owner: "me", files: ["etc/a"] }],
    [{ owner: "me", files: ["/etc/a\n/etc/shadow"] }],
  ])("refuses %j", (params) => {
    expect(() => ownedFiles.fromData(params)).toThrow(/ownedFiles|files|owner/);
  });

  it("keeps its lists where only root may write", async () => {
    const { changes } = await planTask(ownedFiles({ owner: "me", files: ["/a"] }), {
      facts: [owned.is("", {})],
    });
    const action = changes[0]?.action;
    const text = action?.kind === "script" ? action.script.text : "";
    expect(text).toContain(`umask 077; mkdir -p -- ${ownedFilesFolder}`);
  });

  it("passes over half a list, which a host left that lost its power", async () => {
    const folder = mkdtempSync(join(tmpdir(), "owned-"));
    const run = (text: string) => execFileSync("sh", { input: text.replaceAll(ownedFilesFolder, folder) });
    const read = () => {
      if ("read" in owned.source) throw new Error("it has no script");
      return parsed(owned, [""], run(owned.source.script([""]).text).toString()).get("");
    };
    const task = ownedFiles({ owner: "me", files: ["/srv/a", "/srv/b"] });
    const { changes } = await planTask(task, { facts: [owned.is("", {})] });
    const text = changes[0]?.action.kind === "script" ? changes[0].action.script.text : "";
    run(text);
    expect(read()).toEqual({ me: ["/srv/a", "/srv/b"] });
    run(`${text.replace("/srv/b", "/sr")}`.replace(/ && mv .*/, ""));
    expect(read()).toEqual({ me: ["/srv/a", "/srv/b"] });
    rmSync(folder, { recursive: true });
  });
});
