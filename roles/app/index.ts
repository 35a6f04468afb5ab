import {
  apt,
  copy,
  defineRole,
  file,
  flushHandlers,
  group,
  http,
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
import { environmentFile, unitWord } from "./words.ts";

const variables = {
  /** Names the unit, the user and the folders. */
  name: Type.String({ pattern: "^[a-z][a-z0-9-]*$" }),
  /** A local folder with the application's files. */
  source: Type.String(),
  /** What the unit runs, in the application's folder. */
  command: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  /** Packages that the application needs. Default: []. */
  packages: withDefault(Type.Array(Type.String({ minLength: 1 })), []),
  /** The application's environment; only root and the application can read it. Default: {}. */
  environment: withDefault(
    Type.Record(Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]*$" }), SecretString(), {
      additionalProperties: false,
    }),
    {},
  ),
  /** Must answer 200 within a minute once the application runs. */
  health: Type.Optional(Type.String({ format: "uri" })),
};

/** What `app` takes. */
export interface AppVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Any application, as a systemd service of its own user. */
export const app: Role<AppVars, void> = defineRole({
  name: "app",
  summary: "An application as a systemd unit, with its user, its environment and a health check.",
  vars: variables,
  async run({ vars, owner }) {
    const { name } = vars;
    const { home, configuration, environment, unit } = appPaths(name);
    const restart = service({ name, state: "restarted" });
    if (vars.packages.length > 0) await apt({ name: vars.packages }, { notify: restart });
    const { value: apps } = await ownedFiles({ owner, files: [unit] });
    await group({ name, system: true });
    await user({ name, system: true, group: name, home, shell: "/usr/sbin/nologin", createHome: false });
    const written = {
      owner: filesOwner(name),
      files: [`${home}/`, `${configuration}/`, environment],
      trees: [{ src: vars.source, dest: home }],
    };
    await ownedFiles(written);
    // before the rest is written: a directory may take the place of a file, and a file that of a directory
    await ownedFiles({ ...written, prune: true }, { notify: restart });
    await file({ path: home, state: "directory", mode: "0755" });
    await copy({ src: `${vars.source}/`, dest: `${home}/`, mode: "0644" }, { notify: restart });
    await file({ path: configuration, state: "directory", mode: "0750", group: name });
    await copy(
      {
        dest: environment,
        content: environmentFile(vars.environment),
        mode: "0640",
        group: name,
      },
      { notify: restart },
    );
    await systemdUnit(
      {
        name: `${name}.service`,
        unit: {
          Description: `${name}, an application`,
          After: "network-online.target",
          Wants: "network-online.target",
        },
        service: {
          User: name,
          Group: name,
          WorkingDirectory: home,
          EnvironmentFile: environment,
          ExecStart: vars.command.map(unitWord).join(" "),
          Restart: "on-failure",
          RestartSec: "2",
          NoNewPrivileges: "yes",
          PrivateTmp: "yes",
          ProtectSystem: "strict",
          ProtectHome: "yes",
        },
        install: { WantedBy: "multi-user.target" },
      },
      { notify: restart },
    );
    // another application of this step may have been renamed or left out, and still hold the port that this one needs
    if (apps.noted.every((path) => path === unit)) await start(vars);
  },
  async finish({ calls, owner }) {
    const files = calls.map(({ name }) => appPaths(name).unit);
    const { value: apps } = await ownedFiles({ owner, files });
    for (const name of apps.unwanted.map(appOfUnit)) {
      await systemdUnit({ name: `${name}.service`, state: "absent" });
      await ownedFiles({ owner: filesOwner(name), files: [], prune: true });
    }
    await ownedFiles({ owner, files, prune: true });
    if (apps.noted.length > 1) for (const call of calls) await start(call);
  },
});

/** Goes on once the application runs and its health check answers. */
async function start({ name, health }: { readonly name: string; readonly health?: string }): Promise<void> {
  await service({ name, enabled: true });
  await flushHandlers(); // a restart also starts it for the first time
  await service({ name, state: "started" });
  if (health !== undefined)
    // a minute: where no worker could start (the database was away), gunicorn waits 30 s before it ends and is restarted
    await http({ url: health, status: 200 }, { name: "health", retries: 60, delay: "1s" });
}
