/** What apt would do, asked of it before: shown in a plan, and refused where nobody asked for it. */

import {
  type AptCommand,
  aptSimulation,
  type Coming,
  type Going,
  type Simulation,
} from "../../facts/apt-simulation.ts";
import type { PlanHost, Touch } from "../../kit/index.ts";
import { alongside, anything } from "./alongside.ts";
import type { AptSettings } from "./apt-params.ts";
import type { Told } from "./apt-telling.ts";

/** What a change says of apt's work beside the command itself. */
export interface Work {
  /** The packages that go though the command does not name them. */
  readonly besides: readonly string[];
  /** What goes or is replaced, with its version, as far as it is known. */
  readonly before: string | undefined;
  /** What comes, with its version. */
  readonly after: string | undefined;
  readonly touches: readonly Touch[];
}

/**
 * Asks apt what it would do.
 *
 * @param doing what is asked of it, for messages: `install curl`
 * @throws ShowrunnerError `task.failed` where apt would refuse, and where it would remove what nobody named
 */
export async function dryRun(
  host: PlanHost,
  p: AptSettings,
  asked: AptCommand,
  doing: string,
): Promise<Work> {
  const simulation = await host.fact(aptSimulation, asked);
  refuseProblems(host, p, simulation, doing);
  // what is needed no more is what `autoremove` asks for
  const isMeant = asked.command === "autoremove";
  if (!isMeant) refuseRemovals(host, p, simulation, doing);
  const work = workOf(simulation);
  return isMeant ? { ...work, besides: [] } : work;
}

/** What apt does, for its change. */
export function workOf({ comes, goes, finishes }: Told): Work {
  const replaced = comes.flatMap(({ name, from }) => (from === undefined ? [] : [{ name, version: from }]));
  return {
    besides: goes
      .filter(({ named }) => !named)
      .map(({ name }) => name)
      .sort(),
    before: withVersions([...goes, ...replaced]),
    after: withVersions(comes.map(({ name, to }) => ({ name, version: to }))),
    touches: goes.length === 0 && !finishes && comes.every(isNew) ? alongside : anything,
  };
}

/** Whether nothing of a package is there yet, so that no file is replaced when it comes. */
function isNew({ from, hasConfiguration }: Coming): boolean {
  return from === undefined && !hasConfiguration;
}

/** `curl 8, libc6 2.37`, in the order of their names; undefined where there are none. */
export function withVersions(packages: readonly Pick<Going, "name" | "version">[]): string | undefined {
  const all = packages.map(({ name, version }) => `${name} ${version}`).sort();
  return all.length === 0 ? undefined : all.join(", ");
}

function refuseRemovals(host: PlanHost, p: AptSettings, { goes }: Simulation, doing: string): void {
  const besides = goes.filter(({ named }) => !named);
  host.require(
    p.allowRemovals || besides.length === 0,
    `to ${doing}, apt would also remove ${withVersions(besides)}`,
    "nobody asked for that: if it is meant, give `allowRemovals: true`",
  );
}

function refuseProblems(
  host: PlanHost,
  p: AptSettings,
  { held, downgraded, essential, ambiguous, refusal }: Simulation,
  doing: string,
): void {
  host.require(
    essential.length === 0,
    `to ${doing}, apt would remove ${essential.join(", ")}, without which Debian does not work`,
    "an essential package stays; take it off the list",
  );
  host.require(
    p.allowChangeHeldPackages || held.length === 0,
    `to ${doing}, apt would change what is on hold: ${held.join(", ")}`,
    `let go of it on the host (\`apt-mark unhold ${held.join(" ")}\`), or give \`allowChangeHeldPackages: true\``,
  );
  host.require(
    p.allowDowngrade || downgraded.length === 0,
    `to ${doing}, apt would bring ${downgraded.join(", ")} to an older version`,
    "if that is meant, give `allowDowngrade: true`",
  );
  host.require(
    ambiguous.length === 0,
    ambiguous
      .map(({ name, providers }) => `${name} is provided by several packages: ${providers.join(", ")}`)
      .join("; "),
    "name the one that is to be installed",
  );
  host.require(
    refusal === undefined,
    `apt can't ${doing}: ${refusal}`,
    "a version that is held (`apt-mark showhold`), pinned, or in a repository that the host does not have may be the reason",
  );
}
