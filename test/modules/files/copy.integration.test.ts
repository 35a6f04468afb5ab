import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
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
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { secret } from "../../../src/base/secret.ts";
import type { WriteAction } from "../../../src/core/facts/change.ts";
import type { FactValue } from "../../../src/core/facts/fact.ts";
import { batch } from "../../../src/core/steps/batch.ts";
import { fileWritten } from "../../../src/facts/file-effects.ts";
import { type FileState, file as fact, fileHash, fileText } from "../../../src/facts/files.ts";
import { linkRefusal } from "../../../src/facts/followable.ts";
import { self } from "../../../src/facts/self.ts";
import { groupExists, userExists } from "../../../src/facts/users.ts";
import { command, copy, file, template } from "../../../src/modules/index.ts";
import { idempotenceLaw, planTask } from "../../../src/testing/plan.ts";
import { runHere } from "../local.ts";
import { runLocal, runTasks, temporaryDirectory } from "./local-run.ts";

const absent: FileState = { type: "absent" };
const directory: FileState = { type: "directory", mode: "0755", owner: "root", group: "root" };
const regular: FileState = { type: "file", mode: "0640", owner: "deploy", group: "web" };
const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
const root = self.is("", { user: "root", group: "root" });

/** The facts of /etc/motd with its directory. */
function motd(state: FileState, content?: string): FactValue[] {
  return [
    fact.is("/etc/motd", state),
    fact.is("/etc", directory),
    fileHash.is("/etc/motd", content === undefined ? undefined : sha256(content)),
    fileText.is("/etc/motd", content),
    root,
    ...["deploy", "web"].flatMap((name) => [userExists.is(name, true), groupExists.is(name, true)]),
  ];
}

interface Case {
  readonly what: string;
  readonly params: Record<string, unknown>;
  readonly facts: readonly FactValue[];
  readonly changes: readonly string[];
  readonly action?: Partial<WriteAction>;
  readonly diff?: { before: string; after: string } | undefined;
}

const cases: readonly Case[] = [
  {
    what: "a new file belongs to its writer and has mode 0644",
    params: { content: "hi\n" },
    facts: motd(absent),
    changes: ["created absent > 0644 root:root"],
    action: { mode: "0644", owner: undefined, group: undefined, content: Buffer.from("hi\n") },
    diff: { before: "", after: "hi\n" },
  },
  {
    what: "a file keeps owner, group and mode with a new content",
    params: { content: "new\n" },
    facts: motd(regular, "old\n"),
    changes: ["content 0640 deploy:web > 0640 deploy:web"],
    action: { mode: "0640", owner: "deploy", group: "web" },
    diff: { before: "old\n", after: "new\n" },
  },
  {
    what: "content and attributes are one change, so that the new content is never seen with the old mode",
    params: { content: "new\n", mode: "0600", owner: "root" },
    facts: motd(regular, "old\n"),
    changes: ["content 0640 deploy:web > 0600 root:web"],
    action: { mode: "0600", owner: "root", group: "web" },
    diff: { before: "old\n", after: "new\n" },
  },
  {
    what: "attributes alone change without a new file",
    params: { content: "same\n", mode: "0600", owner: "root" },
    facts: motd(regular, "same\n"),
    changes: ["owner deploy:web > root:web", "mode 0640 > 0600"],
  },
  {
    what: "a file that is right is left alone",
    params: { content: "same\n", mode: "0640", owner: "deploy", group: "web" },
    facts: motd(regular, "same\n"),
    changes: [],
  },
  {
    what: "a secret is written and not shown",
    params: { content: secret("the whole secret"), mode: "0600" },
    facts: motd(regular, "old\n"),
    changes: ["content 0640 deploy:web > 0600 deploy:web, 16 bytes"],
    action: { content: Buffer.from("the whole secret") },
    diff: undefined,
  },
  {
    what: "bytes that are no text show their number",
    params: { content: Buffer.from([0, 1, 2]) },
    facts: motd(regular, "old\n"),
    changes: ["content 0640 deploy:web > 0640 deploy:web, 3 bytes"],
    diff: undefined,
  },
  {
    what: "a text in place of what is no text shows its size",
    params: { content: "new\n" },
    facts: [...motd(regular, "old\n"), fileText.is("/etc/motd", undefined)],
    changes: ["content 0640 deploy:web > 0640 deploy:web, 4 bytes"],
    diff: undefined,
  },
  {
    what: "a link is replaced by a file",
    params: { content: "hi\n" },
    facts: motd({ type: "link", target: "../run/motd", owner: "root", group: "root" }),
    changes: ["content a link to ../run/motd > 0644 root:root"],
    diff: { before: "", after: "hi\n" },
  },
  {
    what: "with follow, the file that a link leads to is written",
    params: { content: "hi\n", follow: true },
    facts: [
      ...motd({ type: "link", target: "motd.real", owner: "root", group: "root" }),
      linkRefusal.is({ path: "/etc/motd", target: "/etc/motd.real" }, ""),
      fact.is("/etc/motd.real", regular),
      ...fileWritten("/etc/motd.real", { content: "old\n" }).sets,
    ],
    changes: ["content 0640 deploy:web > 0640 deploy:web"],
    action: { path: "/etc/motd.real" },
    diff: { before: "old\n", after: "hi\n" },
  },
  {
    what: "without force, a file that is there is left as it is",
    params: { content: "new\n", mode: "0600", force: false },
    facts: motd(regular, "old\n"),
    changes: [],
  },
  {
    what: "without force, a file that is not there is made",
    params: { content: "new\n", force: false },
    facts: motd(absent),
    changes: ["created absent > 0644 root:root"],
  },
];

