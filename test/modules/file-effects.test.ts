/** What a module's change at a path says of all that is known of files there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshAptLists } from "../../src/facts/apt-lists.ts";
import { cutOffInstallation } from "../../src/facts/cut-off-installation.ts";
import { dpkgInterrupted } from "../../src/facts/dpkg.ts";
import { attributesSet, contentAltered, fileRemoved, fileWritten } from "../../src/facts/file-effects.ts";
import { emptyDirectory, holdsOnly, treeDifference } from "../../src/facts/file-tree.ts";
import { type FileState, file, fileContent } from "../../src/facts/files.ts";
import { ownedFiles as owned } from "../../src/facts/owned-files.ts";
import { self } from "../../src/facts/self.ts";
import { type UnitState, unit } from "../../src/facts/systemd.ts";
import { unitInstall } from "../../src/facts/unit-install.ts";
import { groupExists, userAttribute, userExists } from "../../src/facts/users.ts";
import { type Change, change, type FactValue, rawScript, type Task } from "../../src/kit/index.ts";
import * as modules from "../../src/modules/index.ts";
import { forgottenFileFacts } from "../../src/testing/file-effects.ts";
import { planTask } from "../../src/testing/plan.ts";

const absent: FileState = { type: "absent" };
const regular: FileState = { type: "file", mode: "0600", owner: "root", group: "root" };
const directory: FileState = { type: "directory", mode: "0755", owner: "root", group: "root" };
const link: FileState = { type: "link", target: "/srv/old", owner: "root", group: "root" };
const mask: FileState = { ...link, target: "/dev/null" };
const path = "/srv/app";

const root = self.is("", { user: "root", group: "root" });
const stands = (state: FileState, content = "old\n"): FactValue[] => [
  ...(state.type === "file"
    ? fileWritten(path, { state, content }).sets
    : [file.is(path, state), ...fileRemoved(path).sets.slice(1)]),
  file.is("/srv", directory),
  file.is("/srv/new", absent),
  emptyDirectory.is(path, true),
  root,
];

const unitPath = "/etc/systemd/system/app.service";
const loaded: UnitState = {
  id: "app.service",
  load: "loaded",
  active: "inactive",
  oneshot: false,
  file: "disabled",
  stale: false,
};
const wants = "multi-user.target.wants/app.service";
const unitIs = (state: FileState, now: Partial<UnitState> = {}): FactValue[] => [
  file.is(unitPath, state),
  fileContent.is(unitPath, state.type === "file" ? Buffer.from("old") : undefined),
  unit.is("app.service", { ...loaded, ...now }),
  unitInstall.is("app.service", { links: [wants], also: [] }),
  file.is("/etc/init.d/app", absent),
  ...["/etc/systemd/system", "/run/systemd/system"].flatMap((folder) =>
    ["multi-user.target.wants", wants].map((name) => file.is(`${folder}/${name}`, absent)),
  ),
];
const key = { path, owner: "root", group: undefined };

/** What the tools for users keep of their files, the last time. */
const kept = ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"].map((name) =>
  file.is(`/etc/${name}-`, regular),
);

