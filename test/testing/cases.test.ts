import { describe, expect, it } from "vitest";
import { file as fileFact, fileText } from "../../src/facts/files.ts";
import { change, defineFact, defineModule, fail, sh, Type } from "../../src/kit/index.ts";
import { file } from "../../src/modules/files/file.ts";
import { type Case, cases, holdToLaw, idempotenceLaw, lawTable } from "../../src/testing/index.ts";

const level = defineFact<string, number>({
  name: "cases.level",
  restsOn: () => [],
  script: () => sh`:`,
  parse: (_, keys) => new Map(keys.map((key) => [key, 0])),
});

const tank = defineModule({
  name: "tank",
  summary: "Fills a tank.",
  params: { name: Type.String(), level: Type.Integer(), leaky: Type.Optional(Type.Boolean()) },
  async *plan(host, p) {
    const now = await host.fact(level, p.name);
    if (now > p.level) fail(`${p.name} can't be emptied`);
    const sets = p.leaky ? [] : [level.is(p.name, p.level)];
    const touches = p.leaky ? [level.of(p.name)] : [];
    if (now < p.level)
      yield change({ what: "level", before: now, after: p.level, script: sh`pour`, sets, touches });
  },
});

type TankCase = Case<Parameters<typeof tank>[0]>;

const filled: TankCase = {
  name: "fills",
  params: { name: "a", level: 2 },
  facts: [level.is("a", 1)],
  changes: [{ what: "level", before: 1, after: 2 }],
  end: level.is("a", 2),
};

const hold = (more: Partial<TankCase>) => cases(tank, [{ ...filled, ...more }]).pure[0]?.hold();

describe("a case without a host", () => {
  it("holds where the plan comes to its changes and to its end, and then to nothing", async () => {
    await hold({});
    await hold({ facts: [level.is("a", 2)], changes: [] });
    await hold({ facts: [level.is("a", 3)], changes: [], fails: "a can't be emptied", end: [] });
    await hold({ facts: [level.is("a", 3)], changes: [], fails: /can't be (filled|emptied)/, end: [] });
  });

  it("says what differs", async () => {
    await expect(hold({ changes: ["depth"] })).rejects.toThrow("expected depth, got level");
    await expect(hold({ changes: [] })).rejects.toThrow("expected no change, got level");
    await expect(hold({ changes: [{ what: "level", before: 0 }] })).rejects.toThrow(
      "expected { what: 'level', before: 0 }, got { what: 'level', before: 1, after: 2 }",
    );
    await expect(hold({ end: level.is("a", 9) })).rejects.toThrow(
      "at the end, cases.level a: expected 9, got 2",
    );
    await expect(hold({ fails: "a can't be emptied" })).rejects.toThrow("did not fail");
    await expect(hold({ facts: [level.is("a", 3)] })).rejects.toThrow("failed: a can't be emptied");
    await expect(hold({ facts: [] })).rejects.toThrow("the case gives no fact cases.level for a");
    await expect(hold({ again: ["level"] })).rejects.toThrow("done again: expected level, got no change");
  });

  it("does not go on with a fact whose state is not known", async () => {
    await hold({ params: { name: "a", level: 2, leaky: true }, end: [] });
    const leaky = tank({ name: "a", level: 2, leaky: true });
    await expect(idempotenceLaw(leaky, { facts: [level.is("a", 1)] })).rejects.toThrow("not idempotent");
  });

  it("says which facts of its end only a host shows, and fails where it runs on no host", async () => {
    const leaky = { params: { name: "a", level: 2, leaky: true } };
    const report = await holdToLaw({
      cases: [
        cases(tank, [
          { ...filled, ...leaky, start: "" },
          { ...filled, name: "sets", start: "" },
        ]),
      ],
      hosts: [],
    });
    expect(report.failures).toEqual([]);
    expect(report.onlyOnHosts).toEqual([{ module: "tank", name: "fills", facts: ["cases.level a"] }]);
    await expect(hold(leaky)).rejects.toThrow(
      "only a host shows its end, and without `start` it runs on none: cases.level a",
    );
    await expect(hold({ end: "dip a" })).rejects.toThrow("without `start` it runs on none: dip a");
  });

  it("knows what becomes of everything below a directory that is removed", async () => {
    const gone = (end: TankCase["end"]) =>
      cases(file, [
        {
          name: "gone",
          params: { path: "/srv/app", state: "absent" },
          facts: [
            fileFact.is("/srv/app", { type: "directory", mode: "0755", owner: "root", group: "root" }),
            fileText.is("/srv/app/a", "one"),
          ],
          changes: ["removed"],
          ...(end === undefined ? {} : { end }),
        },
      ]).pure[0]?.hold();
    await gone(fileText.is("/srv/app/a", undefined));
    await expect(gone(fileText.is("/srv/app/a", "one"))).rejects.toThrow(
      "at the end, file.text /srv/app/a: expected 'one', got undefined",
    );
  });

  it("finds there what all cases find, unless it says otherwise", async () => {
    const facts = [level.is("a", 2)];
    const list: TankCase[] = [
      { ...filled, facts: [], changes: [] },
      { ...filled, name: "fills an empty one", facts: [level.is("a", 0)], changes: ["level"] },
    ];
    for (const one of cases(tank, list, { facts }).pure) await one.hold();
  });
});

describe("cases", () => {
  it("have a name each, and begin somewhere", () => {
    expect(() => cases(tank, [filled, filled])).toThrow('tank: the case "fills" is there twice');
    const { facts: _, ...nowhere } = filled;
    expect(() => cases(tank, [nowhere])).toThrow('tank: the case "fills" begins nowhere');
  });

  it("are counted in a table", () => {
    const held = { passed: 3, failed: 0 };
    const counts = [
      { passed: 12, failed: 0 },
      held,
      { passed: 1, failed: 2 },
      held,
      held,
      held,
      { passed: 0, failed: 0 },
    ];
    expect(lawTable([{ module: "tank", suite: "trixie", counts }])).toEqual([
      "module  suite   pure  predicts  applies  idempotent  facts  interrupted  hostile",
      "tank    trixie    12         3      1/3           3      3            3        -",
    ]);
  });
});
