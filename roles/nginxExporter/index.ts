import {
  defineRole,
  flushHandlers,
  type OptionalInput,
  Param,
  type RequiredInput,
  type Role,
  Type,
  withDefault,
} from "showrunner";
import { installDaemon, startDaemon } from "../daemon.ts";
import { ipAddressOf, withPort } from "../ip-address.ts";
import { statusPort } from "../nginx/files-of.ts";

const variables = {
  /** The port on which it listens, at the host's address in the inventory. Default: 9113. */
  port: withDefault(Param.port(), 9113),
  /** Where Nginx tells its figures. Default: where the role `nginx` has them with `monitoring`, on this host. */
  status: Type.Optional(Type.String({ format: "uri" })),
};

/** What `nginxExporter` takes. */
export interface NginxExporterVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Tells Prometheus how many connections and requests an Nginx has. */
export const nginxExporter: Role<NginxExporterVars, void> = defineRole({
  name: "nginxExporter",
  summary: "Tells Prometheus whether Nginx works, and how many connections and requests it has.",
  vars: variables,
  async run({ vars, host }) {
    const address = ipAddressOf(host, "nginxExporter");
    const status = vars.status ?? `http://${withPort(address, statusPort)}/status`;
    const daemon = {
      name: "prometheus-nginx-exporter",
      address,
      port: vars.port,
      options: { "nginx.scrape-uri": status },
    };
    // the exporter ends where Nginx does not tell its figures yet
    await flushHandlers();
    await installDaemon(daemon);
    await startDaemon(daemon);
  },
});
