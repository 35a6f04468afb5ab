import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FactValue } from "../../../src/core/facts/fact.ts";
import { treeDifference } from "../../../src/facts/file-tree.ts";
import { type FileState, file as fact, fileHash } from "../../../src/facts/files.ts";
import { linkRefusal } from "../../../src/facts/followable.ts";
import { self } from "../../../src/facts/self.ts";
import { groupExists, userExists } from "../../../src/facts/users.ts";
import { copy, file } from "../../../src/modules/index.ts";
import { idempotenceLaw, planTask } from "../../../src/testing/plan.ts";
import { runTasks, temporaryDirectory } from "./local-run.ts";

type Params = Parameters<typeof file>[0];

const absent: FileState = { type: "absent" };
const directory: FileState = { type: "directory", mode: "0755", owner: "root", group: "root" };
const regular: FileState = { type: "file", mode: "0644", owner: "root", group: "root" };
const link = (target: string): FileState => ({ type: "link", target, owner: "root", group: "root" });
const root = self.is("", { user: "root", group: "root" });
const accounts = ["deploy", "web"].flatMap((name) => [userExists.is(name, true), groupExists.is(name, true)]);
const states = (given: Record<string, FileState>): FactValue[] => [
  ...Object.entries(given).map(([path, state]) => fact.is(path, state)),
  ...accounts,
];

interface Case {
  readonly what: string;
  readonly params: Params;
  readonly facts: readonly FactValue[];
  readonly changes: readonly string[];
  /** States afterwards. */
  readonly then?: Record<string, FileState>;
}