describe("copy", () => {
  for (const { what, params, facts, changes, action, ...more } of cases) {
    const task = () => copy.fromData({ dest: "/etc/motd", ...params });
    it(what, async () => {
      const planned = await planTask(task(), { facts });
      expect(planned.changes.map(({ what, before, after }) => `${what} ${before} > ${after}`)).toEqual(
        changes,
      );
      if (action) expect(planned.changes[0]?.action).toMatchObject(action);
      if ("diff" in more && more.diff) expect(planned.changes[0]?.diff).toMatchObject(more.diff);
      if ("diff" in more && !more.diff) expect(planned.changes[0]?.diff).toBeUndefined();
    });
    it(`${what}, and then all is well`, () => idempotenceLaw(task(), { facts }));
  }

  it("keeps the old file under a name with the time", async () => {
    const planned = await planTask(copy({ dest: "/etc/motd", content: "new\n", backup: true }), {
      facts: motd(regular, "old\n"),
    });
    expect(planned.value.backup).toMatch(/^\/etc\/motd\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~$/);
    expect(planned.changes[0]?.action).toMatchObject({ backup: planned.value.backup });
  });

  it("fails on a directory and on what is no file", async () => {
    const other: FileState = { type: "other", mode: "0666", owner: "root", group: "root" };
    const run = (state: FileState) =>
      planTask(copy({ dest: "/etc/motd", content: "x" }), { facts: motd(state) });
    await expect(run(directory)).rejects.toThrow("/etc/motd is a directory");
    await expect(run(other)).rejects.toThrow("neither a file nor a directory");
  });

  it("fails without a directory to write into, and says how to make it", async () => {
    const facts = [...motd(absent), fact.is("/etc", absent)];
    await expect(planTask(copy({ dest: "/etc/motd", content: "x" }), { facts })).rejects.toMatchObject({
      message: "the directory /etc does not exist on the host",
      hint: expect.stringContaining('state: "directory"'),
    });
  });
});

