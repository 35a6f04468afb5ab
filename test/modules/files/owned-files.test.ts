import { describe, expect, it } from "vitest";
import { file } from "../../../src/facts/files.ts";
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
    if (after) expect(planned.changes.at(-1)?.sets).toEqual([owned.is("", { ...before, me: after })]);
    expect(planned.value.removed).toEqual(changes.flatMap((what) => what.match(/(?<=removed ).*/) ?? []));
    await idempotenceLaw(task(), { facts });
  });

  it("reads lists as they are kept", () => {
    const lists = "site / web / nginx / nginx\n/etc/a b\n/etc/c\n\nother\n\n";
    expect(parsed(owned, [""], lists).get("")).toEqual({
      "site / web / nginx / nginx": ["/etc/a b", "/etc/c"],
      other: [],
    });
    expect(parsed(owned, [""], "").get("")).toEqual({});
  });

  it.each([
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
});