const cases: readonly [string, Task<unknown>, readonly FactValue[]][] = [
  ["copy: a new file", modules.copy({ dest: path, content: "new\n" }), stands(absent)],
  [
    "copy: another content, with a backup",
    modules.copy({ dest: path, content: "new\n", backup: true }),
    stands(regular),
  ],
  ["copy: in the place of a link", modules.copy({ dest: path, content: "new\n" }), stands(link)],
  ["lineinfile", modules.lineinfile({ path, line: "new" }), stands(regular)],
  ["blockinfile", modules.blockinfile({ path, block: "new" }), stands(regular)],
  ["file: mode", modules.file({ path, mode: "0644" }), stands(regular)],
  ["file: a directory", modules.file({ path, state: "directory" }), stands(absent)],
  ["file: a link", modules.file({ path, state: "link", src: "/srv/new", force: true }), stands(absent)],
  [
    "file: a link over a file",
    modules.file({ path, state: "link", src: "/srv/new", force: true }),
    stands(regular),
  ],
  [
    "file: a link over a directory",
    modules.file({ path, state: "link", src: "/srv/new", force: true }),
    stands(directory),
  ],
  ["file: another link", modules.file({ path, state: "link", src: "/srv/new", force: true }), stands(link)],
  ["file: touched", modules.file({ path, state: "touch" }), stands(absent)],
  ["file: a file removed", modules.file({ path, state: "absent" }), stands(regular)],
  ["file: a directory removed", modules.file({ path, state: "absent" }), stands(directory)],
  ["file: a link removed", modules.file({ path, state: "absent" }), stands(link)],
  [
    "file: everything below",
    modules.file({ path, state: "directory", owner: "root", recurse: true }),
    [...stands(directory), treeDifference.is(key, [`${path}/a`]), userExists.is("root", true)],
  ],
  ["ownedFiles", modules.ownedFiles({ owner: "role", files: [path] }), [owned.is("", {})]],
  [
    "ownedFiles: the last one removed",
    modules.ownedFiles({ owner: "role", files: [], prune: true }),
    [
      owned.is("", { role: [path, `${path}.d/`] }),
      ...stands(regular),
      file.is(`${path}.d`, directory),
      holdsOnly.is({ path: `${path}.d`, names: "" }, true),
    ],
  ],
  ["systemdUnit: new", modules.systemdUnit({ name: "app.service", content: "new" }), unitIs(absent)],
  ["systemdUnit: another", modules.systemdUnit({ name: "app.service", content: "new" }), unitIs(regular)],
  [
    "systemdUnit: a mask taken away",
    modules.systemdUnit({ name: "app.service", content: "new" }),
    unitIs(mask),
  ],
  ["systemdUnit: removed", modules.systemdUnit({ name: "app.service", state: "absent" }), unitIs(regular)],
  ["systemd: masked", modules.systemd({ name: "app", masked: true }), unitIs(absent)],
  ["systemd: unmasked", modules.systemd({ name: "app", masked: false }), unitIs(mask, { load: "masked" })],
  [
    "user: with a home",
    modules.user({ name: "app", home: path }),
    [
      ...kept,
      userExists.is("app", false),
      groupExists.is("app", false),
      userAttribute.is({ user: "app", attribute: "home" }, undefined),
    ],
  ],
  [
    "user: another home",
    modules.user({ name: "app", home: "/srv/new", moveHome: true }),
    [...kept, userExists.is("app", true), userAttribute.is({ user: "app", attribute: "home" }, path)],
  ],
  ["group", modules.group({ name: "app" }), [...kept, groupExists.is("app", false)]],
  [
    "apt: package lists",
    modules.apt({ updateCache: true, cacheValidTime: 0 }),
    [
      dpkgInterrupted.is("", false),
      cutOffInstallation.is("", { automatic: [], named: [] }),
      freshAptLists.is({ within: 300 }, false),
    ],
  ],
];

describe("a change of a module names all facts of files that it may alter", () => {
  it.each(cases)("%s", async (_, task, facts) => {
    const { changes } = await planTask(task, { facts });
    expect(changes.length).toBeGreaterThan(0);
    expect(changes.flatMap((one) => forgottenFileFacts(one, facts))).toEqual([]);
  });

  it("and none is named by hand", () => {
    const folder = join(import.meta.dirname, "../../src/modules");
    const byHand =
      /\b(file|fileHash|fileContent|fileText|treeDifference|emptyDirectory)\.(is|of|below|allBelow|above)\(/;
    const found = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .filter((name) => byHand.test(readFileSync(join(folder, name), "utf8")));
    expect(found).toEqual([]);
  });
});

describe("a change that forgets a fact of files is told", () => {
  const script = rawScript("true");
  const told = (one: Change, before: FileState | undefined) =>
    forgottenFileFacts(one, before === undefined ? [] : [file.is(path, before)]);

  it.each<[string, Change, FileState | undefined, string[]]>([
    [
      "a file, known by its content alone",
      change({ what: "x", script, sets: [file.is(path, regular), fileContent.is(path, Buffer.from("x"))] }),
      regular,
      [`file.sha256 ${path}`, `file.text ${path}`],
    ],
    [
      "a file that comes to be",
      change({ what: "x", script, sets: [file.is(path, regular)] }),
      absent,
      [`file.sha256 ${path}`, `file.content ${path}`, `file.text ${path}`],
    ],
    [
      "what was below a directory",
      change({ what: "x", script, ...fileRemoved(path, regular) }),
      directory,
      ["file", "file.sha256", "file.content", "file.text"].map((name) => `${name} ${path}/below`),
    ],
    [
      "a file that is written whole",
      change({
        what: "x",
        action: { kind: "write", path, content: Buffer.from("x"), mode: "0644" },
        touches: [],
      }),
      absent,
      [
        ...["file", "file.sha256", "file.content", "file.text"].map((name) => `${name} ${path}`),
        "file.empty /srv",
        'file.tree {"owner":"x","path":"/srv"}',
      ],
    ],
    ["nothing where all is said", change({ what: "x", script, ...fileWritten(path) }), undefined, []],
    ["nothing of a mode", change({ what: "x", script, ...attributesSet(path, regular) }), regular, []],
    ["nothing of a content", change({ what: "x", script, ...contentAltered(path) }), regular, []],
    ["nothing of a change that may alter everything", change({ what: "x", script }), undefined, []],
  ])("%s", (_, one, before, forgotten) => {
    expect(told(one, before)).toEqual(forgotten);
  });
});
