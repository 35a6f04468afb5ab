import {
  apt,
  copy,
  defineRole,
  type OptionalInput,
  Param,
  type RequiredInput,
  type Role,
  service,
  withDefault,
} from "showrunner";
import { installDaemon, startDaemon } from "../daemon.ts";
import { blackbox } from "../prometheus/places.ts";

const name = "prometheus-blackbox-exporter";
const file = "/etc/prometheus/blackbox.yml";

const variables = {
  /**
   * A file of the authorities that may have signed what is asked by HTTPS; left out, those that the host trusts.
   * Default: "/etc/ssl/certs/ca-certificates.crt".
   */
  authorities: withDefault(Param.path(), "/etc/ssl/certs/ca-certificates.crt"),
};

/** What `blackboxExporter` takes. */
export interface BlackboxExporterVars
  extends RequiredInput<typeof variables>,
    OptionalInput<typeof variables> {}

/** Asks what Prometheus wants to have asked from outside: whether it answers, how fast, and with which certificate. */
export const blackboxExporter: Role<BlackboxExporterVars, void> = defineRole({
  name: "blackboxExporter",
  summary: "Asks sites and ports, as a visitor would, for Prometheus on the same host.",
  vars: variables,
  async run({ vars }) {
    const daemon = { name, ...blackbox, options: { "config.file": file } };
    await apt({ name: "ca-certificates" });
    await installDaemon(daemon);
    await copy(
      {
        dest: file,
        content: configuration(vars.authorities),
        mode: "0644",
        validate: `/usr/bin/${name} --config.check --config.file=%s`,
      },
      { notify: service({ name, state: "reloaded" }) },
    );
    await startDaemon(daemon);
  },
});

/** A module for each kind of address that the role `prometheus` may be given: the address's scheme names it. */
export function configuration(authorities: string): string {
  // a file that is named is read for each question; what the host trusts would be read once, when the exporter starts
  const trusted = ["fail_if_not_ssl: true", "tls_config:", `  ca_file: ${JSON.stringify(authorities)}`];
  const asked = (...more: string[]) =>
    ["follow_redirects: false", ...more].map((line) => `\n      ${line}`).join("");
  return `# Written by Showrunner: changes made here are overwritten by the next run.
modules:
  http:
    prober: http
    timeout: 5s
    http:${asked()}
  https:
    prober: http
    timeout: 5s
    http:${asked(...trusted)}
  tcp:
    prober: tcp
    timeout: 5s
`;
}
