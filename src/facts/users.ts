/** Users and groups, as the host's name service knows them. */

import { createHash } from "node:crypto";
import { defineFact, lines, rawScript, type Script, sh, type Touch } from "../kit/index.ts";
import { contentAltered, fileWritten } from "./file-effects.ts";

/** Where the accounts of the host itself stand. What another name service has moves by itself. */
export const accountFiles = () => ["/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"];

const written = [...accountFiles(), "/etc/subuid", "/etc/subgid"];
/** The tools keep each file as it was under a name of its own. */
const kept = written.map((path) => `${path}-`);

/**
 * What the tools for users and groups write, for the `touches` of a change that says itself which facts of users and
 * groups it alters.
 */
export const accountFilesAltered: readonly Touch[] = [
  ...contentAltered(...written).touches.map((touch) =>
    typeof touch === "object" ? { ...touch, alone: true as const } : touch,
  ),
  ...kept.flatMap((path) => fileWritten(path, { before: { type: "absent" } }).touches),
];

/**
 * What the name service finds among these names, by one process. getent's status 2 says that one is not there. Alpine's
 * ends at the first such name. So root, which is there, is asked for last: where getent has come to root, it has looked
 * for all. Else each name is asked for by itself. What is found twice counts once.
 *
 * There is no `--`: Alpine's getent takes that for a name. No name begins with a dash (`accountPattern`,
 * `checkAttributes`).
 */
function getent(database: "passwd" | "group" | "shadow", names: readonly string[]): Script {
  // the same names in the same order, so that facts which read the same share one script
  const sorted = [...new Set(names)].sort();
  const others = sorted.filter((name) => name !== "root");
  return withoutGetent(
    database,
    lines(
      sh`found=$(getent ${database} ${others} root)`,
      rawScript(`case "$? $found" in 0* | "2 root:"* | *"
root:"*) printf '%s\\n' "$found" ;;`),
      sh`*) for name in ${sorted}; do getent ${database} "$name"; [ $? -le 2 ] || exit 1; done ;;
esac`,
    ),
  );
}

/** A small system has no getent, and then nothing beside its files either. */
function withoutGetent(database: string, script: Script): Script {
  return sh`if command -v getent >/dev/null; then ${script}; else cat ${`/etc/${database}`} || exit 1; fi`;
}

/** Every group: local ones, and those that a directory lets be listed. */
const allGroups = lines(rawScript("echo"), withoutGetent("group", sh`getent group`));

/** A directory may list thousands of groups, with thousands of members. Bytes. */
function directoryLimit(): number {
  return 1024 * 1024;
}

/** The rows by their names. Only those that are wanted are taken apart: there may be very many. */
function rows(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split("\n")) if (line !== "") found.set(line.split(":", 1)[0] ?? "", line);
  return found;
}

function fieldsOf(row: string | undefined): string[] | undefined {
  return row?.split(":");
}

/** Whether there is a user of that name. */
export const userExists = defineFact<string, boolean>({
  name: "user.exists",
  restsOn: accountFiles,
  mayArrive: (_, exists) => !exists,
  script: (names) => getent("passwd", names),
  parse(stdout, names) {
    const found = rows(stdout.toString());
    return new Map(names.map((name) => [name, found.has(name)]));
  },
});

/** One thing about a user. */
export interface UserAttribute {
  readonly [name: string]: unknown;
  readonly user: string;
  readonly attribute: "uid" | "group" | "comment" | "home" | "shell";
}

/**
 * An attribute of a user, as text; undefined where there is no such user. One a key, so that a change can say
 * exactly which it sets: a new user's uid nobody knows before.
 */
export const userAttribute = defineFact<UserAttribute, string | undefined>({
  name: "user.attribute",
  restsOn: accountFiles,
  limit: directoryLimit,
  mayArrive: (_, value) => value === undefined,
  script(keys) {
    const users = getent(
      "passwd",
      keys.map(({ user }) => user),
    );
    return keys.some(({ attribute }) => attribute === "group") ? lines(users, allGroups) : users;
  },
  parse(stdout, keys) {
    const [passwd = "", groups = ""] = splitOnce(stdout.toString());
    const users = rows(passwd);
    const groupNames = new Map<string, string>();
    for (const row of rows(groups).values()) {
      const [name = "", , gid = ""] = row.split(":", 3);
      groupNames.set(gid, name);
    }
    return new Map(
      keys.map((key) => {
        const [, , uid, gid = "", comment, home, shell] = fieldsOf(users.get(key.user)) ?? [];
        const all = {
          uid,
          group: uid === undefined ? undefined : (groupNames.get(gid) ?? gid),
          comment,
          home,
          shell,
        };
        return [key, all[key.attribute]];
      }),
    );
  },
});

