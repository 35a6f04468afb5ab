/** Which release all servers of an application go back to: decided once, since their lists may differ. */
import { fail } from "showrunner";

/** The releases that were deployed on a host, the newest last. */
export interface Deployed {
  readonly host: string;
  readonly releases: readonly string[];
}

/**
 * The release before the newest. After a deployment that has stopped half-way only some hosts have the newest one: then
 * it is the one that all others have as their newest.
 *
 * @throws ShowrunnerError `task.failed` where the hosts have no such release in common
 */
export function earlierRelease(hosts: readonly Deployed[]): string {
  const newest = [...new Set(hosts.map(({ releases }) => releases.at(-1)))];
  const candidates = newest.map((one) => ({
    target: only(hosts.map(({ releases }) => (releases.at(-1) === one ? releases.at(-2) : releases.at(-1)))),
  }));
  const targets = candidates.flatMap(({ target }) => (target === undefined ? [] : [target]));
  const [target, other] = targets;
  if (target !== undefined && other === undefined) return target;
  if (hosts.every(({ releases }) => releases.length < 2))
    return fail(
      "there is no earlier release to go back to: no server has had more than one",
      "`npx run playbook deploy` brings the current files out",
    );
  const lists = hosts.map(({ host, releases }) => `${host}: ${releases.join(", ") || "none"}`);
  return fail(
    `the servers have no release in common that was deployed before the newest one (${lists.join("; ")})`,
    "name the release to go back to: -e release=NAME",
  );
}

/** The value that all have; undefined where they differ. */
function only(values: readonly (string | undefined)[]): string | undefined {
  const [first, other] = new Set(values);
  return other === undefined ? first : undefined;
}
