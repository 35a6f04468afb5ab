import { requireOwnWay } from "../../core/base/safe-path.ts";
import { SecretString, type Static, type TObject, Type } from "../../core/base/schema.ts";
import { feed, lines, type Script, sh } from "../../core/base/script.ts";
import { type Change, change } from "../../core/facts/change.ts";
import type { Touch } from "../../core/facts/fact.ts";
import { defineModule } from "../../core/tasks/module.ts";
import { fail, type Plan, type PlanHost } from "../../core/tasks/task.ts";
import { file, fileContent, fileHash } from "../../facts/files.ts";
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
} from "../../facts/users.ts";
import { reveal } from "../../secrets/secret.ts";
import { accountPattern } from "./names.ts";

/** What `user` gives. */
export interface UserValue {
  readonly name: string;
  /** The home directory, where it was given or is known. */
  readonly home: string | undefined;
}

const groupName = Type.String({ pattern: accountPattern });

const params = {
  name: Type.String({ pattern: accountPattern, maxLength: 32, description: "the login name" }),
  state: Type.Optional(
    Type.Union([Type.Literal("present"), Type.Literal("absent")], {
      default: "present",
      description: "whether there is such a user",
    }),
  ),
  uid: Type.Optional(Type.Integer({ minimum: 0, description: "the user's number" })),
  nonUnique: Type.Optional(
    Type.Boolean({ default: false, description: "with `uid`: even if another user has that number" }),
  ),
  group: Type.Optional(
    Type.String({
      pattern: accountPattern,
      description: "the primary group, which must exist. Left out: one of the same name",
    }),
  ),
  groups: Type.Optional(
    Type.Array(groupName, {
      description: "further groups, which must exist; others are left, unless `append` is set",
    }),
  ),
  append: Type.Optional(Type.Boolean({ default: false, description: "add to `groups`, leave none" })),
  comment: Type.Optional(Type.String({ pattern: "^[^:\\n]*$", description: "the full name (GECOS)" })),
  home: Type.Optional(Type.String({ pattern: "^/[^:\\n]*$", description: "the home directory" })),
  createHome: Type.Optional(
    Type.Boolean({
      description:
        "if the user is created, create the home directory from /etc/skel. Left out: unless `system`",
    }),
  ),
  moveHome: Type.Optional(
    Type.Boolean({ default: false, description: "if `home` changes, move what is in the old one" }),
  ),
  shell: Type.Optional(Type.String({ pattern: "^/[^:\\n]*$", description: "the login shell" })),
  system: Type.Optional(
    Type.Boolean({
      default: false,
      description: "if the user is created, take a number from the system's range",
    }),
  ),
  password: Type.Optional(
    SecretString({
      description:
        "the password's hash, as `mkpasswd -m yescrypt` makes it; `*` for none, with `!` before it locked; an empty one is refused",
    }),
  ),
  updatePassword: Type.Optional(
    Type.Union([Type.Literal("always"), Type.Literal("onCreate")], {
      default: "always",
      description: "`onCreate`: leave the password of a user who is there",
    }),
  ),
  expires: Type.Optional(
    Type.String({
      pattern: "^(\\d{4}-\\d{2}-\\d{2}|never)$",
      description: "the day from which the user can log in no more, as `2027-01-31`, or `never`",
    }),
  ),
  passwordLock: Type.Optional(
    Type.Boolean({
      description:
        "whether logging in with a password is blocked; false: nothing is done for a user who has none",
    }),
  ),
  remove: Type.Optional(
    Type.Boolean({
      default: false,
      description: "with `absent`: remove the home directory and the mail as well",
    }),
  ),
  force: Type.Optional(
    Type.Boolean({ default: false, description: "with `absent`: even if the user is logged in" }),
  ),
};

type Params = Static<TObject<typeof params>>;

/**
 * Creates, alters and removes a user.
 *
 * The password is a hash and reaches the host on chpasswd's standard input, in no process list.
 *
 * @throws ShowrunnerError `task.failed` if a group does not exist, `change.failed` with useradd's reason
 *
 * @example
 * await user({ name: "deploy", groups: ["sudo"], append: true, shell: "/bin/bash" });
 * await user({ name: "app", system: true, group: "app", home: "/srv/app", shell: "/usr/sbin/nologin" });
 */