const cases: readonly Case[] = [
  {
    what: "a missing directory is made",
    params: { path: "/srv/app", state: "directory" },
    facts: [...states({ "/srv/app": absent, "/srv": directory }), root],
    changes: ["created absent > directory 0755 root:root"],
    then: { "/srv/app": directory },
  },
  {
    what: "directories above it are made with the same attributes",
    params: { path: "/srv/a/b", state: "directory", owner: "deploy", mode: "0750" },
    facts: [...states({ "/srv/a/b": absent, "/srv/a": absent, "/srv": directory }), root],
    changes: ["created absent > directory 0750 deploy:root"],
    then: {
      "/srv/a": { ...directory, owner: "deploy", mode: "0750" },
      "/srv/a/b": { ...directory, owner: "deploy", mode: "0750" },
    },
  },
  {
    what: "a set-group-ID directory hands down its group",
    params: { path: "/srv/app", state: "directory" },
    facts: [...states({ "/srv/app": absent, "/srv": { ...directory, mode: "2775", group: "web" } }), root],
    changes: ["created absent > directory 2755 root:web"],
  },
  {
    what: "a directory that is right is left alone",
    params: { path: "/srv/app/", state: "directory", mode: "0755", owner: "root", group: "root" },
    facts: states({ "/srv/app": directory, "/srv": directory }),
    changes: [],
  },
  {
    what: "owner and mode are two changes",
    params: { path: "/srv/app", state: "directory", owner: "deploy", group: "web", mode: "0700" },
    facts: states({ "/srv/app": directory, "/srv": directory }),
    changes: ["owner and group root:root > deploy:web", "mode 0755 > 0700"],
    then: { "/srv/app": { type: "directory", mode: "0700", owner: "deploy", group: "web" } },
  },
  {
    what: "a link to a directory is followed",
    params: { path: "/srv/app", state: "directory", mode: "0700" },
    facts: [
      ...states({ "/srv/app": link("releases/1"), "/srv": directory, "/srv/releases/1": directory }),
      linkRefusal.is({ path: "/srv/app", target: "/srv/releases/1" }, ""),
    ],
    changes: ["mode 0755 > 0700"],
    then: { "/srv/releases/1": { ...directory, mode: "0700" } },
  },
  {
    what: "without a state, what is there gets its attributes",
    params: { path: "/etc/motd", mode: "u=rw,go=" },
    facts: states({ "/etc/motd": regular }),
    changes: ["mode 0644 > 0600"],
  },
  {
    what: "a link is made",
    params: { path: "/srv/current", state: "link", src: "releases/1" },
    facts: [...states({ "/srv/current": absent, "/srv": directory, "/srv/releases/1": directory }), root],
    changes: ["created absent > releases/1"],
    then: { "/srv/current": link("releases/1") },
  },
  {
    what: "a link that leads elsewhere is turned",
    params: { path: "/srv/current", state: "link", src: "/srv/releases/2" },
    facts: [
      ...states({ "/srv/current": link("releases/1"), "/srv": directory, "/srv/releases/2": directory }),
      root,
    ],
    changes: ["target releases/1 > /srv/releases/2"],
  },
  {
    what: "a link that is right is left alone, even if it leads nowhere",
    params: { path: "/srv/current", state: "link", src: "gone" },
    facts: states({ "/srv/current": link("gone"), "/srv": directory, "/srv/gone": absent }),
    changes: [],
  },
  {
    what: "a link's own owner is set",
    params: { path: "/srv/current", state: "link", src: "r", owner: "deploy" },
    facts: states({ "/srv/current": link("r"), "/srv": directory, "/srv/r": directory }),
    changes: ["owner root:root > deploy:root"],
  },
  {
    what: "a link may belong to a number without a name, and stay so",
    params: { path: "/srv/current", state: "link", src: "r", group: "web" },
    facts: states({
      "/srv/current": { type: "link", target: "r", owner: "1234", group: "1234" },
      "/srv": directory,
      "/srv/r": directory,
    }),
    changes: ["owner 1234:1234 > 1234:web"],
  },
  {
    what: "a file gives way to a link by force",
    params: { path: "/srv/current", state: "link", src: "gone", force: true },
    facts: [...states({ "/srv/current": regular, "/srv": directory, "/srv/gone": absent }), root],
    changes: ["target file > gone"],
  },
  {
    what: "an empty file is made",
    params: { path: "/srv/flag", state: "touch", mode: "0600" },
    facts: [...states({ "/srv/flag": absent, "/srv": directory }), fileHash.is("/srv/flag", undefined), root],
    changes: ["created absent > 0600 root:root"],
    then: { "/srv/flag": { ...regular, mode: "0600" } },
  },
  {
    what: "touching a file that is there changes nothing",
    params: { path: "/srv/flag", state: "touch" },
    facts: states({ "/srv/flag": regular }),
    changes: [],
  },
  {
    what: "what is there is removed",
    params: { path: "/srv/old", state: "absent" },
    facts: states({ "/srv/old": directory }),
    changes: ["removed directory > absent"],
    then: { "/srv/old": absent },
  },
  {
    what: "what is not there needs no removal",
    params: { path: "/srv/old", state: "absent" },
    facts: states({ "/srv/old": absent }),
    changes: [],
  },
  {
    what: "everything below a directory is corrected at once",
    params: { path: "/srv/app", recurse: true, owner: "root", mode: "0755" },
    facts: [
      ...states({ "/srv/app": directory, "/srv": directory }),
      treeDifference.is(
        {
          path: "/srv/app",
          owner: "root",
          group: undefined,
          directoryMode: "0755",
          fileMode: "0644",
          executableMode: "0755",
        },
        ["/srv/app/a", "/srv/app/b"],
      ),
    ],
    changes: ["below 2 paths differ: /srv/app/a, /srv/app/b > root 0755"],
  },
];

describe("file", () => {
  for (const { what, params, facts, changes, then = {} } of cases) {
    it(what, async () => {
      const planned = await planTask(file(params), { facts });
      expect(planned.changes.map(({ what, before, after }) => `${what} ${before} > ${after}`)).toEqual(
        changes,
      );
      const sets = planned.changes.flatMap((change) => change.sets);
      for (const [path, state] of Object.entries(then))
        expect(sets.findLast((one) => one.fact === "file" && one.key === path)?.value).toEqual(state);
    });
    it(`${what}, and then all is well`, () => idempotenceLaw(file(params), { facts }));
  }
});

