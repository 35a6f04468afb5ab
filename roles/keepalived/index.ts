import {
  addressHolder,
  apt,
  batch,
  command,
  copy,
  defineRole,
  fail,
  file,
  type HostInfo,
  type OptionalInput,
  ownedFiles,
  type RequiredInput,
  type Role,
  readFact,
  service,
  sh,
  sysctl,
  Type,
  template,
  user,
} from "showrunner";
import { type Instance, instancesOf, isOfNetwork } from "./instances.ts";
import { metricsFolder as metrics, metricsFile, outOfService } from "./paths.ts";

const reload = service({ name: "keepalived", state: "reloaded" });

/** keepalived itself runs as root; what it calls is run as this user. */
const scriptUser = "keepalived_script";
const scripts = "/usr/local/lib/keepalived";
const dropIn = "/etc/systemd/system/keepalived.service.d";

const Address = Type.Object({
  /** The IPv4 address that moves, without a prefix length: it is of the hosts' own network. */
  address: Type.String({ minLength: 1 }),
  /** Its number among all VRRP routers of the network. Default: the address's last number. */
  routerId: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
  /**
   * Each host's priority by the host's name; the highest is preferred. Default: the first address prefers the first
   * host, the second address the second host.
   */
  priorities: Type.Optional(Type.Record(Type.String(), Type.Integer({ minimum: 1, maximum: 254 }))),
});

const variables = {
  /** The hosts that share the addresses: a pattern. */
  nodes: Type.String({ minLength: 1 }),
  /** One: active-passive. Two: active-active, each host holds one of them as long as both work. */
  addresses: Type.Array(Address, { minItems: 1 }),
  /**
   * The command that says, each second, whether this host may hold an address; it runs as the user keepalived_script.
   * Default: HAProxy answers 200 at http://127.0.0.1:8405/healthz, its health port.
   */
  health: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
};

/** What `keepalived` takes. */
export interface KeepalivedVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Addresses that several hosts share: one host holds each, and where it fails, another one does within 4 seconds. */
export const keepalived: Role<KeepalivedVars, void> = defineRole({
  name: "keepalived",
  summary:
    "Addresses that move, within 4 seconds, to a host that works, and stay there when the other returns.",
  vars: variables,
  async run({ vars, role, host, inventory, owner }) {
    const nodes = inventory.select(vars.nodes);
    const peers = nodes.filter(({ name }) => name !== host.name);
    const instances = instancesOf(vars.addresses, { host, nodes, hosts: inventory.select("all") });
    const [program = "/"] = vars.health ?? [];
    if (!program.startsWith("/"))
      fail(`health: "${program}" is no absolute path`, "give the command's whole path");
    const { device, prefix } = await placeOf(instances, host, peers);
    const given = {
      ...vars,
      instances,
      host,
      peers,
      device,
      prefix,
      scripts,
      metrics,
      scriptUser,
      outOfService,
    };

    await batch([
      apt({ name: "keepalived" }),
      user({ name: scriptUser, system: true, home: metrics, shell: "/usr/sbin/nologin", createHome: false }),
      file({ path: metrics, state: "directory", mode: "0755", owner: scriptUser }),
      file({ path: scripts, state: "directory", mode: "0755", owner: "root", group: "root" }),
      vars.health === undefined
        ? copy({ src: role.file("health"), dest: `${scripts}/health`, ...rootsProgram })
        : copy({ dest: `${scripts}/health`, content: healthScript(vars.health), ...rootsProgram }),
      copy({ src: role.file("check"), dest: `${scripts}/check`, ...rootsProgram }),
      ...["notify", "release", "settle"].map((name) =>
        template({
          src: role.template(`${name}.ejs`),
          dest: `${scripts}/${name}`,
          vars: given,
          ...rootsProgram,
        }),
      ),
      file({ path: dropIn, state: "directory", mode: "0755" }),
      template({
        src: role.template("service.conf.ejs"),
        dest: `${dropIn}/showrunner.conf`,
        vars: given,
        mode: "0644",
      }),
      ownedFiles({ owner, files: instances.map(({ address }) => metricsFile(address)) }),
      // a daemon may listen on the address before this host holds it
      sysctl({ name: "net.ipv4.ip_nonlocal_bind", value: 1 }),
    ]);
    const configuration = {
      src: role.template("keepalived.conf.ejs"),
      dest: "/etc/keepalived/keepalived.conf",
      mode: "0644",
      validate: `${scripts}/check %s`,
    };
    // only at its very first start a host takes its addresses from one that was ready earlier
    const first = await template({ ...configuration, vars: { ...given, isFirst: true }, force: false });
    await service({ name: "keepalived", state: "started", enabled: true });
    await template({ ...configuration, vars: { ...given, isFirst: false } }, { notify: reload });
    if (first.changed) await command({ argv: [`${scripts}/settle`], readOnly: true });
  },
  // what was told of an address that is no longer given
  finish: ({ calls, owner }) =>
    ownedFiles({
      owner,
      files: calls.flatMap(({ addresses }) => addresses.map(({ address }) => metricsFile(address))),
      prune: true,
    }),
});

const healthScript = (words: readonly string[]) =>
  `#!/bin/sh\n# Written by Showrunner.\n${sh`exec ${words}`.text}\n`;

const rootsProgram = { mode: "0755", owner: "root", group: "root" } as const;

/** The host's interface, once it is known that the addresses are of its network and nobody else's. */
async function placeOf(instances: readonly Instance[], host: HostInfo, peers: readonly HostInfo[]) {
  const asked = instances.map(({ address }) => ({
    address,
    own: host.address,
    others: peers.map((peer) => peer.address),
  }));
  const found = await Promise.all(asked.map((key) => readFact(addressHolder, key)));
  const [first] = found;
  if (!first)
    fail(
      `${host.name} has the address ${host.address} on none of its interfaces`,
      "give the host in the inventory the IPv4 address that the other hosts see",
    );
  for (const [index, { address }] of instances.entries()) {
    if (!isOfNetwork(address, first.network))
      fail(
        `addresses: ${address} is not of the network of ${host.name}, which is ${first.network} on ${first.interface}`,
        "give a free address of that network",
      );
    const holder = found[index]?.holder;
    if (typeof holder === "object")
      fail(
        `addresses: ${address} is held by another host, with the MAC address ${holder.mac}`,
        "give an address that nobody has, or take it from that host first",
      );
  }
  return { device: first.interface, prefix: first.network.split("/")[1] ?? "" };
}