export const user = defineModule({
  name: "user",
  summary: "Creates, alters and removes a user.",
  params,
  examples: [
    `user({ name: "deploy", groups: ["sudo"], append: true, shell: "/bin/bash" })`,
    `user({ name: "app", system: true, home: "/srv/app", shell: "/usr/sbin/nologin" })`,
    `user({ name: "old", state: "absent", remove: true })`,
  ],
  title: ({ name }) => name,
  check(p) {
    if (p.state === "absent") {
      const given = (
        ["uid", "group", "groups", "comment", "home", "shell", "password", "passwordLock", "expires"] as const
      ).find((name) => p[name] !== undefined);
      if (given !== undefined) fail(`an absent user has no \`${given}\``);
    } else if (p.remove === true || p.force === true) {
      fail('`remove` and `force` go with `state: "absent"` only');
    }
    if (p.append === true && p.groups === undefined) fail("`append` needs `groups`");
    if (p.nonUnique === true && p.uid === undefined) fail("`nonUnique` needs `uid`");
    if (p.expires !== undefined && !isDay(p.expires))
      fail(`expires: there is no day ${p.expires}`, "expected one such as `2027-01-31`, or `never`");
    if (p.moveHome === true && p.home === undefined) fail("`moveHome` needs `home`");
    if (p.password !== undefined) checkPassword(reveal(p.password), p.passwordLock);
  },
  async *plan(host, p) {
    if (p.state === "absent") return yield* remove(host, p);
    // what altering needs is asked for together with whether there is anything to alter: one round trip
    const [exists] = await Promise.all([host.fact(userExists, p.name), present(host, p)]);
    return exists ? yield* alter(host, p) : yield* create(host, p);
  },
});

/** An empty hash is a password that everybody has. */
function checkPassword(hash: string, locked: boolean | undefined): void {
  const without = "`*` is the hash that no password has";
  if (hash === "") fail("`password` is empty: the account would let anybody in without one", without);
  if (!/^(!+|!*(\$[^:\n]+|\*))$/.test(hash))
    fail(
      "`password` must be a hash, which begins with `$`, or `*` for none",
      "make one with `mkpasswd -m yescrypt` or `openssl passwd -6`",
    );
  if (locked === false && /^!+$/.test(hash))
    fail("`password` is a lock with no hash behind it: unlocked, it would let anybody in", without);
}

/** What is so of a user that is there. */
async function present(host: PlanHost, p: Params) {
  const { name } = p;
  return Promise.all([
    Promise.all(attributes(p).map(([attribute]) => host.fact(userAttribute, { user: name, attribute }))),
    p.groups === undefined ? undefined : host.fact(userGroups, name),
    p.groups === undefined
      ? undefined
      : (p.group ?? host.fact(userAttribute, { user: name, attribute: "group" })),
    p.password === undefined && p.passwordLock === undefined ? undefined : host.fact(userPassword, name),
    p.expires === undefined ? undefined : host.fact(userExpiry, name),
    Promise.all(namedGroups(p).map((group) => host.fact(groupExists, group))),
  ]);
}

function namedGroups({ group, groups = [] }: Params): string[] {
  return [...new Set([...(group === undefined ? [] : [group]), ...groups])];
}

/** The groups that a task names must be there before. */
async function requireGroups(host: PlanHost, p: Params): Promise<void> {
  const named = namedGroups(p);
  const exist = await Promise.all(named.map((name) => host.fact(groupExists, name)));
  const missing = named.filter((_, index) => !exist[index]);
  host.require(
    missing.length === 0,
    `there is no group ${missing.join(", ")}`,
    'create it before: `group({ name: "…" })`',
  );
}