const failing: readonly [what: string, params: Params, facts: readonly FactValue[], message: RegExp][] = [
  [
    "nothing there",
    { path: "/etc/motd", mode: "0644" },
    states({ "/etc/motd": absent }),
    /does not exist on the host/,
  ],
  [
    "a directory that is a file",
    { path: "/srv/a", state: "directory" },
    states({ "/srv/a": regular, "/srv": directory }),
    /is no directory, but a file/,
  ],
  [
    "a directory below a file",
    { path: "/srv/a/b", state: "directory" },
    states({ "/srv/a/b": absent, "/srv/a": regular, "/srv": directory }),
    /\/srv\/a is not a directory/,
  ],
  [
    "a file that is a directory",
    { path: "/srv/a", state: "file" },
    states({ "/srv/a": directory }),
    /is no file, but a directory/,
  ],
  [
    "a link in place of a file",
    { path: "/srv/a", state: "link", src: "b" },
    states({ "/srv/a": regular, "/srv": directory, "/srv/b": regular }),
    /is no link, but a file/,
  ],
  [
    "a link that leads nowhere",
    { path: "/srv/a", state: "link", src: "b" },
    states({ "/srv/a": absent, "/srv": directory, "/srv/b": absent }),
    /would lead nowhere: \/srv\/b/,
  ],
  [
    "links in a circle",
    { path: "/a", state: "file" },
    [
      ...states({ "/a": link("b"), "/b": link("a") }),
      linkRefusal.is({ path: "/a", target: "/b" }, ""),
      linkRefusal.is({ path: "/b", target: "/a" }, ""),
    ],
    /in a circle/,
  ],
  [
    "a file in a directory that is not there",
    { path: "/srv/a/b", state: "touch" },
    [...states({ "/srv/a/b": absent, "/srv/a": absent }), fileHash.is("/srv/a/b", undefined)],
    /the directory \/srv\/a does not exist/,
  ],
];

const nobody = [userExists.is("ann", false), groupExists.is("ann", false)];
const strangers: readonly [what: string, params: Params, message: RegExp][] = [
  ["a new directory's owner", { path: "/new", state: "directory", owner: "ann" }, /there is no user ann/],
  ["a link's group", { path: "/link", state: "link", src: "dir", group: "ann" }, /there is no group ann/],
  ["a directory's new group", { path: "/dir", state: "directory", group: "ann" }, /there is no group ann/],
  [
    "the owner of what is below",
    { path: "/dir", recurse: true, state: "directory", owner: "ann" },
    /no user ann/,
  ],
];

describe("file says, in a plan too, whom the host does not know:", () => {
  for (const [what, params, message] of strangers)
    it(what, async () => {
      const given = states({ "/": directory, "/new": absent, "/link": link("dir"), "/dir": directory });
      const facts = [
        ...given,
        ...nobody,
        root,
        treeDifference.is({ path: "/dir", owner: "ann" }, ["/dir/a"]),
      ];
      await expect(planTask(file(params), { facts })).rejects.toMatchObject({
        message: expect.stringMatching(message),
        hint: expect.stringContaining('({ name: "ann" })'),
      });
    });
});

describe("file fails on", () => {
  for (const [what, params, facts, message] of failing)
    it(what, () => expect(planTask(file(params), { facts })).rejects.toThrow(message));
});