describe("copy refuses, before anything runs,", () => {
  const mistakes: readonly [what: string, params: unknown, message: RegExp][] = [
    ["neither content nor src", { dest: "/a" }, /expected either content or src, got none of them/],
    [
      "a check with its file in quotes",
      { dest: "/a", content: "", validate: "grep x '%s'" },
      /validate: %s stands in quotes/,
    ],
    ["both content and src", { dest: "/a", content: "", src: "x" }, /got content and src/],
    [
      "a content that is none",
      { dest: "/a", content: { a: 1 } },
      /content: expected a string, a Buffer or a secret, got object/,
    ],
    ["a relative dest", { dest: "a", content: "" }, /dest: expected an absolute path on the host/],
    ["a home directory", { dest: "~/a", content: "" }, /dest: expected an absolute path/],
    [
      "a mode to preserve without a file",
      { dest: "/a", content: "", mode: "preserve" },
      /"preserve" needs a src/,
    ],
    [
      "a number for a mode",
      { dest: "/a", content: "", mode: 0o600 },
      /got the number 384, which is mode 0600/,
    ],
  ];
  for (const [what, params, message] of mistakes)
    it(what, () =>
      expect(() => copy.fromData(params)).toThrow(
        expect.objectContaining({ code: "params.invalid", message: expect.stringMatching(message) }),
      ),
    );

  it("a local file that is nowhere, naming both places and the caller's line", () => {
    expect(() => copy({ dest: "/a", src: "no such file" })).toThrow(
      expect.objectContaining({
        code: "file.missing",
        details: [
          `looked for ${join(import.meta.dirname, "no such file")}`,
          `looked for ${join(process.cwd(), "no such file")}`,
        ],
        location: expect.objectContaining({ file: import.meta.filename }),
      }),
    );
  });
});

