import { file as fileFact } from "../../facts/files.ts";
import {
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type RequiredInput,
  Type,
} from "../../kit/index.ts";
import { copy } from "../files/copy.ts";
import { file } from "../files/file.ts";
import { naming } from "../files/naming.ts";
import { keepOnly } from "./kept.ts";
import { ApplicationPath, layoutOf, ReleaseName, readReleases } from "./layout.ts";

/** What `rollback` gives. */
export interface RollbackValue {
  /** The release that serves now. */
  readonly name: string;
  /** The directory through which it is reached: the link `current`. */
  readonly path: string;
}

const params = {
  /** The application's directory, as `release` was given it. */
  path: ApplicationPath,
  /** The release to go back to. Left out: the one that was deployed before the newest one. */
  name: Type.Optional(ReleaseName),
  /** true: releases that were deployed after it are removed, such as one that has never served. Default: false. */
  discard: Param.flag(),
};

/** What `rollback` takes. */
export interface RollbackParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Puts an earlier release of an application back into service, as `release` has kept it.
 *
 * Without `name` it goes back from the newest release to the one before, and not further: a second run changes nothing,
 * so a run that was interrupted can simply be started again. The next `release` goes on from there.
 *
 * @throws ShowrunnerError `task.failed` where no such release was kept; the error names those that were
 *
 * @example
 * await rollback({ path: "/srv/shop" }, { notify: restart });
 * await rollback({ path: "/srv/shop", name: "2.3.0" }, { notify: restart });
 */
export const rollback: Module<RollbackParams, RollbackValue> = defineModule({
  name: "rollback",
  summary: "Puts an earlier release of an application back into service.",
  params,
  examples: [
    `rollback({ path: "/srv/shop" }, { notify: restart })`,
    `rollback({ path: "/srv/shop", name: "2.3.0" }, { notify: restart })`,
  ],
  title: ({ path, name }) => (name === undefined ? path : `${path} ${name}`),
  async *plan(host, p): Plan<RollbackValue> {
    const { current, served, release: directory, target } = layoutOf(p.path);
    const { deployed } = await readReleases(host, p.path);
    const name = p.name ?? deployed.at(-2);
    const kept = deployed.length === 0 ? "no release was deployed" : `kept are ${deployed.join(", ")}`;
    if (name === undefined)
      fail(`${p.path} has no earlier release to go back to: ${kept}`, "`release` keeps the earlier ones");
    const state = await host.fact(fileFact, directory(name));
    host.require(
      deployed.includes(name) && state.type === "directory",
      `${p.path} has no release ${name} to go back to: ${kept}`,
      "name one that was kept",
    );
    yield* naming(
      "current",
      file.plan(host, { path: current, state: "link", src: target(name), force: true }),
    );
    // by this the role `app` knows what to go back to
    yield* naming("served", copy.plan(host, { dest: served, content: `${name}\n` }));
    const end = deployed.indexOf(name) + 1;
    if (p.discard) yield* keepOnly(host, p.path, deployed.slice(0, end), deployed.slice(end));
    return { name, path: current };
  },
});
