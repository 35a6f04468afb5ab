/** The two beginnings that faults are injected from, and the moments of a run from each. */
import { reset, restore, run as runOnHost, type Progress as Say, snapshot } from "../../src/lab/index.ts";
import type { Site } from "../site-project.ts";
import type { Stage } from "./cycle.ts";
import { momentsOf } from "./moments.ts";
import type { Point } from "./points.ts";
import { changesOf, failuresOf, runSite, type SiteRun } from "./site-run.ts";
import { differences, readState, type State } from "./state.ts";

export interface Prepared {
  readonly stage: Stage;
  readonly points: readonly Point[];
}

/** From hosts with nothing on them: the moments at which packages are being installed. */
export async function packagesStage(site: Site, say: Say): Promise<Prepared & { run: SiteRun }> {
  await reset(site.spec, undefined, say);
  await snapshot(site.spec, "fresh", () => undefined);
  const { run, reference } = await undisturbed(site);
  const installing = new Set(
    run.seen.flatMap(({ event }) =>
      event.type === "task:end" && event.task.module === "apt" && event.status === "changed"
        ? [event.task.id]
        : [],
    ),
  );
  const seen = run.seen.filter(
    ({ event }) =>
      "task" in event && installing.has(typeof event.task === "number" ? event.task : event.task.id),
  );
  const points = momentsOf(seen);
  say(
    `packages: an undisturbed run took ${run.seconds.toFixed(0)} s, ${seen.length} events while installing`,
  );
  return { stage: { name: "packages", snapshot: "fresh", reference }, points, run };
}

/** From hosts that have the packages, so that a run takes seconds: every other moment. */
export async function configurationStage(site: Site, installed: SiteRun, say: Say): Promise<Prepared> {
  await restore(site.spec, "fresh", () => undefined);
  for (const [host, packages] of packagesOf(installed))
    await runOnHost(site.spec, host, [
      ...["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q", "install", "--"],
      ...packages,
    ]);
  await snapshot(site.spec, "installed", () => undefined);
  const { run, reference } = await undisturbed(site);
  const points = momentsOf(run.seen);
  say(
    `configuration: an undisturbed run took ${run.seconds.toFixed(0)} s, ${run.seen.length} events at ${points.length} moments`,
  );
  return { stage: { name: "configuration", snapshot: "installed", reference }, points };
}

/** What the playbook installed, by host: an apt task's title names its packages. */
function packagesOf({ seen }: SiteRun): Map<string, string[]> {
  const packages = new Map<string, string[]>();
  for (const { event } of seen)
    if (event.type === "task:end" && event.task.module === "apt")
      packages.set(event.host, [...(packages.get(event.host) ?? []), ...event.task.title.split(", ")]);
  return packages;
}

/** What faults are compared with. A state that is not the same twice would compare nothing. */
async function undisturbed(site: Site): Promise<{ run: SiteRun; reference: State }> {
  const run = await runSite(site);
  const problems = failuresOf(run).map(({ text }) => text);
  if (run.exitCode !== 0)
    throw new Error(`the playbook fails by itself: ${[...problems, run.stderr].join("\n")}`);
  const reference = await readState(site.spec);
  const again = await runSite(site);
  const changes = [
    ...changesOf(again).map(({ text }) => text),
    ...differences(reference, await readState(site.spec)),
  ];
  if (changes.length > 0) throw new Error(`a second run changes something by itself:\n${changes.join("\n")}`);
  return { run, reference };
}