describe("copy on this machine", () => {
  const at = temporaryDirectory();
  const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);

  const contents: Readonly<Record<string, string | Buffer>> = {
    quotes: `it's "a" 'b'\n`,
    dollars: "$HOME $(id) `id` \\$x\n",
    NULs: Buffer.from("a\0b\0"),
    "no UTF-8": Buffer.from([0xff, 0x0a, 0xc3, 0x28]),
    nothing: "",
    "a megabyte": randomBytes(1 << 20),
  };
  for (const [what, content] of Object.entries(contents))
    it(`writes ${what} byte for byte, once`, async () => {
      const dest = join(at, `${what}\n'$x`);
      const task = () => copy({ dest, content });
      expect((await runTasks([task], { check: true })).statuses).toEqual(["changed"]);
      expect(readdirSync(at)).not.toContain(`${what}\n'$x`);
      const { statuses, error } = await runTasks([task, task]);
      expect({ statuses, error }).toEqual({ statuses: ["changed", "ok"], error: undefined });
      expect(readFileSync(dest).equals(Buffer.from(content))).toBe(true);
    });

  it("copies a local file of 50 MB, named relative to the caller", async () => {
    const source = join(at, "large");
    writeFileSync(source, randomBytes(50 << 20));
    const task = () => copy({ src: source, dest: join(at, "large copy"), mode: "0600" });
    const { statuses, error, changes } = await runTasks([task, task]);
    expect({ statuses, error }).toEqual({ statuses: ["changed", "ok"], error: undefined });
    expect(changes[0]?.after).toMatch(/^0600 \S+, 52428800 bytes$/);
    expect(sha256(readFileSync(join(at, "large copy")))).toBe(sha256(readFileSync(source)));
  }, 60_000);

  it("finds a local file beside the file that names it", async () => {
    await runTasks([() => copy({ src: "copy.integration.test.ts", dest: `${at}/` })]);
    expect(readFileSync(join(at, "copy.integration.test.ts"))).toEqual(readFileSync(import.meta.filename));
  });

  it("puts a file into a directory, whether dest says so or is one, or leads to one", async () => {
    mkdirSync(join(at, "into"));
    symlinkSync("into", join(at, "to into"));
    writeFileSync(join(at, "one"), "1");
    chmodSync(join(at, "one"), 0o751);
    const tasks = ["into/", "into", "to into"].map(
      (dest) => () => copy({ src: join(at, "one"), dest: `${at}/${dest}`, mode: "preserve" }),
    );
    expect((await runTasks(tasks)).statuses).toEqual(["changed", "ok", "ok"]);
    expect(mode(join(at, "into/one"))).toBe("751");
    expect(readlinkSync(join(at, "to into"))).toBe("into");
  });

  it("copies a directory's content, or the directory, one change a file, and removes nothing", async () => {
    const source = join(at, "source");
    mkdirSync(join(source, "sub dir/empty"), { recursive: true });
    writeFileSync(join(source, "a"), "a");
    writeFileSync(join(source, "sub dir/b's"), "b");
    symlinkSync("a", join(source, "link"));
    chmodSync(join(source, "sub dir/b's"), 0o700);
    mkdirSync(join(at, "target"));
    writeFileSync(join(at, "target/other"), "");
    const content = () =>
      copy({ src: `${source}/`, dest: join(at, "target"), directoryMode: "0750", mode: "preserve" });
    const whole = () => copy({ src: source, dest: join(at, "target"), mode: "0600" });
    const plan = await runTasks([content], { check: true });
    expect(plan.changes.map(({ what }) => what)).toEqual([
      "created a",
      "created link",
      "created sub dir",
      "created sub dir/b's",
      "created sub dir/empty",
    ]);
    const { statuses, error, changes } = await runTasks([content, content, whole, whole]);
    expect({ statuses, error }).toEqual({ statuses: ["changed", "ok", "changed", "ok"], error: undefined });
    expect(changes.slice(0, plan.changes.length)).toEqual(plan.changes);
    expect(readdirSync(join(at, "target")).sort()).toEqual(["a", "link", "other", "source", "sub dir"]);
    expect(lstatSync(join(at, "target/link")).isFile()).toBe(true);
    expect(mode(join(at, "target/sub dir/b's"))).toBe("700");
    expect(mode(join(at, "target/sub dir"))).toBe("750");
    expect(mode(join(at, "target/source/sub dir/b's"))).toBe("600");
  });

  it("looks again at what is alike, where it is another name of what it has changed before", async () => {
    const source = join(at, "two names");
    const dest = join(at, "one name");
    for (const [folder, content] of [
      ["a", "first"],
      ["b", "second"],
    ] as const) {
      mkdirSync(join(source, folder), { recursive: true });
      writeFileSync(join(source, folder, "x"), content);
    }
    mkdirSync(join(dest, "a"), { recursive: true });
    writeFileSync(join(dest, "a/x"), "second");
    symlinkSync("a", join(dest, "b"));
    const { changes, error } = await runTasks([() => copy({ src: `${source}/`, dest })]);
    expect(error).toBeUndefined();
    expect(changes.map(({ what }) => what)).toEqual(["content a/x", "content b/x"]);
    expect(readFileSync(join(dest, "a/x"), "utf8")).toBe("second");
  });

  it("finds a file among many alike whose content, mode or kind is another one", async () => {
    const source = join(at, "alike");
    const dest = join(at, "alike copy");
    mkdirSync(join(source, "sub"), { recursive: true });
    for (const name of ["a", "b", "c", "d", "sub/e"]) writeFileSync(join(source, name), name);
    const task = () => copy({ src: `${source}/`, dest, mode: "0640" });
    await runTasks([task]);
    writeFileSync(join(dest, "b"), "B");
    chmodSync(join(dest, "c"), 0o600);
    rmSync(join(dest, "d"));
    symlinkSync("a", join(dest, "d"));
    rmSync(join(dest, "sub/e"));
    const { changes, statuses } = await runTasks([task, task]);
    expect(changes.map(({ what }) => what)).toEqual(["content b", "mode c", "content d", "created sub/e"]);
    expect(statuses).toEqual(["changed", "ok"]);
  });

  it("copies a link that leads nowhere, or round in a circle, as a link", async () => {
    const source = join(at, "links");
    mkdirSync(join(source, "inside"), { recursive: true });
    symlinkSync("/nowhere at all", join(source, "dangling"));
    symlinkSync("round", join(source, "round"));
    symlinkSync("..", join(source, "inside", "up"));
    symlinkSync(at, join(source, "inside", "above"));
    const dest = join(at, "links-copied");
    const tasks = [() => copy({ src: `${source}/`, dest })];
    expect((await runTasks(tasks, { check: true })).statuses).toEqual(["changed"]);
    const { statuses, error } = await runTasks(tasks);
    expect([statuses, error]).toEqual([["changed"], undefined]);
    const links = ["dangling", "round", "inside/up", "inside/above"];
    expect(links.map((name) => readlinkSync(join(dest, name)))).toEqual([
      "/nowhere at all",
      "round",
      "..",
      at,
    ]);
    expect((await runTasks(tasks)).statuses).toEqual(["ok"]);
    rmSync(join(dest, "dangling"));
    writeFileSync(join(dest, "dangling"), "a file in the link's place");
    expect((await runTasks([...tasks, ...tasks])).statuses).toEqual(["changed", "ok"]);
    expect(readlinkSync(join(dest, "dangling"))).toBe("/nowhere at all");
  });

  it("names all that can't be copied, and waits for none of it", async () => {
    const source = join(at, "special");
    mkdirSync(join(source, "in"), { recursive: true });
    execFileSync("mkfifo", [join(source, "pipe"), join(source, "in", "pipe")]);
    const server = createServer().listen(join(source, "in", "sock"));
    writeFileSync(Buffer.concat([Buffer.from(`${source}/caf`), Buffer.from([0xe9])]), "");
    symlinkSync("/dev/null", join(source, "null"));
    for (const check of [true, false]) {
      const { statuses, error } = await runTasks([() => copy({ src: `${source}/`, dest: join(at, "no") })], {
        check,
      });
      expect(statuses).toEqual(["failed"]);
      const said = [error?.message, ...(error?.details ?? [])].join("\n");
      expect(said).toContain(`${source}/pipe is a named pipe`);
      expect(said).toContain(`${source}/in/pipe is a named pipe`);
      expect(said).toContain(`${source}/in/sock is a socket`);
      expect(said).toContain(`${source}/null is a device`);
      expect(said).toContain(`${source}/café has a name that is not UTF-8`);
      expect(existsSync(join(at, "no"))).toBe(false);
    }
    server.close();
    const alone = await runTasks([() => copy({ src: join(source, "pipe"), dest: join(at, "no") })]);
    expect(alone.error?.message).toContain(`${source}/pipe is a named pipe`);
    const asTemplate = [() => template({ src: join(source, "pipe"), dest: join(at, "no") })];
    expect((await runTasks(asTemplate, { check: true })).error?.message).toContain("it is no file");
  });

  it("asks for everything in one round trip where nothing differs", async () => {
    const source = join(at, "many");
    mkdirSync(source);
    for (let index = 0; index < 20; index++) writeFileSync(join(source, `f${index}`), `${index}`);
    const tasks = () =>
      batch([
        copy({ src: `${source}/`, dest: join(at, "many copy") }),
        copy({ src: join(source, "f0"), dest: join(at, "single") }),
        copy({ dest: join(at, "literal"), content: "x" }),
        file({ path: join(at, "many copy"), state: "directory" }),
      ]);
    await runLocal(tasks);
    const again = await runLocal(tasks);
    expect(again.statuses).toEqual(["ok", "ok", "ok", "ok"]);
    expect(again.roundTrips).toBe(1);
  });

  it("keeps the old file, and says what the check said, if a check refuses", async () => {
    const dest = join(at, "checked");
    writeFileSync(dest, "old\n");
    const { ino } = statSync(dest);
    for (const validate of [
      "echo bad line 3 >&2; grep -q old %s",
      `echo bad line 3 >&2; grep -q old '${dest.replaceAll("'", "'\\''")}'`,
    ]) {
      const { error } = await runTasks([() => copy({ dest, content: "new\n", validate })]);
      expect(error).toMatchObject({ code: "change.failed", details: ["bad line 3"] });
      expect(error?.message).toBe(`content: refused by its check (${validate}), which ended with status 1`);
      expect(readFileSync(dest, "utf8")).toBe("old\n");
      expect(statSync(dest).ino).toBe(ino);
    }
  });

  it("writes a file whose name is as long as a name may be", async () => {
    for (const name of ["n".repeat(255), "ü".repeat(127)]) {
      const dest = join(at, name);
      const { statuses } = await runTasks([
        () => copy({ dest, content: "new\n", validate: "grep -q new %s" }),
      ]);
      expect(statuses).toEqual(["changed"]);
      expect(readFileSync(dest, "utf8")).toBe("new\n");
    }
  });

  it("takes a check in which other words are quoted", async () => {
    const dest = join(at, "quoted");
    for (const validate of ["grep -q 'a' %s && grep -q 'b' %s", 'test "x" = "x" -a -s %s -a "y" = "y"'])
      expect(
        (await runTasks([() => copy({ dest, content: `ab ${validate}\n`, validate })])).statuses,
      ).toEqual(["changed"]);
  });

  it("says nothing to the user of how it tells a refusal", async () => {
    const dest = join(at, "refused");
    for (const said of ["echo bad >&2", "printf bad >&2", ":"]) {
      const task = () => copy({ dest, content: "new\n", validate: `${said}; false` });
      const { events, error } = await runHere(task);
      expect(error?.message).toContain("refused by its check");
      expect(JSON.stringify([events, error])).not.toContain("showrunner-check");
    }
  });

  it("keeps a backup of the old file", async () => {
    const dest = join(at, "with backup");
    writeFileSync(dest, "old\n");
    await runTasks([() => copy({ dest, content: "new\n", backup: true })]);
    const [kept = ""] = readdirSync(at).filter((name) => name.startsWith("with backup."));
    expect(readFileSync(join(at, kept), "utf8")).toBe("old\n");
  });

  it("replaces a link, or with follow writes what it leads to", async () => {
    for (const name of ["t1", "t2"]) writeFileSync(join(at, name), "old\n");
    symlinkSync("t1", join(at, "l1"));
    symlinkSync("t2", join(at, "l2"));
    const task = (name: string, follow: boolean) => () =>
      copy({ dest: join(at, name), content: "new\n", follow });
    const { statuses } = await runTasks([
      task("l1", false),
      task("l2", true),
      task("l1", false),
      task("l2", true),
    ]);
    expect(statuses).toEqual(["changed", "changed", "ok", "ok"]);
    expect([lstatSync(join(at, "l1")).isFile(), readFileSync(join(at, "t1"), "utf8")]).toEqual([
      true,
      "old\n",
    ]);
    expect([readlinkSync(join(at, "l2")), readFileSync(join(at, "t2"), "utf8")]).toEqual(["t2", "new\n"]);
  });

  it("is likely, in a plan, where a command may make the directory", async () => {
    const dest = join(at, "made later", "x");
    const { statuses } = await runTasks(
      [() => command({ argv: ["true"] }), () => copy({ dest, content: "x" })],
      { check: true },
    );
    expect(statuses).toEqual(["changed", "likely"]);
  });

  it("is certain, in a plan, in a directory that the plan makes", async () => {
    const folder = join(at, "planned");
    const { statuses, error } = await runTasks(
      [
        () => file({ path: folder, state: "directory" }),
        () => copy({ dest: join(folder, "x"), content: "x" }),
        () => copy({ dest: join(folder, "x"), content: "x" }),
      ],
      { check: true },
    );
    expect({ statuses, error }).toEqual({ statuses: ["changed", "changed", "ok"], error: undefined });
  });
});

describe("what can't be written", () => {
  it.each([10, 400_000])("says why in the one line that all reports have: %i bytes", async (size) => {
    const { error } = await runLocal(() => copy({ dest: "/proc/none", content: "x".repeat(size) }));
    expect(error?.message).toMatch(/\/proc\/none.*: .*(No such file or directory|Permission denied)/);
    expect(error?.message).not.toMatch(/ended with status|showrunner-/);
    expect(error?.details).toEqual([]);
  });

  it("says why of a directory, too", async () => {
    const { error } = await runLocal(() => file({ path: "/proc/none/a", state: "directory" }));
    expect(error?.message).toMatch(/\/proc\/none: .*(No such file or directory|Permission denied)/);
  });
});
