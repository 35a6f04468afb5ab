/** The users and groups that files are to belong to. */

import { groupExists, userExists } from "../../facts/users.ts";
import type { PlanHost } from "../../kit/index.ts";

/** Whom files are to belong to; undefined where it stays as it is. */
interface Ownership {
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

/** What files are given to must be there before: chown would fail, and a plan that did not know it would lie. */
export async function requireAccounts(host: PlanHost, { owner, group }: Ownership): Promise<void> {
  const [user, ownGroup] = await Promise.all([
    isNamed(owner) ? host.fact(userExists, owner) : true,
    isNamed(group) ? host.fact(groupExists, group) : true,
  ]);
  host.require(
    user,
    `there is no user ${owner} on the host`,
    `create it before: await user({ name: "${owner}" })`,
  );
  host.require(
    ownGroup,
    `there is no group ${group} on the host`,
    `create it before: await group({ name: "${group}" })`,
  );
}

/** Root is there without being asked for. */
function isNamed(name: string | undefined): name is string {
  return name !== undefined && name !== "root";
}
