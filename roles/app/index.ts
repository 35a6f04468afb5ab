import {
  apt,
  copy,
  defineRole,
  file,
  flushHandlers,
  group,
  http,
  localDigest,
  messageOf,
  type OptionalInput,
  ownedFiles,
  type RequiredInput,
  type Role,
  release,
  rollback,
  SecretString,
  ShowrunnerError,
  service,
  systemdUnit,
  Type,
  user,
  withDefault,
} from "showrunner";
import { appOfUnit, appPaths, filesOwner } from "./paths.ts";
import { serviceOf, socketOf } from "./unit.ts";
import { environmentFile } from "./words.ts";

const Command = Type.Array(Type.String({ minLength: 1 }), { minItems: 1 });
const Setting = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Array(Type.String())]);

const variables = {
  /** Names the unit, the user and the folders. */
  name: Type.String({ pattern: "^[a-z][a-z0-9-]*$" }),
  /** A local folder with the application's files. */
  source: Type.String(),
  /** What the unit runs, in the release's folder. */
  command: Command,
  /**
   * Where the application is reached, such as "10.0.0.21:8000": systemd listens there and passes the socket on as file
   * descriptor 3, so that no request is refused during a restart. Left out: the application listens by itself.
   */
  listen: Type.Optional(Type.String({ pattern: "^\\S+$" })),
  /** Commands that run as the application before each start, such as a migration. Default: []. */
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
  /** Must answer 200 once the application runs, at the latest when asked 31 times; else the release before is put back. */
  health: Type.Optional(Type.String({ format: "uri" })),
  /** How many releases stay on the host. Default: 5. */
  keep: withDefault(Type.Integer({ minimum: 1, maximum: 100 }), 5),
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
  async run({ vars, owner }) {
    const { name } = vars;
    const { root, releases, configuration, environment, unit } = appPaths(name);
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
    const version = await localDigest(vars.source);
    await file({ path: releases, state: "directory", mode: "0755" });
    await copy(
      { src: `${vars.source}/`, dest: `${releases}/${version}/`, mode: "0644" },
      { notify: restart },
    );
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
    const { value: deployed } = await release(
      { path: root, name: version, keep: vars.keep },
      { notify: restart },
    );
    // another application of this step may have been renamed or left out, and still hold the port that this one needs
    if (apps.noted.every((path) => path === unit)) await start(vars, deployed.previous);
    // files of earlier versions of this role, which had no releases
    await ownedFiles({ ...written, prune: true });
  },
  async finish({ calls, owner }) {
    const files = calls.map(({ name }) => appPaths(name).unit);
    const { value: apps } = await ownedFiles({ owner, files });
    for (const name of apps.unwanted.map(appOfUnit)) {
      const { releases, current, root } = appPaths(name);
      await systemdUnit({ name: `${name}.socket`, state: "absent" });
      await systemdUnit({ name: `${name}.service`, state: "absent" });
      for (const path of [current, releases, `${root}/releases.list`]) await file({ path, state: "absent" });
      await ownedFiles({ owner: filesOwner(name), files: [], prune: true });
    }
    await ownedFiles({ owner, files, prune: true });
    if (apps.noted.length > 1) for (const call of calls) await start(call, undefined);
  },
});

/** A socket can't be started while its service runs. So it is stopped, and the service's restart starts both. */
async function socketUnit({ name, listen }: Started): Promise<void> {
  const socket = `${name}.socket`;
  if (listen === undefined) await systemdUnit({ name: socket, state: "absent" }, { notify: restartOf(name) });
  else
    await systemdUnit(
      { name: socket, ...socketOf(name, listen) },
      { notify: [service({ name: socket, state: "stopped" }), restartOf(name)] },
    );
}

const restartOf = (name: string) => service({ name, state: "restarted" });

interface Started {
  readonly name: string;
  readonly listen?: string;
  readonly health?: string;
}

/**
 * Goes on once the application runs and its health check answers. Where a new release does not, the one before is put
 * back, and the host fails.
 */
async function start(vars: Started, previous: string | undefined): Promise<void> {
  try {
    await serve(vars);
  } catch (error) {
    if (previous === undefined) throw error;
    const { name } = vars;
    await rollback({ path: appPaths(name).root, name: previous, discard: true }, { notify: restartOf(name) });
    await serve(vars);
    throw new ShowrunnerError(
      "task.failed",
      `the new release of ${name} does not serve, and ${previous} serves again: ${messageOf(error)}`,
      { details: error instanceof ShowrunnerError ? error.details : [], hint: `see: journalctl -u ${name}` },
    );
  }
}

async function serve({ name, listen, health }: Started): Promise<void> {
  if (listen !== undefined) await service({ name: `${name}.socket`, enabled: true });
  await service({ name, enabled: true });
  await flushHandlers(); // a restart also starts it for the first time
  await service({ name, state: "started" });
  if (health !== undefined)
    // where no worker could start (the database was away), gunicorn waits 30 s before it ends and is restarted
    await http({ url: health, status: 200, timeout: "2s" }, { name: "health", retries: 30, delay: "1s" });
}
