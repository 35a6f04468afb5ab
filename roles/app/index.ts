import {
  apt,
  copy,
  defineRole,
  file,
  flushHandlers,
  group,
  http,
  Secret,
  SecretString,
  service,
  systemdUnit,
  Type,
  user,
  withDefault,
} from "showrunner";

/** Any application, as a systemd service of its own user. */
export const app = defineRole({
  name: "app",
  summary: "An application as a systemd unit, with its user, its environment and a health check.",
  vars: {
    name: Type.String({
      pattern: "^[a-z][a-z0-9-]*$",
      description: "names the unit, the user and the folders",
    }),
    source: Type.String({ description: "a local folder with the application's files" }),
    command: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: "what the unit runs, in the application's folder",
    }),
    packages: withDefault(
      Type.Array(Type.String({ minLength: 1 }), { description: "packages it needs" }),
      [],
    ),
    environment: withDefault(
      Type.Record(Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]*$" }), SecretString(), {
        additionalProperties: false,
        description: "its environment; only root and the application can read it",
      }),
      {},
    ),
    health: Type.Optional(
      Type.String({
        format: "uri",
        description: "must answer 200 within a minute once the application runs",
      }),
    ),
  },
  async run({ vars }) {
    const { name } = vars;
    const home = `/srv/${name}`;
    const restart = service({ name, state: "restarted" });
    if (vars.packages.length > 0) await apt({ name: vars.packages }, { notify: restart });
    await group({ name, system: true });
    await user({ name, system: true, group: name, home, shell: "/usr/sbin/nologin", createHome: false });
    await file({ path: home, state: "directory", mode: "0755" });
    await copy({ src: `${vars.source}/`, dest: `${home}/`, mode: "0644" }, { notify: restart });
    await file({ path: `/etc/${name}`, state: "directory", mode: "0750", group: name });
    await copy(
      {
        dest: `/etc/${name}/environment`,
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
          EnvironmentFile: `/etc/${name}/environment`,
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
    await service({ name, enabled: true });
    await flushHandlers(); // a restart also starts it for the first time
    await service({ name, state: "started" });
    if (vars.health !== undefined)
      // gunicorn for one, where no worker could begin (a database was away), waits 30 s before it ends and is begun anew
      await http({ url: vars.health, status: 200 }, { name: "health", retries: 60, delay: "1s" });
  },
});

/** systemd's EnvironmentFile: double quotes, in which backslash, quote, dollar and backtick are escaped. */
function environmentFile(environment: Readonly<Record<string, string | Secret>>): Secret {
  const lines = Object.entries(environment).map(([key, value]) => {
    const text = typeof value === "string" ? value : value.reveal();
    return `${key}="${text.replace(/[\\"$`]/g, "\\$&")}"\n`;
  });
  return new Secret(lines.join(""));
}

/** A word of a unit's command line: quoted where it must be, and with `%` and `$` meaning themselves. */
function unitWord(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[A-Za-z0-9_/.:=@%+,$-]+$/.test(plain) ? plain : `"${plain.replace(/[\\"]/g, "\\$&")}"`;
}
