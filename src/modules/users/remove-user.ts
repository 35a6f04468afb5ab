/** Removes a user. */

import { userAttribute, userExists, userExpiry, userGroups, userPassword } from "../../facts/users.ts";
import { change, lines, type Plan, type PlanHost, sh } from "../../kit/index.ts";
import { attributeNames } from "./user-attributes.ts";
import { homeOf, ownWay } from "./user-home.ts";
import type { UserSettings, UserValue } from "./user-params.ts";

export async function* removeUser(host: PlanHost, p: UserSettings): Plan<UserValue> {
  const { name } = p;
  if (await host.fact(userExists, name)) {
    const options = [...(p.remove ? ["--remove"] : []), ...(p.force ? ["--force"] : [])];
    yield change({
      what: "removed",
      before: name,
      script: lines(...(p.remove ? [ownWay(homeOf(name))] : []), sh`userdel ${options} -- ${name}`),
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
