/** Prometheus' configuration. */
import { type Duration, milliseconds } from "showrunner";
import { withPort } from "../ip-address.ts";
import { alertmanagerServer, blackbox } from "./places.ts";

/** Something that Prometheus asks for its figures. */
interface Target {
  readonly job: string;
  /** The host's name in the inventory. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Something that the blackbox exporter asks for Prometheus. */
interface ProbeTarget {
  readonly what: string;
  /** Left out: it is no host's, such as an address that moves. */
  readonly host?: string | undefined;
  readonly url: string;
  /** The name of the site that is asked for. */
  readonly name?: string | undefined;
}

interface Configuration {
  readonly interval: Duration;
  /** Files of rules. */
  readonly rules: readonly string[];
  readonly targets: readonly Target[];
  readonly probes: readonly ProbeTarget[];
}

/** The text of prometheus.yml. What was given stands in double quotes, as JSON has them, which YAML reads, too. */
export function configuration({ interval, rules, targets, probes }: Configuration): string {
  const every = `${milliseconds(interval)}ms`;
  const jobs = [...new Set(targets.map(({ job }) => job))].sort();
  return [
    "# Written by Showrunner: changes made here are overwritten by the next run.",
    "global:",
    `  scrape_interval: ${every}`,
    `  evaluation_interval: ${every}`,
    "rule_files:",
    ...rules.map((path) => `  - ${q(path)}`),
    "alerting:",
    "  alertmanagers:",
    "    - static_configs:",
    `        - targets: [${q(withPort(alertmanagerServer.address, alertmanagerServer.port))}]`,
    "scrape_configs:",
    ...jobs.flatMap((job) =>
      jobLines(
        job,
        targets.filter((target) => target.job === job),
      ),
    ),
    ...(probes.length > 0 ? probeLines(probes) : []),
    "",
  ].join("\n");
}

const q = (text: string) => JSON.stringify(text);

const labelLine = (labels: Readonly<Record<string, string>>) =>
  `        labels: { ${Object.entries(labels)
    .map(([label, value]) => `${label}: ${q(value)}`)
    .join(", ")} }`;

function jobLines(job: string, targets: readonly Target[]): string[] {
  return [
    `  - job_name: ${q(job)}`,
    "    static_configs:",
    ...targets.flatMap(({ host, address, port, labels }) => [
      `      - targets: [${q(withPort(address, port))}]`,
      labelLine({ host, ...labels }),
    ]),
  ];
}

/** The exporter is told in the request what to ask; in the series that is the label `target`. */
function probeLines(probes: readonly ProbeTarget[]): string[] {
  return [
    '  - job_name: "probe"',
    "    metrics_path: /probe",
    "    static_configs:",
    ...probes.flatMap(({ what, host, url, name }) => [
      `      - targets: [${q(url)}]`,
      labelLine({
        ...(host !== undefined && { host }),
        what,
        __param_module: url.slice(0, url.indexOf(":")),
        ...(name !== undefined && { __param_hostname: name }),
      }),
    ]),
    "    relabel_configs:",
    "      - { source_labels: [__address__], target_label: target }",
    // a port's address is given without the scheme
    '      - { source_labels: [__address__], regex: "(?:tcp://)?(.*)", target_label: __param_target }',
    "      - { source_labels: [target], target_label: instance }",
    `      - { target_label: __address__, replacement: ${q(withPort(blackbox.address, blackbox.port))} }`,
  ];
}
