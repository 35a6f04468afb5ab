/** The groups that a user is in. */

import { accountFilesAltered, groupExists, userGroups } from "../../facts/users.ts";
import { type Change, change, type PlanHost, sh } from "../../kit/index.ts";
import type { UserSettings } from "./user-params.ts";

export function namedGroups({ group, groups = [] }: UserSettings): string[] {
  return [...new Set([...(group === undefined ? [] : [group]), ...groups])];
}

/** The groups that a task names must be there before. */
export async function requireGroups(host: PlanHost, p: UserSettings): Promise<void> {
  const named = namedGroups(p);
  const exist = await Promise.all(named.map((name) => host.fact(groupExists, name)));
  const missing = named.filter((_, index) => !exist[index]);
  host.require(
    missing.length === 0,
    `there is no group ${missing.join(", ")}`,
    'create it before: `group({ name: "…" })`',
  );
}

/** @param primary the primary group, of which one is a member anyway: the host does not list it */
export function* setGroups(
  p: UserSettings,
  groups: readonly string[],
  now: readonly string[],
  primary: string | undefined,
): Generator<Change, void> {
  const own = groups.filter((one) => one !== primary);
  const next = [...new Set(p.append ? [...now, ...own] : own)].sort();
  if (next.join() === [...now].sort().join()) return;
  yield change({
    what: "groups",
    before: now.join(","),
    after: next.join(","),
    script: sh`usermod --groups ${next.join(",")} -- ${p.name}`,
    sets: [userGroups.is(p.name, next)],
    touches: accountFilesAltered,
    altersUser: p.name,
  });
}
