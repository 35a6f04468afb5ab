/** Parameters of the kernel, as far as the host may set them. */
import { batch, copy, readFact, sysctl, sysctlSettable, sysctlValue } from "showrunner";

/** A parameter's value; false leaves it alone. */
type KernelValue = string | number | false;

const path = "/etc/sysctl.d/90-hardening.conf";

/** For the interfaces that are there, and for those that come later. */
const onInterfaces = (name: string, value: number) => ({
  [`net.ipv4.conf.all.${name}`]: value,
  [`net.ipv4.conf.default.${name}`]: value,
});

const parameters: Readonly<Record<string, KernelValue>> = {
  "net.ipv4.ip_forward": 0,
  ...onInterfaces("rp_filter", 1),
  ...onInterfaces("accept_redirects", 0),
  ...onInterfaces("secure_redirects", 0),
  ...onInterfaces("send_redirects", 0),
  ...onInterfaces("accept_source_route", 0),
  ...onInterfaces("shared_media", 1),
  ...onInterfaces("log_martians", 1),
  "net.ipv4.conf.all.arp_ignore": 1,
  "net.ipv4.conf.all.arp_announce": 2,
  "net.ipv4.icmp_ignore_bogus_error_responses": 1,
  "net.ipv4.icmp_echo_ignore_broadcasts": 1,
  "net.ipv4.icmp_ratelimit": 100,
  "net.ipv4.icmp_ratemask": 88089,
  "net.ipv4.tcp_rfc1337": 1,
  "net.ipv4.tcp_syncookies": 1,
  "net.ipv6.conf.all.accept_redirects": 0,
  "net.ipv6.conf.default.accept_redirects": 0,
  "net.ipv6.conf.all.accept_source_route": 0,
  "net.ipv6.conf.default.accept_source_route": 0,
  "fs.suid_dumpable": 0,
  "fs.protected_fifos": 1,
  "fs.protected_hardlinks": 1,
  "fs.protected_regular": 2,
  "fs.protected_symlinks": 1,
  "kernel.randomize_va_space": 2,
};

/** A parameter that the kernel does not have, or that is not this host's to set, is left out: the audit tells of it. */
export async function hardenKernel(own: Readonly<Record<string, KernelValue>>): Promise<void> {
  const wanted = Object.entries({ ...parameters, ...own }).flatMap(([name, value]) =>
    value === false ? [] : [{ name, value }],
  );
  const found = await Promise.all(
    wanted.map(({ name }) => Promise.all([readFact(sysctlValue, name), readFact(sysctlSettable, name)])),
  );
  const settable = wanted.filter((_, index) => {
    const [value, isSettable] = found[index] ?? [];
    return value !== undefined && isSettable;
  });
  const lines = settable.map(({ name, value }) => `${name} = ${value}`);
  await batch([
    copy({ dest: path, content: `# Written by Showrunner\n${lines.join("\n")}\n`, mode: "0644" }),
    ...settable.map(({ name, value }) => sysctl({ name, value, sysctlFile: path })),
  ]);
}
