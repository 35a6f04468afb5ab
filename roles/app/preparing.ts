/** What is done with a release before it serves: it is built on each host, and the database is migrated once for all. */
import { createHash } from "node:crypto";
import { command, copy, file, fileState, once, oncePerRun, readFact, type Secret } from "showrunner";
import { appPaths } from "./paths.ts";
import { type Source, sourceDigest, writeFiles } from "./source.ts";
import { restartOf } from "./unit.ts";

type Command = readonly string[];

/** An application's files, and what is done with them before they serve. */
export interface Prepared {
  readonly name: string;
  /** A local folder with the application's files; or an archive, or a version of a git repository. */
  readonly source: Source;
  /** Commands that run as the application in a new release's directory, on each host: they may write there. */
  readonly build?: readonly Command[];
  /** Commands that run as the application in a new release's directory, on the first host alone. */
  readonly migrate?: readonly Command[];
  /** What `build` and `migrate` find in their environment. */
  readonly environment?: Readonly<Record<string, string | Secret>>;
}

/**
 * A release's name, by what it is made of: of the same source, handled in the same way, it is the same.
 *
 * @throws ShowrunnerError where the source can't be read
 */
export async function releaseName({ source, build = [], migrate = [] }: Prepared): Promise<string> {
  const digest = await sourceDigest(source);
  const strip = typeof source === "object" && "archive" in source ? (source.strip ?? 0) : 0;
  if (strip === 0 && build.length === 0 && migrate.length === 0) return digest;
  const how = createHash("sha256")
    .update(JSON.stringify([strip, build, migrate]))
    .digest("hex");
  return `${digest}-${how.slice(0, 6)}`;
}

/**
 * Writes a release, and builds it. A run may be killed anywhere: what was not finished is begun anew, from the source's
 * files. A release that is finished is left as the build has left it.
 *
 * @param release its name
 */
export async function prepareRelease(app: Prepared, release: string): Promise<void> {
  const { name, source, build = [], migrate = [] } = app;
  const { releases, current, cache, state } = appPaths(name);
  const directory = `${releases}/${release}`;
  await file({ path: releases, state: "directory", mode: "0755" });
  if (build.length === 0 && migrate.length === 0)
    return writeFiles(source, directory, undefined, restartOf(name));

  const mark = `${directory}/.release-ready`;
  const [marked, there, serving] = await Promise.all(
    [mark, directory, current].map((path) => readFact(fileState, path)),
  );
  if (marked?.type === "file") return;
  const isServing = serving?.type === "link" && serving.target === `releases/${release}`;
  if (there?.type === "directory" && !isServing) await file({ path: directory, state: "absent" });
  await writeFiles(source, directory, name, restartOf(name));
  await file({ path: cache, state: "directory", owner: name, group: name, mode: "0700" });
  // as systemd makes it when the service is first started
  await file({ path: state, state: "directory", owner: name, group: name, mode: "0755" });
  const written = [directory, cache, state];
  for (const argv of build) await runAs(app, directory, argv, written);
  await migrateOnce(app, directory, release);
  await copy({ dest: mark, content: `${release}\n`, mode: "0644" });
}

/** Which releases were migrated in this run: a rolling play does `once` in each of its batches. */
const migratedReleases = oncePerRun(async () => new Set<string>());

async function migrateOnce(app: Prepared, directory: string, release: string): Promise<void> {
  const { name, migrate = [] } = app;
  if (migrate.length === 0) return;
  const migrated = await migratedReleases();
  const key = `${name} ${release}`;
  if (migrated.has(key)) return;
  await once(key, async () => {
    for (const argv of migrate) await runAs(app, directory, argv);
  });
  migrated.add(key);
}

/** @param written where it may write; left out: it may alter anything, such as a database */
async function runAs(
  { name, environment = {} }: Prepared,
  directory: string,
  argv: Command,
  written?: readonly string[],
): Promise<void> {
  await command(
    {
      argv: [...argv],
      chdir: directory,
      // a home in which tools such as npm and pip may keep what they fetch
      environment: { HOME: appPaths(name).cache, ...environment },
    },
    { become: name, ...(written && { touches: [...written] }) },
  );
}
