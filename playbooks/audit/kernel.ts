/** What is asked of the kernel's parameters. */
import { readFact, sysctlSettable, sysctlValue } from "showrunner";
import { type Area, type Control, doesNot, type Finding, holds, notApplicable } from "./control.ts";

interface Parameter {
  /** Undefined: the kernel has none of that name. */
  readonly value: string | undefined;
  /** Whether this host may set it. */
  readonly isSettable: boolean;
}

type Kernel = ReadonlyMap<string, Parameter>;
/** A parameter, and the values of which it is to have one. */
type Wanted = Readonly<Record<string, readonly string[]>>;

interface KernelControl extends Control<Kernel> {
  readonly wanted: Wanted;
}

const onInterfaces = (name: string, value: string, version = 4): Wanted => ({
  [`net.ipv${version}.conf.all.${name}`]: [value],
  [`net.ipv${version}.conf.default.${name}`]: [value],
});

const sharesAddresses = "net.ipv4.ip_nonlocal_bind";

/** A host that shares an address with others must answer for it as they agree among each other. */
function ofItsOwn(facts: Kernel): Finding | undefined {
  return facts.get(sharesAddresses)?.value === "1"
    ? notApplicable("the host shares addresses that move, and keepalived tells where they are")
    : undefined;
}

const controls: readonly KernelControl[] = [
  parameters("sysctl-01", "the host forwards no packets between networks", { "net.ipv4.ip_forward": ["0"] }),
  parameters("sysctl-02", "packets with a forged source address are dropped", onInterfaces("rp_filter", "1")),
  parameters("sysctl-03", "invalid ICMP errors are ignored", {
    "net.ipv4.icmp_ignore_bogus_error_responses": ["1"],
  }),
  parameters("sysctl-04", "pings to a broadcast address are not answered", {
    "net.ipv4.icmp_echo_ignore_broadcasts": ["1"],
  }),
  parameters("sysctl-05", "the rate of ICMP messages is limited", { "net.ipv4.icmp_ratelimit": ["100"] }),
  parameters("sysctl-06", "the limit holds for the right types of ICMP messages", {
    "net.ipv4.icmp_ratemask": ["88089"],
  }),
  parameters("sysctl-07", "TCP timestamps are off", { "net.ipv4.tcp_timestamps": ["0"] }),
  parameters(
    "sysctl-08",
    "an interface answers ARP for its own addresses only",
    { "net.ipv4.conf.all.arp_ignore": ["1", "2"] },
    ofItsOwn,
  ),
  parameters(
    "sysctl-09",
    "an interface sends ARP with its own address only",
    { "net.ipv4.conf.all.arp_announce": ["2"] },
    ofItsOwn,
  ),
  parameters("sysctl-10", "a late reset does not end a closed connection's wait (RFC 1337)", {
    "net.ipv4.tcp_rfc1337": ["1"],
  }),
  parameters("sysctl-11", "SYN cookies protect from floods of new connections", {
    "net.ipv4.tcp_syncookies": ["1"],
  }),
  parameters("sysctl-12", "networks may share one wire (shared_media)", onInterfaces("shared_media", "1")),
  parameters("sysctl-13", "source routing is off", {
    ...onInterfaces("accept_source_route", "0"),
    ...onInterfaces("accept_source_route", "0", 6),
  }),
  parameters("sysctl-14", "ICMP redirects are not accepted", onInterfaces("accept_redirects", "0")),
  parameters(
    "sysctl-15",
    "ICMP redirects from gateways are not accepted",
    onInterfaces("secure_redirects", "0"),
  ),
  parameters("sysctl-16", "the host sends no ICMP redirects", onInterfaces("send_redirects", "0")),
  parameters("sysctl-17", "packets with impossible addresses are logged", onInterfaces("log_martians", "1")),
  parameters("sysctl-20", "ICMPv6 redirects are not accepted", onInterfaces("accept_redirects", "0", 6)),
  parameters("sysctl-31", "programs with privileges write no core dumps", { "fs.suid_dumpable": ["0"] }),
  parameters("sysctl-32", "memory addresses are random (ASLR)", {
    "kernel.randomize_va_space": ["2"],
  }),
  parameters("sysctl-34", "links and pipes of other users are protected", {
    "fs.protected_fifos": ["1", "2"],
    "fs.protected_hardlinks": ["1"],
    "fs.protected_regular": ["2"],
    "fs.protected_symlinks": ["1"],
  }),
];

export const kernel: Area<Kernel> = {
  name: "kernel",
  async read() {
    const names = [sharesAddresses, ...controls.flatMap(({ wanted }) => Object.keys(wanted))];
    return new Map(await Promise.all([...new Set(names)].map(parameter)));
  },
  controls,
};

async function parameter(name: string): Promise<[string, Parameter]> {
  const [value, isSettable] = await Promise.all([
    readFact(sysctlValue, name),
    readFact(sysctlSettable, name),
  ]);
  return [name, { value, isSettable }];
}

function parameters(
  id: string,
  asks: string,
  wanted: Wanted,
  exempts: (facts: Kernel) => Finding | undefined = () => undefined,
): KernelControl {
  return { id, asks, wanted, find: (facts) => exempts(facts) ?? findingOf(wanted, facts) };
}

function findingOf(wanted: Wanted, facts: Kernel): Finding {
  const all = Object.entries(wanted).map(([name, values]) => ({ name, values, now: facts.get(name) }));
  const there = all.filter(({ now }) => now?.value !== undefined);
  const wrong = there.filter(({ now, values }) => !values.includes(now?.value ?? ""));
  const text = wrong.map(({ name, now }) => `${name} is ${now?.value}`).join("; ");
  if (there.length === 0) return notApplicable(`the kernel has no ${all.map(({ name }) => name).join(", ")}`);
  if (wrong.length === 0) return holds;
  return wrong.some(({ now }) => now?.isSettable)
    ? doesNot(text)
    : notApplicable(`${text}, as the machine has it whose kernel this is`);
}
