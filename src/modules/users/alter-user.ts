/** Alters a user that is there. */

import { fileFacts } from "../../facts/file-effects.ts";
import {
  accountFilesAltered,
  groupExists,
  userAttribute,
  userExpiry,
  userGroups,
  userPassword,
} from "../../facts/users.ts";
import { change, lines, type Plan, type PlanHost, sh, type Touch } from "../../kit/index.ts";
import { type Attribute, attributes } from "./user-attributes.ts";
import { setExpiry } from "./user-expiry.ts";
import { namedGroups, requireGroups, setGroups } from "./user-groups.ts";
import { homeOf, ownWay } from "./user-home.ts";
import type { UserSettings, UserValue } from "./user-params.ts";
import { setPassword } from "./user-password.ts";

/** Reads what `alterUser` will ask for, together with what else is read just now. */
export async function readAhead(host: PlanHost, p: UserSettings): Promise<void> {
  await present(host, p);
}

/** What is so of a user that is there. */
function present(host: PlanHost, p: UserSettings) {
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

export async function* alterUser(host: PlanHost, p: UserSettings): Plan<UserValue> {
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
      ...(attribute === "home" && p.moveHome ? ["--move-home"] : []),
      ...(attribute === "uid" && p.nonUnique ? ["--non-unique"] : []),
    ];
    yield change({
      what: attribute,
      before,
      after: value,
      script: lines(
        ...(attribute === "home" && p.moveHome ? [ownWay(homeOf(name)), ownWay(sh`${value}`)] : []),
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

const flagOf: Readonly<Record<Attribute, string>> = {
  uid: "--uid",
  group: "--gid",
  comment: "--comment",
  home: "--home",
  shell: "--shell",
};

/** What else altering an attribute may alter: usermod gives the files in the home directory the new number. */
function touchedBy(attribute: Attribute, before: string | undefined, after: string): readonly Touch[] {
  if (attribute === "uid" || attribute === "group") return ["everything"];
  if (attribute !== "home") return accountFilesAltered;
  return [...accountFilesAltered, ...fileFacts(before ?? after), ...fileFacts(after)];
}
