import { userExists } from "../../facts/users.ts";
import {
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  type RequiredInput,
  reveal,
} from "../../kit/index.ts";
import { alterUser, readAhead } from "./alter-user.ts";
import { createUser } from "./create-user.ts";
import { removeUser } from "./remove-user.ts";
import { isDay } from "./user-expiry.ts";
import { type UserValue, userParams } from "./user-params.ts";
import { checkPassword } from "./user-password.ts";

export type { UserValue } from "./user-params.ts";

/** What `user` takes. */
export interface UserParams extends RequiredInput<typeof userParams>, OptionalInput<typeof userParams> {}

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
export const user: Module<UserParams, UserValue> = defineModule({
  name: "user",
  summary: "Creates, alters and removes a user.",
  params: userParams,
  needs: { append: "groups", nonUnique: "uid", moveHome: "home" },
  onlyPresent: ["uid", "group", "groups", "comment", "home", "shell", "password", "passwordLock", "expires"],
  onlyAbsent: ["remove", "force"],
  examples: [
    `user({ name: "deploy", groups: ["sudo"], append: true, shell: "/bin/bash" })`,
    `user({ name: "app", system: true, home: "/srv/app", shell: "/usr/sbin/nologin" })`,
    `user({ name: "old", state: "absent", remove: true })`,
  ],
  title: ({ name }) => name,
  check(p) {
    if (p.expires !== undefined && !isDay(p.expires))
      fail(`expires: there is no day ${p.expires}`, "expected one such as `2027-01-31`, or `never`");
    if (p.password !== undefined) checkPassword(reveal(p.password), p.passwordLock);
  },
  async *plan(host, p) {
    if (p.state === "absent") return yield* removeUser(host, p);
    // what altering needs is asked for together with whether there is anything to alter: one round trip
    const [exists] = await Promise.all([host.fact(userExists, p.name), readAhead(host, p)]);
    return exists ? yield* alterUser(host, p) : yield* createUser(host, p);
  },
});