/** The groups a user is a member of, apart from the primary one, sorted. */
export const userGroups = defineFact<string, readonly string[]>({
  name: "user.groups",
  restsOn: accountFiles,
  limit: directoryLimit,
  mayArrive: (_, groups) => groups.length === 0,
  script: () => allGroups,
  parse(stdout, users) {
    const groups = new Map(users.map((user): [string, Set<string>] => [user, new Set()]));
    for (const row of rows(stdout.toString()).values()) {
      const [name = "", , , members = ""] = row.split(":", 4);
      for (const member of members.split(",")) groups.get(member)?.add(name);
    }
    return new Map([...groups].map(([user, names]) => [user, [...names].sort()]));
  },
});

/** A user's password, as far as it may be known. */
interface PasswordState {
  /** Of the hash in /etc/shadow, so that not even a hash travels further than it must. */
  readonly digest: string;
  /** No password is accepted: the hash has a `!` before it. */
  readonly locked: boolean;
}

/** The state that a password hash gives. */
export function passwordState(hash: string): PasswordState {
  const locked = hash.startsWith("!");
  return { digest: createHash("sha256").update(hash.replace(/^!+/, "")).digest("hex"), locked };
}

function shadow(names: readonly string[]): Script {
  return lines(
    rawScript(
      '[ "$(id -u)" = 0 ] || { echo "only root can read passwords and expiry dates: the task needs become" >&2; exit 1; }',
    ),
    getent("shadow", names),
  );
}

/** A user's password; undefined where there is no such user. Only root can read it. */
export const userPassword = defineFact<string, PasswordState | undefined>({
  name: "user.password",
  restsOn: accountFiles,
  mayArrive: (_, state) => state === undefined,
  script: shadow,
  parse(stdout, names) {
    const found = rows(stdout.toString());
    return new Map(
      names.map((name) => {
        const hash = fieldsOf(found.get(name))?.[1];
        return [name, hash === undefined ? undefined : passwordState(hash)];
      }),
    );
  },
});

/**
 * The day from which a user can no longer log in, as `2027-01-31`, or `never`; undefined where there is no such user.
 * Only root can read it.
 */
export const userExpiry = defineFact<string, string | undefined>({
  name: "user.expiry",
  restsOn: accountFiles,
  mayArrive: (_, day) => day === undefined,
  script: shadow,
  parse(stdout, names) {
    const found = rows(stdout.toString());
    return new Map(
      names.map((name) => {
        const row = fieldsOf(found.get(name));
        // days since 1970, or nothing (shadow(5))
        const days = row?.[7] ?? "";
        return [name, row && (days === "" ? "never" : asDay(Number(days)))];
      }),
    );
  },
});

function asDay(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** Whether there is a group of that name. */
export const groupExists = defineFact<string, boolean>({
  name: "group.exists",
  restsOn: accountFiles,
  mayArrive: (_, exists) => !exists,
  script: (names) => getent("group", names),
  parse(stdout, names) {
    const found = rows(stdout.toString());
    return new Map(names.map((name) => [name, found.has(name)]));
  },
});

/** A group's number; undefined where there is no such group. */
export const groupId = defineFact<string, number | undefined>({
  name: "group.id",
  restsOn: accountFiles,
  mayArrive: (_, id) => id === undefined,
  script: (names) => getent("group", names),
  parse(stdout, names) {
    const found = rows(stdout.toString());
    return new Map(
      names.map((name) => {
        const id = fieldsOf(found.get(name))?.[2];
        return [name, id === undefined ? undefined : Number(id)];
      }),
    );
  },
});

/** The parts before and after the first empty line. */
function splitOnce(text: string): [string, string] {
  if (text.startsWith("\n")) return ["", text.slice(1)];
  const at = text.indexOf("\n\n");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 2)];
}
