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
  parameters("sysctl-01", "the host forwards nothing", { "net.ipv4.ip_forward": ["0"] }),
  parameters("sysctl-02", "packets come from where answers would go", onInterfaces("rp_filter", "1")),
  parameters("sysctl-03", "errors that nobody may send are ignored", {
    "net.ipv4.icmp_ignore_bogus_error_responses": ["1"],
  }),
  parameters("sysctl-04", "pings to everybody are not answered", {
    "net.ipv4.icmp_echo_ignore_broadcasts": ["1"],
  }),
  parameters("sysctl-05", "messages of ICMP are limited", { "net.ipv4.icmp_ratelimit": ["100"] }),
  parameters("sysctl-06", "the limit counts for these messages", { "net.ipv4.icmp_ratemask": ["88089"] }),
  parameters("sysctl-07", "TCP tells no times", { "net.ipv4.tcp_timestamps": ["0"] }),
  parameters(
    "sysctl-08",
    "an interface answers for its own addresses alone",
    { "net.ipv4.conf.all.arp_ignore": ["1", "2"] },
    ofItsOwn,
  ),
  parameters(
    "sysctl-09",
    "an interface asks in the name of its own address",
    { "net.ipv4.conf.all.arp_announce": ["2"] },
    ofItsOwn,
  ),
  parameters("sysctl-10", "a closed connection is not ended once more", { "net.ipv4.tcp_rfc1337": ["1"] }),
  parameters("sysctl-11", "a flood of new connections leaves room for others", {
    "net.ipv4.tcp_syncookies": ["1"],
  }),
  parameters("sysctl-12", "neighbours on one wire are neighbours", onInterfaces("shared_media", "1")),
  parameters("sysctl-13", "nobody else says which way packets take", {
    ...onInterfaces("accept_source_route", "0"),
    ...onInterfaces("accept_source_route", "0", 6),
  }),
  parameters("sysctl-14", "nobody moves routes by ICMP", onInterfaces("accept_redirects", "0")),
  parameters("sysctl-15", "nor does a gateway", onInterfaces("secure_redirects", "0")),
  parameters("sysctl-16", "the host moves nobody's routes", onInterfaces("send_redirects", "0")),
  parameters(
    "sysctl-17",
    "packets with addresses that can't be are logged",
    onInterfaces("log_martians", "1"),
  ),
  parameters("sysctl-20", "nobody moves routes by ICMPv6", onInterfaces("accept_redirects", "0", 6)),
  parameters("sysctl-31", "privileged programs leave no memory behind", { "fs.suid_dumpable": ["0"] }),
  parameters("sysctl-32", "programs are at random places in memory", {
    "kernel.randomize_va_space": ["2"],
  }),
  parameters("sysctl-34", "links and pipes of other users can't mislead", {
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
