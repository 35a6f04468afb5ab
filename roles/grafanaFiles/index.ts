import {
  batch,
  copy,
  defineRole,
  fail,
  file,
  fileState,
  type OptionalInput,
  type RequiredInput,
  type Role,
  readFact,
  service,
  Type,
  template,
  withDefault,
} from "showrunner";

/** Grafana reads what it is given there when it starts. */
const restart = service({ name: "grafana-server", state: "restarted" });
const provisioning = "/etc/grafana/provisioning";
const dashboards = "/etc/grafana/showrunner";
const rootsFile = { mode: "0644", owner: "root", group: "root" } as const;

const variables = {
  /** Where Prometheus listens, as Grafana's host sees it. Default: "http://127.0.0.1:9090". */
  prometheus: withDefault(
    Type.String({ pattern: "^https?://([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(:[0-9]{1,5})?$" }),
    "http://127.0.0.1:9090",
  ),
};

/** What `grafanaFiles` takes. */
export interface GrafanaFilesVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Shows a Grafana that is there the site: Prometheus as its source, and a dashboard. */
export const grafanaFiles: Role<GrafanaFilesVars, void> = defineRole({
  name: "grafanaFiles",
  summary: "A dashboard of the site, and Prometheus as its source, for a Grafana that is there already.",
  vars: variables,
  async run({ vars, role, host }) {
    if ((await readFact(fileState, provisioning)).type !== "directory")
      fail(
        `${host.name} has no Grafana: ${provisioning} is no directory`,
        "install Grafana first, from its makers' repository: Debian has no package",
      );
    await batch([
      file({ path: dashboards, state: "directory", mode: "0755", owner: "root", group: "root" }),
      copy({ src: role.file("site.json"), dest: `${dashboards}/site.json`, ...rootsFile }),
      template(
        {
          src: role.template("datasource.yaml.ejs"),
          dest: `${provisioning}/datasources/showrunner.yaml`,
          vars,
          ...rootsFile,
        },
        { notify: restart },
      ),
      template(
        {
          src: role.template("dashboards.yaml.ejs"),
          dest: `${provisioning}/dashboards/showrunner.yaml`,
          vars: { dashboards },
          ...rootsFile,
        },
        { notify: restart },
      ),
    ]);
  },
});