const mistakes: readonly [what: string, params: Params, message: RegExp][] = [
  ["a relative path", { path: "srv" }, /file: path: expected an absolute path on the host, got "srv"/],
  ["a link without src", { path: "/a", state: "link" }, /src: expected where the link leads/],
  ["src without a link", { path: "/a", state: "file", src: "b" }, /src: is only for state "link"/],
  ["recurse for a file", { path: "/a", state: "file", recurse: true }, /recurse: is for directories/],
  [
    "a symbolic mode with recurse",
    { path: "/a", recurse: true, mode: "u+x" },
    /with recurse it must be octal/,
  ],
  ["a link's mode", { path: "/a", state: "link", src: "b", mode: "0644" }, /a link has none/],
  ["the root's removal", { path: "//", state: "absent" }, /the root directory can't be removed/],
  ["an owner by number", { path: "/a", owner: "1000" }, /owner: expected a name, got the number 1000/],
  ["an owner with a colon", { path: "/a", owner: "a:b" }, /owner: expected a name/],
];

describe("file refuses, before anything runs,", () => {
  for (const [what, params, message] of mistakes)
    it(what, () =>
      expect(() => file(params)).toThrow(
        expect.objectContaining({ code: "params.invalid", message: expect.stringMatching(message) }),
      ),
    );

  it("a mode that is a number, at the caller's line", () => {
    const data = { path: "/a", mode: 644 };
    expect(() => file.fromData(data)).toThrow(
      expect.objectContaining({
        code: "params.invalid",
        message: expect.stringContaining("got the number 644, which is mode 1204"),
        location: expect.objectContaining({ file: expect.stringContaining("file.integration.test.ts") }),
      }),
    );
  });
});

describe("file on this machine", () => {
  const at = temporaryDirectory();
  const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);

  it("puts a link in the place of an empty directory, and of no other, which a plan says too", async () => {
    const path = join(at, "place");
    mkdirSync(path);
    writeFileSync(join(path, "kept"), "");
    const link = () => file({ path, state: "link", src: "/", force: true });
    for (const check of [true, false])
      expect((await runTasks([link], { check })).error?.message).toContain(
        "a directory that holds something",
      );
    expect(existsSync(join(path, "kept"))).toBe(true);
    const emptied = [() => file({ path: join(path, "kept"), state: "absent" }), link];
    const [plan, done] = [await runTasks(emptied, { check: true }), await runTasks(emptied)];
    expect(done).toMatchObject({ error: undefined, statuses: ["changed", "changed"] });
    expect(plan.error).toBeUndefined();
    expect(readlinkSync(path)).toBe("/");
  });

  it("does it all, and then there is nothing to do; a plan changes nothing", async () => {
    const odd = join(at, "it's\n$odd -rf");
    mkdirSync(join(at, "old"));
    writeFileSync(join(at, "old", "x"), "");
    const tasks = [
      () => file({ path: join(odd, "a/b"), state: "directory", mode: "2750" }),
      () => file({ path: join(odd, "flag"), state: "touch", mode: "0600" }),
      () => file({ path: join(odd, "link"), state: "link", src: "flag" }),
      () => file({ path: join(odd, "dangling"), state: "link", src: "-n o'where", force: true }),
      () => file({ path: join(odd, "a/b"), mode: "g-s,o+rx" }),
      () => file({ path: join(at, "old"), state: "absent" }),
    ];
    const twice = [
      ...tasks.slice(1, 4),
      () => file({ path: join(odd, "a/b"), state: "directory", mode: "0755" }),
      ...tasks.slice(5),
    ];
    const plan = await runTasks(tasks, { check: true });
    expect(plan).toMatchObject({ error: undefined, statuses: Array(6).fill("changed") });
    expect(existsSync(odd)).toBe(false);
    const first = await runTasks(tasks);
    expect(first).toMatchObject({ error: undefined, statuses: Array(6).fill("changed") });
    expect(first.changes).toEqual(plan.changes);
    expect(mode(join(odd, "a"))).toBe("2750");
    expect(mode(join(odd, "a/b"))).toBe("755");
    expect(readlinkSync(join(odd, "dangling"))).toBe("-n o'where");
    expect(readdirSync(at)).not.toContain("old");
    expect((await runTasks(twice)).statuses).toEqual(Array(5).fill("ok"));
  });

  it("shows directories whole: cut off at any command, the next run ends as if nothing had happened", async () => {
    const tools = ["mkdir", "chmod", "mv"];
    const shims = join(at, "shims");
    mkdirSync(shims);
    for (const [index, tool] of tools.entries())
      for (const nth of tool === "mv" ? [1] : [1, 2, 3]) {
        const top = join(at, `cut ${index} ${nth}`);
        const path = join(top, "b/c");
        for (const name of tools) rmSync(join(shims, name), { force: true });
        // ends the shell that called it, when it is called so many times
        writeFileSync(
          join(shims, tool),
          `#!/bin/sh\necho x >>"${top}.calls"; [ "$(wc -l <"${top}.calls")" -lt ${nth} ] || kill -9 $PPID\nexec /bin/${tool} "$@"\n`,
          { mode: 0o755 },
        );
        const make = (PATH: string) =>
          file({ path, state: "directory", mode: "0751" }, { environment: { PATH } });
        const cut = await runTasks([() => make(`${shims}:/usr/bin:/bin`)]);
        const calls = readFileSync(`${top}.calls`, "utf8").trim().split("\n").length;
        expect([calls, cut.error !== undefined]).toEqual([Math.min(calls, nth), calls === nth]);
        rmSync(`${top}.calls`);
        const { error } = await runTasks([() => make("/usr/bin:/bin")]);
        expect(error).toBeUndefined();
        expect([top, join(top, "b"), path].map(mode)).toEqual(["751", "751", "751"]);
        expect(readdirSync(at).filter((name) => name.includes(".sr-"))).toEqual([]);
      }
  });

  it("turns a link to a directory, and puts nothing into what it led to", async () => {
    for (const name of ["r1", "r2"]) mkdirSync(join(at, name));
    symlinkSync("r1", join(at, "current"));
    const turn = () => file({ path: join(at, "current"), state: "link", src: "r2" });
    expect((await runTasks([turn, turn])).statuses).toEqual(["changed", "ok"]);
    expect(readlinkSync(join(at, "current"))).toBe("r2");
    expect([...readdirSync(join(at, "r1")), ...readdirSync(join(at, "r2"))]).toEqual([]);
  });

  it("removes a link, and not what it leads to", async () => {
    writeFileSync(join(at, "kept"), "");
    symlinkSync("kept", join(at, "to kept"));
    await runTasks([() => file({ path: join(at, "to kept"), state: "absent" })]);
    expect(existsSync(join(at, "kept"))).toBe(true);
    expect(lstatSync(join(at, "kept")).isFile()).toBe(true);
  });

  it("clears a directory's set-group-ID bit where the octal mode has none", async () => {
    const path = join(at, "setgid");
    mkdirSync(path);
    chmodSync(path, 0o2755);
    const task = () => file({ path, state: "directory", mode: "0755" });
    expect((await runTasks([task, task])).statuses).toEqual(["changed", "ok"]);
    expect(mode(path)).toBe("755");
  });

  it("corrects a tree: files get no execute bit that they had not", async () => {
    const tree = join(at, "tree's");
    mkdirSync(join(tree, "sub\ndir"), { recursive: true, mode: 0o700 });
    for (const [name, bits] of [
      ["plain", 0o600],
      ["script", 0o700],
      ["sub\ndir/-rf", 0o666],
    ] as const) {
      writeFileSync(join(tree, name), "");
      chmodSync(join(tree, name), bits);
    }
    const task = () => file({ path: tree, recurse: true, mode: "0755" });
    const { statuses, error } = await runTasks([task, task]);
    expect({ statuses, error }).toEqual({ statuses: ["changed", "ok"], error: undefined });
    expect(["plain", "script", "sub\ndir", "sub\ndir/-rf"].map((name) => mode(join(tree, name)))).toEqual([
      "644",
      "755",
      "755",
      "644",
    ]);
  });

  it("sees what an earlier task put into a tree", async () => {
    const tree = join(at, "growing");
    mkdirSync(tree);
    chmodSync(tree, 0o755);
    const correct = () => file({ path: tree, recurse: true, mode: "0755" });
    const add = () => file({ path: join(tree, "new"), state: "touch", mode: "0600" });
    expect((await runTasks([correct, add, correct])).statuses).toEqual(["ok", "changed", "changed"]);
  });

  it("sees that what was below a removed directory is gone", async () => {
    const folder = join(at, "folder");
    mkdirSync(folder);
    writeFileSync(join(folder, "x"), "");
    const { statuses } = await runTasks([
      () => file({ path: join(folder, "x"), mode: "0644" }),
      () => file({ path: folder, state: "absent" }),
      () => file({ path: join(folder, "x"), state: "absent" }),
    ]);
    expect(statuses).toEqual(["ok", "changed", "ok"]);
  });

  it.each(["directory", "link to one"])(
    "is certain in a plan that nothing is below a removed %s",
    async (what) => {
      const folder = join(at, `removed ${what}`);
      const real = what === "directory" ? folder : `${folder} behind`;
      mkdirSync(real);
      writeFileSync(join(real, "x"), "");
      if (real !== folder) symlinkSync(real, folder);
      const remove = () => file({ path: folder, state: "absent" });
      const put = () => copy({ dest: join(folder, "x"), content: "" });
      for (const check of [true, false]) {
        const { statuses, error } = await runTasks([remove, put], { check });
        expect(statuses).toEqual(["changed", "failed"]);
        expect(error?.message).toBe(`the directory ${folder} does not exist on the host`);
      }
    },
  );

  it("is made anew in a plan, with what was in it, where its directory is", async () => {
    const folder = join(at, "anew");
    mkdirSync(folder);
    writeFileSync(join(folder, "x"), "");
    const tasks = [
      () => file({ path: folder, state: "absent" }),
      () => file({ path: folder, state: "directory" }),
      () => copy({ dest: join(folder, "x"), content: "" }),
    ];
    for (const check of [true, false])
      expect((await runTasks(tasks, { check })).statuses).toEqual(Array(3).fill("changed"));
  });

  it("leaves a file's time alone unless it is asked for now", async () => {
    const path = join(at, "timed");
    writeFileSync(path, "");
    utimesSync(path, 1000, 1000);
    await runTasks([() => file({ path, state: "touch" })]);
    expect(statSync(path).mtimeMs).toBe(1_000_000);
    await runTasks([() => file({ path, state: "touch", modificationTime: "now" })]);
    expect(statSync(path).mtimeMs).toBeGreaterThan(1_000_000);
  });
});
