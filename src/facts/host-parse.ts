/** Makes facts of what a host's script printed. */
import type {
  HostFacts,
  HostTime,
  InterfaceAddress,
  Memory,
  Mount,
  NetworkInterface,
  Processors,
} from "./host-facts.ts";

/** File systems that are a view into the kernel and hold nobody's files. */
const kernelViews = new Set(
  "autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl hugetlbfs mqueue nsfs proc pstore ramfs rpc_pipefs securityfs selinuxfs sysfs tracefs".split(
    " ",
  ),
);

/** Who makes virtual machines, as their firmware says. */
const vendors: readonly (readonly [RegExp, string])[] = [
  [/QEMU|KVM|Amazon EC2|Google|OpenStack|DigitalOcean|Hetzner/i, "kvm"],
  [/VMware/i, "vmware"],
  [/innotek|VirtualBox/i, "oracle"],
  [/Microsoft Corporation.*Virtual/i, "microsoft"],
  [/Xen/i, "xen"],
  [/Parallels/i, "parallels"],
];

/** @param output what `hostScript` printed */
export function parseHostFacts(output: string): HostFacts {
  const sections = sectionsOf(output);
  const linesOf = (name: string) => sections.get(name) ?? [];
  const first = (name: string) => linesOf(name)[0] ?? "";
  const files = filesOf(linesOf("files"));
  const line = (file: string) => files.get(file)?.[0] ?? "";
  const [system = "", hostname = "", kernel = "", architecture = ""] = linesOf("uname");
  const release = osRelease(files.get("/etc/os-release") ?? files.get("/usr/lib/os-release") ?? []);
  const interfaces = interfacesOf(linesOf("addresses"), files);
  const route = first("route");
  return {
    os: system.toLowerCase(),
    distribution: release.get("ID") ?? "",
    version: release.get("VERSION_ID") ?? "",
    codename: release.get("VERSION_CODENAME") ?? "",
    description: release.get("PRETTY_NAME") ?? "",
    architecture,
    kernel,
    hostname,
    fqdn: fqdnOf(hostname, linesOf("hosts")),
    addresses: reachable(interfaces, linesOf("addresses")),
    interfaces,
    defaultAddress: after(route, "src"),
    defaultInterface: after(route, "dev"),
    memory: memoryOf(files.get("/proc/meminfo") ?? []),
    processors: processorsOf(line("/sys/devices/system/cpu/online"), first("cpu")),
    mounts: mountsOf(files.get("/proc/self/mounts") ?? [], linesOf("df")),
    init: first("init") || line("/proc/1/comm"),
    virtualisation: first("virt") || first("container") || virtualMachine(files),
    time: timeOf(first("date"), first("localtime"), line("/etc/timezone"), line("/proc/uptime")),
  };
}

function sectionsOf(output: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of output.split("\n")) {
    const [, name] = line.startsWith("== ") ? (/^== (\w+)$/.exec(line) ?? []) : [];
    if (name !== undefined) {
      lines = [];
      sections.set(name, lines);
    } else if (line !== "") lines.push(line);
  }
  return sections;
}

/** `grep`'s lines: the file's name, a colon, the line. */
function filesOf(lines: readonly string[]): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const line of lines) {
    const at = line.indexOf(":");
    const file = line.slice(0, at);
    const known = files.get(file);
    if (known) known.push(line.slice(at + 1));
    else files.set(file, [line.slice(at + 1)]);
  }
  return files;
}

