/** What a host is: its system, its hardware, its network. */

import { defineFact, rawScript } from "../kit/index.ts";
import type { HostFacts } from "./host-facts.ts";
import { parseHostFacts } from "./host-parse.ts";

/**
 * The facts of a host; its one key is `""`.
 *
 * @example
 * const { distribution, memory } = await host.fact(hostFacts, "");
 */
export const hostFacts = defineFact<string, HostFacts>({
  name: "host",
  restsOn: () => ["/etc/os-release", "/etc/hostname", "/etc/hosts", "/etc/timezone", "/etc/localtime"],
  lasting: ({ time, memory, mounts, ...lasting }) => ({
    ...lasting,
    timezone: time.timezone,
    memory: memory.total,
    mounts: mounts.map(({ available, ...mount }) => mount),
  }),
  // a host of many containers has thousands of mounts
  limit: () => 1024 * 1024,
  script: () => hostScript,
  parse(stdout, keys) {
    const facts = parseHostFacts(stdout.toString());
    return new Map(keys.map((key) => [key, facts]));
  },
});

/**
 * One `grep` prints all the small files, each line after its file's name. Sizes are asked of local file systems only:
 * `df` on a network one whose server is gone never returns.
 */
export const hostScript = rawScript(`
PATH=$PATH:/usr/sbin:/sbin:/usr/bin:/bin
section() { printf '\\n== %s\\n' "$1"; }
set -- $(uname -snrm)
section uname; printf '%s\\n' "$@"
section files
grep -s '' /dev/null /etc/os-release /usr/lib/os-release /etc/timezone /proc/meminfo /proc/uptime /proc/1/comm \\
  /proc/self/mounts /sys/devices/system/cpu/online /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name \\
  /sys/class/net/*/address /sys/class/net/*/mtu /sys/class/net/*/operstate
section hosts; grep -F -w -s -e "$2" /etc/hosts
section cpu; sed -n '/^model name/{p;q;}' /proc/cpuinfo 2>/dev/null
section addresses; ip -o addr show 2>/dev/null || hostname -I 2>/dev/null
section route; ip -4 route get 8.8.8.8 2>/dev/null || ip -6 route get 2001:4860:4860::8888 2>/dev/null
section init; if [ -d /run/systemd/system ]; then echo systemd; fi
section container
if [ -r /run/systemd/container ]; then cat /run/systemd/container
elif [ -e /run/.containerenv ]; then echo podman
elif [ -e /.dockerenv ]; then echo docker; fi
section virt; systemd-detect-virt 2>/dev/null
section localtime; readlink /etc/localtime
section date; date '+%s %Z %z'
section df
set --
while read -r device path type rest; do
  case $type in ext[234]|xfs|btrfs|zfs|vfat|exfat|f2fs|jfs|reiserfs|overlay|tmpfs|squashfs|iso9660|erofs|bcachefs|ntfs3) ;; *) continue ;; esac
  case $path in *\\\\*) ;; *) set -- "$@" "$path" ;; esac
done </proc/self/mounts
if [ $# -gt 0 ]; then df -kP -- "$@" 2>/dev/null; fi
:`);
