import { file as fileFact } from "../../facts/files.ts";
import {
  defineModule,
  type Module,
  type OptionalInput,
  type Plan,
  type RequiredInput,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { file } from "../files/file.ts";
import { naming } from "../files/naming.ts";
import { keepOnly, writeList } from "./kept.ts";
import { ApplicationPath, layoutOf, ReleaseName, readReleases } from "./layout.ts";

/** What `release` gives. */
export interface ReleaseValue {
  /** The directory through which the release is reached: the link `current`. */
  readonly path: string;
  /** The release that served before, where it was another one. */
  readonly previous: string | undefined;
  /** The releases that stay on the host, the newest last. */
  readonly kept: readonly string[];
}

const params = {
  /** The application's directory: its releases are in `releases` below it, and `current` leads to one of them. */
  path: ApplicationPath,
  /** The release that is to serve: a directory in `releases`, which is there already. */
  name: ReleaseName,
  /** How many releases stay, this one and the one before included. Older ones are removed. Default: 5. */
  keep: withDefault(Type.Integer({ minimum: 2, maximum: 100 }), 5),
};

/** What `release` takes. */
export interface ReleaseParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Puts a release into service: the link `current` leads to it from one moment to the next, and older releases are
 * removed.
 *
 * The file `releases.list` beside the link names the releases in the order in which they were deployed. The release is
 * a directory that other tasks have written. Restarting what runs from it is a handler's work. After a `rollback` the
 * releases that were taken back count as the oldest ones.
 *
 * @throws ShowrunnerError `task.failed` where there is no such release
 *
 * @example
 * await copy({ src: "build/", dest: "/srv/shop/releases/2.4.1/" });
 * await release({ path: "/srv/shop", name: "2.4.1", keep: 3 }, { notify: restart });
 */
export const release: Module<ReleaseParams, ReleaseValue> = defineModule({
  name: "release",
  summary: "Puts a release of an application into service, and removes old ones.",
  params,
  examples: [
    `release({ path: "/srv/shop", name: "2.4.1" }, { notify: restart })`,
    `release({ path: "/srv/shop", name: "2.4.1", keep: 3 })`,
  ],
  title: ({ path, name }) => `${path} ${name}`,
  async *plan(host, { path, name, keep }): Plan<ReleaseValue> {
    const { current, release: directory, target } = layoutOf(path);
    const [before, wanted] = await Promise.all([
      readReleases(host, path),
      host.fact(fileFact, directory(name)),
    ]);
    host.require(
      wanted.type === "directory",
      `there is no release ${name}: ${directory(name)} is ${wanted.type === "absent" ? "not there" : `a ${wanted.type}`}`,
      "write the release's files before: copy, unarchive or git",
    );
    const deployed = withRelease(before.deployed, before.current, name);
    yield* writeList(host, path, deployed);
    yield* naming(
      "current",
      file.plan(host, { path: current, state: "link", src: target(name), force: true }),
    );
    const kept = deployed.slice(-keep);
    yield* keepOnly(host, path, kept, deployed.slice(0, -keep));
    return { path: current, previous: before.current === name ? undefined : before.current, kept };
  },
});

/**
 * The releases with this one as the newest. What was deployed after the one that serves was taken back: it is the first
 * to go. A release that serves and is in no list, since somebody has made the link by hand, counts as the newest of the old.
 */
function withRelease(deployed: readonly string[], current: string | undefined, name: string): string[] {
  const listed = current === undefined || deployed.includes(current) ? deployed : [...deployed, current];
  const end = current === undefined ? listed.length : listed.indexOf(current) + 1;
  return [...listed.slice(end), ...listed.slice(0, end)].filter((other) => other !== name).concat(name);
}
