import { describe, expect, test } from "vitest";
import { rawScript } from "../../src/base/script.ts";
import {
  defineFact,
  type Fact,
  type FactValue,
  factNamed,
  nothingElse,
  type Touch,
} from "../../src/core/facts/fact.ts";
import { Reach } from "../../src/core/facts/invalidation.ts";
import { dpkgPackage } from "../../src/facts/dpkg.ts";
import { fileFacts } from "../../src/facts/file-effects.ts";
import { treeDifference } from "../../src/facts/file-tree.ts";
import { file, fileText } from "../../src/facts/files.ts";
import { self } from "../../src/facts/self.ts";
import { unit } from "../../src/facts/systemd.ts";
import {
  accountFilesAltered,
  groupId,
  userAttribute,
  userExists,
  userGroups,
  userPassword,
} from "../../src/facts/users.ts";

const plain = { script: () => rawScript(":"), parse: () => new Map<string, string>() };
const resting = defineFact<string, string>({
  ...plain,
  name: "test.resting",
  restsOn: (key) => [`/etc/${key}`],
});
const elsewhere = defineFact<string, string>({ ...plain, name: "test.elsewhere", restsOn: nothingElse });
const unsaid = defineFact<string, string>({ ...plain, name: "test.unsaid" });
const answered = defineFact<string, string>({ ...plain, name: "test.answered", about: "services" });

const installed = dpkgPackage.is("curl", "manual");
const absent = { type: "absent" } as const;
const noLinks = { of: (path: string) => path, version: 0 };
const links = new Map([["/lib/app", "/etc/app"]]);

describe("a change reaches a fact that rests on a file", () => {
  const cases: [string, readonly FactValue[], readonly Touch[], boolean][] = [
    ["that it sets", [file.is("/etc/app", absent)], [], true],
    ["below which it sets something", [file.is("/etc/app/conf", absent)], [], true],
    ["that it touches", [], [fileText.of("/etc/app")], true],
    ["that it sets by another name", [file.is("/lib/app", absent)], [], true],
    ["not if it touches that alone", [], [{ fact: fileText.name, keys: ["/etc/app"], alone: true }], false],
    ["with the whole tree that it is in", [], [file.below("/etc")], true],
    ["with a part of the tree that it is", [], [file.below("/etc/app/d")], true],
    ["not if it sets one beside it", [file.is("/etc/application", absent)], [], false],
    ["not if it sets the directory that it is in", [file.is("/etc", absent)], [], false],
    ["not if it touches trees above", [], [file.above("/etc/app")], false],
  ];
  test.each(cases)("%s", (_, sets, touches, reached) => {
    const realPaths = { of: (path: string) => links.get(path) ?? path, version: 0 };
    const reach = new Reach(sets, touches);
    const known = { key: "app", realPath: undefined, current: { value: "x" } };
    expect(reach.includes({ ...known, fact: resting }, realPaths)).toBe(reached);
    expect(reach.includes({ ...known, fact: elsewhere }, realPaths)).toBe(false);
  });

  test("as units do on their files, their templates' and their drop-ins", () => {
    const reached = (path: string) =>
      new Reach([file.is(path, absent)], []).includes(
        { fact: unit, key: "worker@1.service", realPath: undefined, current: undefined },
        noLinks,
      );
    for (const path of [
      "/etc/systemd/system/worker@1.service",
      "/etc/systemd/system/worker@.service",
      "/usr/lib/systemd/system/worker@.service",
      "/run/systemd/system/worker@1.service.d/a.conf",
      "/etc/init.d/worker@1",
    ])
      expect([path, reached(path)]).toEqual([path, true]);
    expect(reached("/etc/systemd/system/other.service")).toBe(false);
  });
});

describe("a change reaches a fact that does not say what it rests on", () => {
  const cases: [string, readonly FactValue[], readonly Touch[], boolean][] = [
    ["whatever it sets", [file.is("/srv/x", absent)], [], true],
    ["whatever it touches", [], [unit.of("x.service")], true],
    ["if it installs something", [installed], ["arrivals"], true],
    ["if it restarts something", [], ["services"], true],
    ["if it says nothing of what it touches", [], ["everything"], true],
    ["not if it says that it alters nothing", [], [], false],
    ["if it sets it", [unsaid.is("app", "y")], [], false], // what it sets is stale by itself
    ["if it touches it", [], [unsaid.of("app")], true],
    ["if it touches all of it", [file.is("/srv/x", absent)], [unsaid.of()], true],
    ["not if it names others of it", [unsaid.is("other", "y"), file.is("/srv/x", absent)], [], false],
    ["not if it touches others of it", [], [unsaid.of("other"), file.of("/srv/x")], false],
  ];
  test.each(cases)("%s", (_, sets, touches, reached) => {
    const known = { key: "app", realPath: undefined, current: { value: "x" } };
    const reach = new Reach(sets, touches);
    expect(reach.includes({ ...known, fact: unsaid }, noLinks)).toBe(reached);
    // what running software answers has touches of its own
    const isAsked = touches.includes("services") || touches.includes("everything");
    expect(reach.includes({ ...known, fact: answered }, noLinks)).toBe(isAsked);
  });
});

