import { describe, expect, test } from "vitest";
import { rawScript } from "../../src/core/base/script.ts";
import { defineFact, type FactValue, type Touch } from "../../src/core/facts/fact.ts";
import { Reach } from "../../src/core/facts/touching.ts";
import { file, fileText } from "../../src/facts/files.ts";
import { unit } from "../../src/facts/systemd.ts";

const plain = { script: () => rawScript(":"), parse: () => new Map<string, string>() };
const resting = defineFact<string, string>({
  ...plain,
  name: "test.resting",
  restsOn: (key) => [`/etc/${key}`],
});
const elsewhere = defineFact<string, string>({ ...plain, name: "test.elsewhere" });

const absent = { type: "absent" } as const;
const links = new Map([["/lib/app", "/etc/app"]]);

describe("a change reaches a fact that rests on a file", () => {
  const cases: [string, readonly FactValue[], readonly Touch[], boolean][] = [
    ["that it sets", [file.is("/etc/app", absent)], [], true],
    ["below which it sets something", [file.is("/etc/app/conf", absent)], [], true],
    ["that it touches", [], [fileText.of("/etc/app")], true],
    ["that it sets by another name", [file.is("/lib/app", absent)], [], true],
    ["with the whole tree that it is in", [], [file.below("/etc")], true],
    ["with a part of the tree that it is", [], [file.below("/etc/app/d")], true],
    ["not if it sets one beside it", [file.is("/etc/application", absent)], [], false],
    ["not if it sets the directory that it is in", [file.is("/etc", absent)], [], false],
    ["not if it touches trees above", [], [file.above("/etc/app")], false],
  ];
  test.each(cases)("%s", (_, sets, touches, reached) => {
    const placeOf = (path: string) => links.get(path) ?? path;
    const reach = new Reach(sets, touches);
    const known = { key: "app", place: undefined, current: { value: "x" } };
    expect(reach.includes({ ...known, fact: resting }, placeOf)).toBe(reached);
    expect(reach.includes({ ...known, fact: elsewhere }, placeOf)).toBe(false);
  });

  test("as units do on their files, their templates' and their drop-ins", () => {
    const reached = (path: string) =>
      new Reach([file.is(path, absent)], []).includes(
        { fact: unit, key: "worker@1.service", place: undefined, current: undefined },
        (one) => one,
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
