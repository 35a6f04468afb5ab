import { describe, expect, it } from "vitest";
import { secret } from "../../../src/base/secret.ts";
import type { Change } from "../../../src/core/facts/change.ts";
import type { FactValue } from "../../../src/core/facts/fact.ts";
import {
  groupExists,
  groupId,
  passwordState,
  type UserAttribute,
  userAttribute,
  userExists,
  userExpiry,
  userGroups,
  userPassword,
} from "../../../src/facts/users.ts";
import { group } from "../../../src/modules/users/group.ts";
import { user } from "../../../src/modules/users/user.ts";
import { idempotenceLaw, planTask } from "../../../src/testing/plan.ts";

const hash = "$6$salt$hash'with a quote";
const is = (attribute: UserAttribute["attribute"], value: string) =>
  userAttribute.is({ user: "ann", attribute }, value);
const there = userExists.is("ann", true);
/** What the host says of somebody who is not there. */
const nobody: readonly FactValue[] = [
  userExists.is("ann", false),
  userGroups.is("ann", []),
  userPassword.is("ann", undefined),
  ...(["uid", "group", "comment", "home", "shell"] as const).map((attribute) =>
    userAttribute.is({ user: "ann", attribute }, undefined),
  ),
];
const absent = [...nobody, groupExists.is("ann", false)];
const groups = (...names: string[]) => names.map((name) => groupExists.is(name, true));

/** What a change runs, behind the look at whose directories the home lies in. */
function script(change: Change | undefined): string {
  const text = change?.action.kind === "script" ? change.action.script.text : "";
  return text.split("\n) || exit\n").at(-1) ?? "";
}

type Params = Omit<Parameters<typeof user>[0], "name">;

const cases: readonly [
  name: string,
  params: Params,
  facts: readonly FactValue[],
  scripts: readonly string[],
][] = [
  ["creates one", {}, absent, ["useradd --create-home -- ann"]],
  [
    "creates one for a system, without a home",
    { system: true, home: "/srv/ann" },
    absent,
    ["useradd --no-create-home --system --home-dir /srv/ann -- ann"],
  ],
  [
    "creates one in the group of the same name",
    {},
    [...nobody, ...groups("ann")],
    ["useradd --create-home --gid ann -- ann"],
  ],
  [
    "creates one with everything",
    { uid: 7, group: "crew", groups: ["sudo", "adm", "crew"], comment: "Ann O'Nym", shell: "/bin/bash" },
    [...nobody, ...groups("crew", "sudo", "adm")],
    [
      "useradd --create-home --uid 7 --gid crew --groups adm,sudo --comment 'Ann O'\\''Nym' --shell /bin/bash -- ann",
    ],
  ],
  [
    "leaves one alone who is as wanted",
    { uid: 7, shell: "/bin/sh", groups: ["adm"] },
    [
      there,
      is("uid", "7"),
      is("group", "ann"),
      is("shell", "/bin/sh"),
      userGroups.is("ann", ["adm"]),
      ...groups("adm"),
    ],
    [],
  ],
  [
    "alters what differs",
    { comment: "Ann", shell: "/bin/bash" },
    [there, is("comment", ""), is("shell", "/bin/bash")],
    ["usermod --comment Ann -- ann"],
  ],
  [
    "moves a home",
    { home: "/srv/ann", moveHome: true },
    [there, is("home", "/home/ann")],
    ["usermod --home /srv/ann --move-home -- ann"],
  ],
  [
    "takes other groups away",
    { groups: ["adm"] },
    [there, is("group", "ann"), userGroups.is("ann", ["adm", "sudo"]), ...groups("adm")],
    ["usermod --groups adm -- ann"],
  ],
  [
    "takes all groups away",
    { groups: [] },
    [there, is("group", "ann"), userGroups.is("ann", ["adm"])],
    ["usermod --groups '' -- ann"],
  ],
  [
    "adds to groups",
    { groups: ["adm"], append: true },
    [there, is("group", "ann"), userGroups.is("ann", ["sudo"]), ...groups("adm")],
    ["usermod --groups adm,sudo -- ann"],
  ],
  [
    "leaves groups that are there already",
    { groups: ["adm"], append: true },
    [there, is("group", "ann"), userGroups.is("ann", ["adm", "sudo"]), ...groups("adm")],
    [],
  ],
  [
    "knows that one is in one's own group, named or not",
    { groups: ["ann", "adm"] },
    [there, is("group", "ann"), userGroups.is("ann", ["adm"]), ...groups("ann", "adm")],
    [],
  ],
  [
    "leaves a password alone",
    { password: secret(hash) },
    [there, userPassword.is("ann", passwordState(hash))],
    [],
  ],
  [
    "leaves a locked password locked",
    { password: secret(hash) },
    [there, userPassword.is("ann", passwordState(`!${hash}`))],
    [],
  ],
  [
    "leaves any password on demand",
    { password: secret(hash), updatePassword: "onCreate" },
    [there, userPassword.is("ann", passwordState("$6$other"))],
    [],
  ],
  [
    "locks a password",
    { passwordLock: true },
    [there, userPassword.is("ann", passwordState(hash))],
    ["usermod --lock -- ann"],
  ],
  [
    "unlocks a password",
    { passwordLock: false },
    [there, userPassword.is("ann", passwordState(`!${hash}`))],
    ["usermod --unlock -- ann"],
  ],
  [
    "creates one whose password is not locked, and has none to unlock",
    { passwordLock: false },
    absent,
    ["useradd --create-home -- ann"],
  ],
  [
    "has nothing to unlock for one without a password",
    { passwordLock: false },
    [there, userPassword.is("ann", passwordState("!!"))],
    [],
  ],
  [
    "unlocks what no password fits",
    { passwordLock: false },
    [there, userPassword.is("ann", passwordState("!*"))],
    ["usermod --unlock -- ann"],
  ],
  [
    "creates one for a while, with a number that somebody has",
    { uid: 7, nonUnique: true, expires: "2027-01-31" },
    [...absent, userExpiry.is("ann", undefined)],
    ["useradd --create-home --uid 7 --non-unique --expiredate 2027-01-31 -- ann"],
  ],
  [
    "lets one stay for ever",
    { expires: "never" },
    [there, userExpiry.is("ann", "2027-01-31")],
    ["usermod --expiredate '' -- ann"],
  ],
  [
    "leaves one who may stay as long as wanted",
    { expires: "2027-01-31" },
    [there, userExpiry.is("ann", "2027-01-31")],
    [],
  ],
  ["removes one with what is hers", { state: "absent", remove: true }, [there], ["userdel --remove -- ann"]],
  ["has nobody to remove", { state: "absent" }, [userExists.is("ann", false)], []],
];