async function* create(host: PlanHost, p: Params): Plan<UserValue> {
  const { name } = p;
  const [taken] = await Promise.all([
    p.group === undefined ? host.fact(groupExists, name) : undefined,
    requireGroups(host, p),
  ]);
  // useradd would make a group of the user's name, and fails if there is one
  const group = p.group ?? (taken === true ? name : undefined);
  const createHome = p.createHome ?? p.system !== true;
  const home = p.home ?? `/home/${name}`;
  const groups = [...new Set(p.groups ?? [])].filter((one) => one !== group).sort();
  const options = [
    createHome ? "--create-home" : "--no-create-home",
    ...(p.system === true ? ["--system"] : []),
    ...option("--uid", p.uid),
    ...(p.nonUnique === true ? ["--non-unique"] : []),
    ...option("--gid", group),
    ...(groups.length === 0 ? [] : ["--groups", groups.join(",")]),
    ...option("--comment", p.comment),
    ...option("--home-dir", p.home),
    ...option("--shell", p.shell),
    ...option("--expiredate", p.expires && expiryOption(p.expires)),
  ];
  const given = attributes({ ...p, group });
  yield change({
    what: "created",
    after: name,
    script: lines(...(createHome ? [ownWay(sh`${home}`)] : []), sh`useradd ${options} -- ${name}`),
    sets: [
      userExists.is(name, true),
      ...given.map(([attribute, value]) => userAttribute.is({ user: name, attribute }, value)),
      userGroups.is(name, groups),
      ...(p.expires === undefined ? [] : [userExpiry.is(name, p.expires)]),
    ],
    touches: [
      ...attributeNames.map((attribute) => userAttribute.of({ user: name, attribute })),
      userPassword.of(name),
      userExpiry.of(name),
      groupExists.of(name),
      groupId.of(name),
      ...(createHome ? underHome(home) : []),
    ],
  });
  yield* setPassword(host, p, true);
  return { name, home };
}

async function* alter(host: PlanHost, p: Params): Plan<UserValue> {
  const { name } = p;
  const wanted = attributes(p);
  const [now, groupsNow, primary] = await present(host, p);
  await requireGroups(host, p);
  for (const [index, [attribute, value]] of wanted.entries()) {
    const before = now[index];
    if (before === value) continue;
    const flags = [
      flagOf[attribute],
      value,
      ...(attribute === "home" && p.moveHome === true ? ["--move-home"] : []),
      ...(attribute === "uid" && p.nonUnique === true ? ["--non-unique"] : []),
    ];
    yield change({
      what: attribute,
      before,
      after: value,
      script: lines(
        ...(attribute === "home" && p.moveHome === true ? [ownWay(homeOf(name)), ownWay(sh`${value}`)] : []),
        sh`usermod ${flags} -- ${name}`,
      ),
      sets: [userAttribute.is({ user: name, attribute }, value)],
      touches: touchedBy(attribute, before, value),
      altersUser: name,
    });
  }
  if (p.groups !== undefined && groupsNow !== undefined) yield* setGroups(p, p.groups, groupsNow, primary);
  yield* setPassword(host, p, false);
  if (p.expires !== undefined) yield* setExpiry(p, p.expires, await host.fact(userExpiry, name));
  return { name, home: p.home };
}

function* setExpiry({ name }: Params, expires: string, now: string | undefined): Generator<Change, void> {
  if (now === expires) return;
  yield change({
    what: "expires",
    before: now,
    after: expires,
    script: sh`usermod --expiredate ${expiryOption(expires)} -- ${name}`,
    sets: [userExpiry.is(name, expires)],
  });
}

/** As useradd and usermod take it. */
function expiryOption(expires: string): string {
  return expires === "never" ? "" : expires;
}

