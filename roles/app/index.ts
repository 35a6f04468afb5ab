import { basename } from "node:path";
import {
  apt,
  copy,
  defineRole,
  fail,
  file,
  fileState,
  fileText,
  flushHandlers,
  group,
  http,
  localDigest,
  messageOf,
  type OptionalInput,
  ownedFiles,
  type RequiredInput,
  type Role,
  readFact,
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
  check({ name, command, prepare }) {
    const { root, current } = appPaths(name);
    const old = [...command, ...prepare.flat()].find(
      (word) => word.startsWith(`${root}/`) && !word.startsWith(`${current}/`),
    );
    if (old !== undefined)
      fail(
        `command: ${old} is in no release`,
        `the release that serves is at ${current}: ${current}${old.slice(root.length)}`,
      );
  },
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
    await release({ path: root, name: version, keep: vars.keep }, { notify: restart });
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
      const { releases, current, root, served } = appPaths(name);
      await systemdUnit({ name: `${name}.socket`, state: "absent" });
      await systemdUnit({ name: `${name}.service`, state: "absent" });
      for (const path of [current, releases, `${root}/releases.list`, served])
        await file({ path, state: "absent" });
      await ownedFiles({ owner: filesOwner(name), files: [], prune: true });
    }
    await ownedFiles({ owner, files, prune: true });
    if (apps.noted.length > 1) for (const call of calls) await start(call);
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
 * Goes on once the application runs and its health check answers, and notes that its release has served. Where a release
 * does not serve, the one that did is put back, and the host fails.
 */
async function start(vars: Started): Promise<void> {
  const { name } = vars;
  const { root, current, served } = appPaths(name);
  const release = await releaseAt(current);
  let other: Failure | undefined;
  try {
    other = await serve(vars);
  } catch (error) {
    const before = (await readFact(fileText, served))?.trim() ?? "";
    if (before === "" || before === release) throw error;
    throw await putBack(vars, root, before, error);
  }
  await copy({ dest: served, content: `${release}\n`, mode: "0644" });
  if (other) throw other.error;
}

async function releaseAt(current: string): Promise<string> {
  const link = await readFact(fileState, current);
  return link.type === "link" ? basename(link.target) : "";
}

/** @returns the error that the host fails with */
async function putBack(
  vars: Started,
  root: string,
  before: string,
  cause: unknown,
): Promise<ShowrunnerError> {
  const { name } = vars;
  const details = cause instanceof ShowrunnerError ? cause.details : [];
  const hint = `see: journalctl -u ${name}`;
  try {
    await rollback({ path: root, name: before, discard: true }, { notify: restartOf(name) });
    await serve(vars);
  } catch (error) {
    const also = `${before}, which served before, does not serve either: ${messageOf(error)}`;
    const message = `the new release of ${name} does not serve: ${messageOf(cause)}`;
    return new ShowrunnerError("task.failed", message, { details: [...details, also], hint });
  }
  const message = `the new release of ${name} does not serve, and ${before} serves again: ${messageOf(cause)}`;
  return new ShowrunnerError("task.failed", message, { details, hint });
}

interface Failure {
  readonly error: unknown;
}

/** @returns the failure of a handler, where the application serves all the same: then it was another's */
async function serve({ name, listen, health }: Started): Promise<Failure | undefined> {
  if (listen !== undefined) await service({ name: `${name}.socket`, enabled: true });
  await service({ name, enabled: true });
  // a restart also starts it for the first time
  const failure = await failureOf(flushHandlers());
  if (failure && health === undefined) throw failure.error;
  await service({ name, state: "started" });
  if (health !== undefined)
    // where no worker could start (the database was away), gunicorn waits 30 s before it ends and is restarted
    await http({ url: health, status: 200, timeout: "2s" }, { name: "health", retries: 60, delay: "1s" });
  return failure;
}

async function failureOf(work: PromiseLike<unknown>): Promise<Failure | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return { error };
  }
}