describe("user", () => {
  it.each(cases)("%s", async (_, params, facts, scripts) => {
    const task = () => user({ name: "ann", ...params });
    const { changes } = await planTask(task(), { facts });
    expect(changes.map(script)).toEqual(scripts);
    await idempotenceLaw(task(), { facts });
  });

  it("feeds a password to chpasswd, and puts it on no command line", async () => {
    for (const facts of [absent, [there, userPassword.is("ann", passwordState("!"))]]) {
      const task = () => user({ name: "ann", password: secret(hash) });
      const { changes } = await planTask(task(), { facts });
      const last = changes.at(-1);
      expect(last?.what).toBe("password");
      expect(script(last)).toMatch(/^\{ printf %b 'ann:[^|]*'; \} \| \{\nchpasswd -e\n\}$/);
      expect(JSON.stringify([last?.before, last?.after, last?.sets])).not.toContain("salt");
      await idempotenceLaw(task(), { facts });
    }
  });

  it.each(["*", "!", "!!", "!*", hash, `!${hash}`])("takes %s for a password's hash", (password) => {
    expect(() => user({ name: "ann", password: secret(password) })).not.toThrow();
  });

  it("names the groups that are not there", async () => {
    const facts = [
      there,
      is("group", "ann"),
      ...groups("adm"),
      groupExists.is("crew", false),
      userGroups.is("ann", []),
    ];
    const plan = planTask(user({ name: "ann", groups: ["adm", "crew"] }), { facts });
    await expect(plan).rejects.toMatchObject({ message: "there is no group crew" });
  });

  it("says that files may come under a new home", async () => {
    const { changes } = await planTask(user({ name: "ann" }), { facts: absent });
    expect(changes[0]?.touches).toEqual(
      expect.arrayContaining([
        { fact: "file", keys: ["/home/ann"] },
        { fact: "file", below: "/home/ann" },
      ]),
    );
  });

  it.each([
    [{ name: "ann", state: "absent", uid: 7 }, `\`uid\` goes with \`state: "present"\` only`],
    [{ name: "ann", remove: true }, "goes with"],
    [{ name: "ann", nonUnique: true }, "`nonUnique` needs `uid`"],
    [{ name: "ann", expires: "tomorrow" }, "expires"],
    [{ name: "ann", expires: "2027-02-30" }, "there is no day 2027-02-30"],
    [{ name: "ann", append: true }, "`append` needs `groups`"],
    [{ name: "ann", password: "in the clear" }, "must be a hash"],
    [{ name: "ann", password: "" }, "would let anybody in without one"],
    [{ name: "ann", password: secret("") }, "would let anybody in without one"],
    [{ name: "ann", password: "!!", passwordLock: false }, "unlocked, it would let anybody in"],
    [{ name: "-r" }, "name"],
    [{ name: "ann", comment: "a:b" }, "comment"],
    [{ name: "ann", home: "relative" }, "home"],
  ])("refuses %j", (params, message) => {
    expect(() => user.fromData(params)).toThrow(message);
  });
});

describe("group", () => {
  const exists = (value: boolean, gid?: number) => [groupExists.is("crew", value), groupId.is("crew", gid)];

  it.each([
    ["creates one", {}, exists(false), ["groupadd  -- crew"]],
    ["creates one as asked", { gid: 7, system: true }, exists(false), ["groupadd --system --gid 7 -- crew"]],
    ["leaves one alone", { gid: 7 }, exists(true, 7), []],
    ["gives it another number", { gid: 8 }, exists(true, 7), ["groupmod --gid 8 -- crew"]],
    ["removes one", { state: "absent" }, exists(true, 7), ["groupdel -- crew"]],
    ["has none to remove", { state: "absent" }, exists(false), []],
  ] as const)("%s", async (_, params, facts, scripts) => {
    const task = () => group({ name: "crew", ...params });
    const { changes } = await planTask(task(), { facts });
    expect(changes.map(script)).toEqual(scripts);
    await idempotenceLaw(task(), { facts });
  });

  it("has no number when absent", () => {
    expect(() => group.fromData({ name: "crew", state: "absent", gid: 7 })).toThrow("`gid` goes with");
  });
});