describe("accounts", () => {
  const facts = [
    [userExists, "app"],
    [userAttribute, { user: "app", attribute: "uid" }],
    [userGroups, "app"],
    [userPassword, "app"],
    [groupId, "app"],
    [self, ""],
  ] as const;
  const reached = (sets: readonly FactValue[]) =>
    facts.map(([fact, key]) =>
      new Reach(sets, []).includes(
        { fact: factNamed(fact.name) ?? unsaid, key, realPath: undefined, current: undefined },
        noLinks,
      ),
    );

  test.each(["/etc/passwd", "/etc/group", "/etc/shadow"])("are read again once a task wrote %s", (path) => {
    expect(reached([file.is(path, absent)])).toEqual(facts.map(() => true));
  });

  test("are not, once a task has made another one", () => {
    expect(reached([userExists.is("other", true)])).toEqual(facts.map(() => false));
  });
});

describe("all that is known of a path", () => {
  test.each([
    ["/srv/app", file, "/srv/app", true],
    ["/srv/app/", file, "/srv/app", true],
    ["/srv/app", fileText, "/srv/app/below", true],
    ["/srv/app", file, "/srv", false],
    ["/srv/app", file, "/srv/application", false],
    ["/", fileText, "/srv/app", true],
    ["/etc", userExists, "app", true],
    ["/srv", userExists, "app", false],
  ])("of %s holds %o of %s: %s", (path, fact, key, holds) => {
    const reach = new Reach([], fileFacts(path));
    const known = { fact: factNamed(fact.name) ?? unsaid, key, realPath: undefined, current: undefined };
    expect(reach.includes(known, noLinks)).toBe(holds);
  });

  test.each([
    ["/srv", true],
    ["/srv/app", true],
    ["/srv/app/data", true],
    ["/srv/other", false],
  ])("holds the tree below %s: %s", (path, holds) => {
    const reach = new Reach([], fileFacts("/srv/app"));
    const known = { fact: factNamed(treeDifference.name) ?? unsaid, key: { path }, realPath: undefined };
    expect(reach.includes({ ...known, current: undefined }, noLinks)).toBe(holds);
  });
});

describe("a change that lists very many paths", () => {
  const paths = Array.from({ length: 2000 }, (_, index) => `/srv/app/node_modules/package-${index}/index.js`);

  test.each([
    ["touches them", [], [file.of(...paths)]],
    ["sets them", paths.map((path) => file.is(path, absent)), []],
  ] as const)("is soon compared with as many known facts: it %s", (_, sets, touches) => {
    const reach = new Reach(sets, touches);
    const begun = performance.now();
    for (const path of paths) {
      const known = { realPath: undefined, current: undefined };
      expect(reach.includes({ ...known, fact: resting, key: path }, noLinks)).toBe(false);
      expect(reach.includes({ ...known, fact: file, key: `${path}.map` }, noLinks)).toBe(false);
    }
    expect(performance.now() - begun).toBeLessThan(1500);
  });

  test("knows what was found to lie elsewhere since it was compared last", () => {
    const reach = new Reach([], [file.of("/lib/app")]);
    const known = { fact: resting, key: "app", realPath: undefined, current: undefined };
    expect(reach.includes(known, noLinks)).toBe(false);
    expect(reach.includes(known, { of: (path) => links.get(path) ?? path, version: 1 })).toBe(true);
  });
});

test("a tool that writes the files of users says itself of which users", () => {
  const reach = new Reach([userExists.is("a", true)], accountFilesAltered);
  const reaches = (fact: Fact<string, unknown>, key: string) =>
    reach.includes({ fact, key, realPath: undefined, current: { value: "x" } }, noLinks);
  expect(reaches(userExists, "b")).toBe(false);
  expect(reaches(fileText, "/etc/passwd")).toBe(true);
  expect(reaches(fileText, "/etc/subuid")).toBe(true);
});
