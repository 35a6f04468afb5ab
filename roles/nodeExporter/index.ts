import {
  defineRole,
  file,
  type HostFacts,
  hostFacts,
  type OptionalInput,
  ownedFiles,
  Param,
  type RequiredInput,
  type Role,
  readFact,
  Type,
  withDefault,
} from "showrunner";
import { installDaemon, startDaemon } from "../daemon.ts";
import { ipAddressOf } from "../ip-address.ts";

/** The exporter reads all directories that have a link here. */
const links = "/etc/prometheus-node-exporter/textfiles";
/** Where Debian's packages leave files for the exporter. */
const debians = "/var/lib/prometheus/node-exporter";
const linkOf = (directory: string) => `${links}/${directory.slice(1).replaceAll("/", "-")}`;

/** The exporter's own list, without `overlay`: what Docker mounts is left out by where it is mounted. */
const withoutFiles = [
  "autofs",
  "binfmt_misc",
  "bpf",
  "cgroup2?",
  "configfs",
  "debugfs",
  "devpts",
  "devtmpfs",
  "fusectl",
  "hugetlbfs",
  "iso9660",
  "mqueue",
  "nsfs",
  "proc",
  "procfs",
  "pstore",
  "rpc_pipefs",
  "securityfs",
  "selinuxfs",
  "squashfs",
  "sysfs",
  "tracefs",
];

/** As Debian has it, but for /mnt: real disks are mounted there, too. */
const withoutPlaces = [
  "dev",
  "proc",
  "run",
  "sys",
  "media",
  "var/lib/docker/.+",
  "var/lib/containers/storage/.+",
];

/** What systemd-detect-virt(1) calls a container: the clock there is the machine's. */
const containers = ["systemd-nspawn", "lxc", "lxc-libvirt", "docker", "podman", "openvz", "rkt", "pouch"];

const variables = {
  /** The port on which it listens, at the host's address in the inventory. Default: 9100. */
  port: withDefault(Param.port(), 9100),
  /**
   * Directories of files whose figures it hands on: text in Prometheus' format, in files named `.prom`, that
   * everybody may read. Default: that of Debian's packages, /var/lib/prometheus/node-exporter, which it always reads.
   */
  textfiles: withDefault(Type.Array(Param.path()), []),
};

/** What `nodeExporter` takes. */
export interface NodeExporterVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Tells Prometheus how a host is: its memory, disks, network, clock and units. */
export const nodeExporter: Role<NodeExporterVars, void> = defineRole({
  name: "nodeExporter",
  summary: "Tells Prometheus how a host is: processors, memory, disks, network, clock, systemd's units.",
  vars: variables,
  async run({ vars, host, owner }) {
    const daemon = {
      name: "prometheus-node-exporter",
      address: ipAddressOf(host, "nodeExporter"),
      port: vars.port,
      options: optionsFor(await readFact(hostFacts, "")),
    };
    const directories = [debians, ...vars.textfiles];
    await file({ path: links, state: "directory", mode: "0755" });
    await ownedFiles({ owner, files: directories.map(linkOf) });
    for (const directory of directories)
      await file({ path: linkOf(directory), state: "link", src: directory, force: true });
    await installDaemon(daemon);
    await startDaemon(daemon);
  },
  // the links to directories that are no longer named
  finish: ({ calls, owner }) =>
    ownedFiles({
      owner,
      files: calls.flatMap(({ textfiles }) => [debians, ...textfiles].map(linkOf)),
      prune: true,
    }),
});

/** The exporter's options on a host. */
export function optionsFor({
  virtualisation,
}: Pick<HostFacts, "virtualisation">): Record<string, string | true> {
  return {
    "collector.systemd": true,
    "collector.textfile.directory": `${links}/*`,
    "collector.filesystem.fs-types-exclude": `^(${withoutFiles.join("|")})$`,
    "collector.filesystem.mount-points-exclude": `^/(${withoutPlaces.join("|")})($|/)`,
    ...(containers.includes(virtualisation) && { "no-collector.timex": true }),
  };
}
