/** Creates a user. */

import { fileFacts } from "../../facts/file-effects.ts";
import {
  accountFilesAltered,
  groupExists,
  groupId,
  userAttribute,
  userExists,
  userExpiry,
  userGroups,
  userPassword,
} from "../../facts/users.ts";
import { change, lines, type Plan, type PlanHost, sh } from "../../kit/index.ts";
import { attributeNames, attributes } from "./user-attributes.ts";
import { expiryOption } from "./user-expiry.ts";
import { requireGroups } from "./user-groups.ts";
import { ownWay } from "./user-home.ts";
import type { UserSettings, UserValue } from "./user-params.ts";
import { setPassword } from "./user-password.ts";

export async function* createUser(host: PlanHost, p: UserSettings): Plan<UserValue> {
  const { name } = p;
  const [taken] = await Promise.all([
    p.group === undefined ? host.fact(groupExists, name) : undefined,
    requireGroups(host, p),
  ]);
  // useradd would make a group of the user's name, and fails if there is one
  const group = p.group ?? (taken === true ? name : undefined);
  const createHome = p.createHome ?? !p.system;
  const home = p.home ?? `/home/${name}`;
  const groups = [...new Set(p.groups ?? [])].filter((one) => one !== group).sort();
  const options = [
    createHome ? "--create-home" : "--no-create-home",
    ...(p.system ? ["--system"] : []),
    ...option("--uid", p.uid),
    ...(p.nonUnique ? ["--non-unique"] : []),
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
      ...accountFilesAltered,
      ...attributeNames.map((attribute) => userAttribute.of({ user: name, attribute })),
      userPassword.of(name),
      userExpiry.of(name),
      groupExists.of(name),
      groupId.of(name),
      ...(createHome ? fileFacts(home) : []),
    ],
  });
  yield* setPassword(host, p, true);
  return { name, home };
}

function option(flag: string, value: string | number | undefined): (string | number)[] {
  return value === undefined ? [] : [flag, value];
}