function isDay(text: string): boolean {
  if (text === "never") return true;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** @param primary the primary group, of which one is a member anyway: the host does not list it */
function* setGroups(
  p: Params,
  groups: readonly string[],
  now: readonly string[],
  primary: string | undefined,
): Generator<Change, void> {
  const own = groups.filter((one) => one !== primary);
  const next = [...new Set(p.append === true ? [...now, ...own] : own)].sort();
  if (next.join() === [...now].sort().join()) return;
  yield change({
    what: "groups",
    before: now.join(","),
    after: next.join(","),
    script: sh`usermod --groups ${next.join(",")} -- ${p.name}`,
    sets: [userGroups.is(p.name, next)],
    altersUser: p.name,
  });
}

async function* setPassword(host: PlanHost, p: Params, created: boolean): Plan<void> {
  const { name, password, passwordLock } = p;
  const sets = password !== undefined && (created || p.updatePassword !== "onCreate");
  if (!sets && passwordLock === undefined) return;
  // the hash that comes with creating is useradd's own: none, and locked
  let now = created ? passwordState("!") : await host.fact(userPassword, name);
  if (sets) {
    const given = reveal(password);
    const wanted = passwordState(given);
    const locked =
      passwordLock ?? (given.startsWith("!") || (now?.locked === true && now.digest === wanted.digest));
    const next = { digest: wanted.digest, locked };
    if (now?.digest !== next.digest || now.locked !== next.locked) {
      const hash = `${locked ? "!" : ""}${given.replace(/^!+/, "")}`;
      yield change({
        what: "password",
        script: feed(`${name}:${hash}\n`, sh`chpasswd -e`),
        sets: [userPassword.is(name, next)],
      });
      now = next;
    }
  }
  if (passwordLock === undefined || now === undefined || now.locked === passwordLock) return;
  // behind this lock is no password: there is nothing to unlock, and usermod would leave it as it is
  if (!passwordLock && now.digest === passwordState("").digest) return;
  yield change({
    what: passwordLock ? "password locked" : "password unlocked",
    script: sh`usermod ${passwordLock ? "--lock" : "--unlock"} -- ${name}`,
    sets: [userPassword.is(name, { ...now, locked: passwordLock })],
  });
}

async function* remove(host: PlanHost, p: Params): Plan<UserValue> {
  const { name } = p;
  if (await host.fact(userExists, name)) {
    const options = [...(p.remove === true ? ["--remove"] : []), ...(p.force === true ? ["--force"] : [])];
    yield change({
      what: "removed",
      before: name,
      script: lines(...(p.remove === true ? [ownWay(homeOf(name))] : []), sh`userdel ${options} -- ${name}`),
      sets: [
        userExists.is(name, false),
        ...attributeNames.map((attribute) => userAttribute.is({ user: name, attribute }, undefined)),
        userGroups.is(name, []),
        userPassword.is(name, undefined),
        userExpiry.is(name, undefined),
      ],
      // files keep the number, and are shown with it
      touches: ["everything"],
      altersUser: name,
    });
  }
  return { name, home: undefined };
}

/** The tools for users make, move and remove homes by name: in other users' directories that is not safe. */
function ownWay(home: Script): Script {
  return requireOwnWay(
    home,
    "choose another home, or leave it alone (createHome, moveHome, remove) and use `file` there",
  );
}

/** As a word of the shell. */
function homeOf(name: string): Script {
  return sh`"$(getent passwd -- ${name} | cut -d: -f6)"`;
}

type Attribute = UserAttribute["attribute"];

const attributeNames: readonly Attribute[] = ["uid", "group", "comment", "home", "shell"];

const flagOf: Readonly<Record<Attribute, string>> = {
  uid: "--uid",
  group: "--gid",
  comment: "--comment",
  home: "--home",
  shell: "--shell",
};

/** The attributes that are wanted, as the fact tells them. */
function attributes(p: { readonly [A in Attribute]?: string | number | undefined }): [Attribute, string][] {
  return attributeNames.flatMap((name) => {
    const value = p[name];
    return value === undefined ? [] : [[name, String(value)]];
  });
}

function option(flag: string, value: string | number | undefined): (string | number)[] {
  return value === undefined ? [] : [flag, value];
}

/** What else altering an attribute may alter: usermod gives the files in the home directory the new number. */
function touchedBy(attribute: Attribute, before: string | undefined, after: string): Touch[] {
  if (attribute === "uid" || attribute === "group") return ["everything"];
  if (attribute !== "home") return [];
  return [...underHome(before ?? after), ...underHome(after)];
}

function underHome(home: string): Touch[] {
  return [file.of(home), ...[file, fileContent, fileHash].map((fact) => fact.below(home))];
}
