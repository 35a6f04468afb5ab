/** Parameters of the kernel, as far as the host may set them. */
import { batch, copy, fail, readFact, sysctl, sysctlSettable, sysctlValue } from "showrunner";

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

/** A parameter that is to be set, as sysctl writes it. */
interface Wanted {
  readonly name: string;
  readonly value: string;
  /** Whether the user asks for it, and not the role alone. */
  readonly asked: boolean;
}

/** With dots between its parts: whichever of `.` and `/` comes first in a name parts it (sysctl(8)). */
function dotted(name: string): string {
  if (/[./]/.exec(name)?.[0] !== "/") return name;
  return name.replace(/[./]/g, (one) => (one === "/" ? "." : "/"));
}

/**
 * What is to be set: the role's own parameters, and those of the user over them.
 *
 * @param own the user's; each name and value has one spelling afterwards, so that a second run finds the file as it is
 */
export function wantedParameters(own: Readonly<Record<string, KernelValue>>): Wanted[] {
  const asked = new Map(Object.entries(own).map(([name, value]) => [dotted(name), value]));
  return [...new Map([...Object.entries(parameters), ...asked])].flatMap(([name, value]) =>
    value === false
      ? []
      : [
          {
            name,
            value: String(value)
              .trim()
              .replaceAll(/[ \t]+/g, " "),
            asked: asked.has(name),
          },
        ],
  );
}

/**
 * Those that the host may set. What is not this host's to set is left out, and so is a parameter of the role's own that the
 * kernel does not have: the audit tells of it.
 *
 * @param current the value that each has by now; undefined: the kernel has none of that name
 * @param settable whether the host may set each
 * @throws ShowrunnerError `task.failed` if the kernel has none of a name that the user gives
 */
export function settableParameters(
  wanted: readonly Wanted[],
  current: readonly (string | undefined)[],
  settable: readonly boolean[],
): Wanted[] {
  const unknown = wanted.filter(({ asked }, index) => asked && current[index] === undefined);
  if (unknown.length > 0)
    fail(
      `kernel: the kernel has no parameter ${unknown.map(({ name }) => name).join(", ")}`,
      "check the spelling; it may come with a module of the kernel that is not loaded",
    );
  return wanted.filter((_, index) => current[index] !== undefined && settable[index]);
}

/** Sets them now, and at every boot. */
export async function hardenKernel(own: Readonly<Record<string, KernelValue>>): Promise<void> {
  const wanted = wantedParameters(own);
  const [current, settable] = await Promise.all([
    Promise.all(wanted.map(({ name }) => readFact(sysctlValue, name))),
    Promise.all(wanted.map(({ name }) => readFact(sysctlSettable, name))),
  ]);
  const set = settableParameters(wanted, current, settable);
  const lines = set.map(({ name, value }) => `${name} = ${value}`);
  await batch([
    copy({ dest: path, content: `# Written by Showrunner\n${lines.join("\n")}\n`, mode: "0644" }),
    ...set.map(({ name, value }) => sysctl({ name, value, sysctlFile: path })),
  ]);
}