/** os-release(5): shell assignments with optional quotes. */
function osRelease(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const [, name, given = ""] = /^\s*([A-Z0-9_]+)=(.*)$/.exec(line) ?? [];
      if (name === undefined) return [];
      const value = given.trim();
      const [, quoted] = /^(?:"(.*)"|'.*')$/.exec(value) ?? [];
      const inner = quoted ?? value.replace(/^'(.*)'$/, "$1");
      return [[name, inner.replace(/\\(["'\\$`])/g, "$1")]];
    }),
  );
}

/** hosts(5): the first name of a line is the canonical one. */
function fqdnOf(hostname: string, hosts: readonly string[]): string {
  if (hostname.includes(".")) return hostname;
  for (const line of hosts) {
    const names = line.replace(/#.*/, "").trim().split(/\s+/).slice(1);
    if (!names.includes(hostname) && !names.some((name) => name.startsWith(`${hostname}.`))) continue;
    const full = names.find((name) => name.startsWith(`${hostname}.`));
    if (full !== undefined) return full;
  }
  return hostname;
}

/** `2: eth0    inet 192.0.2.5/24 brd … scope global eth0`, as iproute2 and busybox print it. */
function interfacesOf(
  lines: readonly string[],
  files: ReadonlyMap<string, readonly string[]>,
): Record<string, NetworkInterface> {
  const addresses = new Map<string, InterfaceAddress[]>();
  for (const line of lines) {
    if (!line.includes(" inet")) continue;
    const [, label = "", inet = "", ...rest] = line.split(/\s+/);
    const [name = ""] = label.split(/[@:]/, 1);
    if (name === "" || (inet !== "inet" && inet !== "inet6")) continue;
    // with a peer, the network's length stands behind that: `192.0.2.1 peer 192.0.2.2/32`
    const [address = "", ownPrefix] = (rest[0] ?? "").split("/");
    const prefix = rest[1] === "peer" ? rest[2]?.split("/")[1] : ownPrefix;
    if (!/^[0-9a-fA-F.:]+$/.test(address)) continue;
    const family = inet === "inet6" ? ("ipv6" as const) : ("ipv4" as const);
    const bits = Number(prefix ?? (family === "ipv4" ? 32 : 128));
    const scope = after(line, "scope") ?? "";
    const known = addresses.get(name) ?? [];
    known.push({ address, prefix: bits, family, scope });
    addresses.set(name, known);
  }
  const known = [...files.keys()].flatMap((file) => /^\/sys\/class\/net\/(.+)\/mtu$/.exec(file)?.[1] ?? []);
  const value = (name: string, what: string) => files.get(`/sys/class/net/${name}/${what}`)?.[0] ?? "";
  return Object.fromEntries(
    [...new Set([...known, ...addresses.keys()])].map((name) => [
      name,
      {
        mac: value(name, "address"),
        mtu: Number(value(name, "mtu")),
        state: value(name, "operstate"),
        addresses: addresses.get(name) ?? [],
      },
    ]),
  );
}

function reachable(
  interfaces: Readonly<Record<string, NetworkInterface>>,
  lines: readonly string[],
): string[] {
  const all = Object.values(interfaces).flatMap(({ addresses }) => addresses);
  if (all.length > 0) return all.filter(({ scope }) => scope === "global").map(({ address }) => address);
  // without `ip` this is what `hostname -I` said: addresses in a line
  return lines.flatMap((line) => line.trim().split(/\s+/)).filter((word) => /^[0-9a-f.:]+$/.test(word));
}

/** The word after a word. */
function after(line: string, word: string): string | undefined {
  const words = line.split(/\s+/);
  const at = words.indexOf(word);
  return at < 0 ? undefined : words[at + 1];
}

function memoryOf(lines: readonly string[]): Memory {
  const kibibytes = new Map(
    lines.map((line) => {
      const [name = "", value = ""] = line.split(/:\s*/);
      return [name, Number.parseInt(value, 10) || 0];
    }),
  );
  const bytes = (name: string) => (kibibytes.get(name) ?? 0) * 1024;
  return {
    total: bytes("MemTotal"),
    available: bytes(kibibytes.has("MemAvailable") ? "MemAvailable" : "MemFree"),
    swap: bytes("SwapTotal"),
  };
}

/** @param online ranges such as `0-3,6` */
function processorsOf(online: string, model: string): Processors {
  const counts = online.split(",").map((range) => {
    const [from = "", to = from] = range.split("-");
    return from === "" ? 0 : Number(to) - Number(from) + 1;
  });
  return {
    count: counts.reduce((sum, count) => sum + count, 0) || 1,
    model: model.replace(/^model name\s*:\s*/, ""),
  };
}

function mountsOf(mounts: readonly string[], df: readonly string[]): Mount[] {
  const sizes = new Map(
    df.flatMap((line) => {
      // a device's name may have spaces: what stands before the path is found from the path's begin
      const at = Math.max(line.indexOf("% /"), line.indexOf("- /")) + 1;
      const [size = "", , available = ""] = line.slice(0, at).split(/\s+/).slice(-4);
      if (at === 0 || !/^\d+$/.test(size) || !/^-?\d+$/.test(available)) return [];
      return [[line.slice(at + 1), { size: kib(size), available: kib(available) }] as const];
    }),
  );
  const shown = mounts.flatMap((line) => {
    const [device = "", path = "", type = "", options = ""] = line.split(" ").map(unescaped);
    if (kernelViews.has(type) || type === "") return [];
    const { size, available } = sizes.get(path) ?? { size: undefined, available: undefined };
    return [[path, { path, device, type, options: options.split(","), size, available }] as const];
  });
  // of several at one place the last one is seen
  return [...new Map(shown).values()];
}

function kib(text = ""): number {
  return Math.max(0, Number(text)) * 1024;
}

/** proc(5): spaces and the like are octal in /proc/self/mounts. */
function unescaped(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function virtualMachine(files: ReadonlyMap<string, readonly string[]>): string {
  const said = ["sys_vendor", "product_name"].map(
    (name) => files.get(`/sys/class/dmi/id/${name}`)?.[0] ?? "",
  );
  const text = said.join(" ").slice(0, 200);
  return vendors.find(([pattern]) => pattern.test(text))?.[1] ?? "";
}

function timeOf(date: string, localtime: string, timezone: string, uptime: string): HostTime {
  const [epoch = "", abbreviation = "", offset = ""] = date.split(" ");
  const [, zone] = /\/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(localtime) ?? [];
  return {
    epoch: Number(epoch),
    timezone: zone ?? (timezone || abbreviation),
    offset,
    uptime: Math.floor(Number(uptime.split(" ")[0] ?? 0)),
  };
}
