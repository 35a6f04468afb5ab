import {
  apt,
  copy,
  defineRole,
  fail,
  file,
  group,
  type OptionalInput,
  ownedFiles,
  type RequiredInput,
  type Role,
  SecretString,
  service,
  systemdUnit,
  Type,
  user,
  withDefault,
} from "showrunner";
import { appOfUnit, appPaths, filesOwner } from "./paths.ts";
import { prepareRelease, releaseName } from "./preparing.ts";
import { putIntoService, start } from "./serving.ts";
import { refuseSource, Source } from "./source.ts";
import { restartOf, serviceOf, socketOf } from "./unit.ts";
import { environmentFile } from "./words.ts";

const Command = Type.Array(Type.String({ minLength: 1 }), { minItems: 1 });
const Setting = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Array(Type.String())]);

const variables = {
  /** Names the unit, the user and the folders. */
  name: Type.String({ pattern: "^[a-z][a-z0-9-]*$" }),
  /**
   * The application's files: a local folder; `{ archive: "shop-2.4.tar.gz", strip: 1 }`, a local file, or an address with
   * a `checksum`; or `{ git: "git@example.org:shop.git", version: "v2.4" }`, which the control machine fetches.
   */
  source: Source,
  /** What the unit runs, in the release's folder. */
  command: Command,
  /**
   * Where the application is reached, such as "10.0.0.21:8000": systemd listens there and passes the socket on as file
   * descriptor 3, so that no request is refused during a restart. Left out: the application listens by itself.
   */
  listen: Type.Optional(Type.String({ pattern: "^\\S+$" })),
  /**
   * Commands that run as the application in a new release's directory before it serves, on each host: they may write
   * there. Default: [].
   */
  build: withDefault(Type.Array(Command), []),
  /** Commands that run likewise after `build`, on the first host alone, before a new release serves anywhere. Default: []. */
  migrate: withDefault(Type.Array(Command), []),
  /** Commands that run as the application before each start. Default: []. */
  prepare: withDefault(Type.Array(Command), []),
  /** Packages that the application needs. Default: []. */
  packages: withDefault(Type.Array(Type.String({ minLength: 1 })), []),
  /** The application's environment; only root can read the file. Default: {}. */
  environment: withDefault(
    Type.Record(Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]*$" }), SecretString(), {
      additionalProperties: false,
    }),
    {},
  ),
  /** Must answer 200 once the application runs, at the latest when asked 61 times; else the release before is put back. */
  health: Type.Optional(Type.String({ format: "uri" })),
  /** How many releases stay on the host. Default: 5. */
  keep: withDefault(Type.Integer({ minimum: 2, maximum: 100 }), 5),
  /** Settings of the unit's section [Service], in place of the role's own: `{ LimitNOFILE: 65536 }`. Default: {}. */
  serviceSettings: withDefault(
    Type.Record(Type.String({ pattern: "^[A-Za-z][A-Za-z0-9]*$" }), Setting, { additionalProperties: false }),
    {},
  ),
};

/** What `app` takes. */
export interface AppVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Any application, in releases, as a systemd service of its own user. */
export const app: Role<AppVars, void> = defineRole({
  name: "app",
  summary:
    "An application in releases, as a systemd unit, with its user, its environment and a health check.",
  vars: variables,
  check({ name, source, command, build, migrate, prepare }) {
    refuseSource(source);
    const { root, current } = appPaths(name);
    const old = [...command, ...prepare.flat()].find(
      (word) => word.startsWith(`${root}/`) && !word.startsWith(`${current}/`),
    );
    if (old !== undefined)
      fail(
        `command: ${old} is in no release`,
        `the release that serves is at ${current}: ${current}${old.slice(root.length)}`,
      );
    const before = [...build, ...migrate].flat().find((word) => word.startsWith(`${root}/`));
    if (before !== undefined)
      fail(
        `build, migrate: ${before} is not in the release that is prepared`,
        "the commands run in its directory: name what is in it by a relative path",
      );
  },
  async run({ vars, owner }) {
    const { name } = vars;
    const { root, configuration, environment, unit } = appPaths(name);
    // before anything is changed: a source may be missing, or another one than it must be
    const version = await releaseName(vars);
    const restart = restartOf(name);
    if (vars.packages.length > 0) await apt({ name: vars.packages }, { notify: restart });
    const { value: apps } = await ownedFiles({ owner, files: [unit] });
    await group({ name, system: true });
    await user({
      name,
      system: true,
      group: name,
      home: root,
      shell: "/usr/sbin/nologin",
      createHome: false,
    });
    const written = { owner: filesOwner(name), files: [`${root}/`, `${configuration}/`, environment] };
    await ownedFiles(written);
    await prepareRelease(vars, version);
    await file({ path: configuration, state: "directory", mode: "0750", group: name });
    await copy(
      {
        dest: environment,
        content: environmentFile(vars.environment),
        mode: "0600",
        owner: "root",
        group: "root",
      },
      { notify: restart },
    );
    await socketUnit(vars);
    await systemdUnit({ name: `${name}.service`, ...serviceOf(vars) }, { notify: restart });
    await putIntoService(vars, version);
    // another application of this step may have been renamed or left out, and still hold the port that this one needs
    const isAlone = apps.noted.every((path) => path === unit);
    if (isAlone) await start(vars);
    // files of earlier versions of this role, which had no releases
    const old = await ownedFiles({ ...written, prune: true }, { notify: restart });
    if (isAlone && old.changed) await start(vars);
  },
  async finish({ calls, owner }) {
    const files = calls.map(({ name }) => appPaths(name).unit);
    const { value: apps } = await ownedFiles({ owner, files });
    for (const name of apps.unwanted.map(appOfUnit)) {
      const { releases, current, list, served, notRead, outOfService, cache } = appPaths(name);
      await systemdUnit({ name: `${name}.socket`, state: "absent" });
      await systemdUnit({ name: `${name}.service`, state: "absent" });
      for (const path of [current, releases, list, served, notRead, outOfService, cache])
        await file({ path, state: "absent" });
      await ownedFiles({ owner: filesOwner(name), files: [], prune: true });
    }
    await ownedFiles({ owner, files, prune: true });
    if (apps.noted.length > 1) for (const call of calls) await start(call);
  },
});

/** A socket can't be started while its service runs. So it is stopped, and the service's restart starts both. */
async function socketUnit({
  name,
  listen,
}: {
  readonly name: string;
  readonly listen?: string;
}): Promise<void> {
  const socket = `${name}.socket`;
  if (listen === undefined) await systemdUnit({ name: socket, state: "absent" }, { notify: restartOf(name) });
  else
    await systemdUnit(
      { name: socket, ...socketOf(name, listen) },
      { notify: [service({ name: socket, state: "stopped" }), restartOf(name)] },
    );
}
