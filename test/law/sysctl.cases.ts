import { sysctlValue } from "../../src/facts/sysctl.ts";
import { sysctl } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";

const file = "/etc/sysctl.d/99-showrunner.conf";
const name = "net.ipv4.ip_forward";
const path = `/proc/sys/net/ipv4/ip_forward`;

export default cases(
  sysctl,
  [
    {
      name: "sets a parameter, in a file that it makes and in the kernel",
      params: { name, value: 1 },
      start: "",
      changes: ["created", "kernel"],
      end: [sysctlValue.is(name, "1"), `grep -qx '${name} = 1' ${file}`, `grep -qx 1 ${path}`],
    },
    {
      name: "leaves the kernel alone until the next boot",
      params: { name, value: 1, reload: false },
      start: "",
      changes: ["created"],
      end: [sysctlValue.is(name, "0"), `grep -qx '${name} = 1' ${file}`],
    },
    {
      name: "corrects the value in the file, however the name is spelt there, and leaves the rest",
      params: { name, value: 1 },
      start: `printf '# ours\\n-net/ipv4/ip_forward=0\\nvm.swappiness = 9\\n' >${file}; echo 1 >${path}`,
      changes: ["content"],
      end: `[ "$(cat ${file})" = "$(printf '# ours\\n${name} = 1\\nvm.swappiness = 9')" ]`,
    },
    {
      name: "corrects the kernel alone",
      params: { name, value: "1", sysctlFile: "/etc/sysctl.d/50-router.conf" },
      start: `echo '${name} = 1' >/etc/sysctl.d/50-router.conf`,
      changes: ["kernel"],
      end: [sysctlValue.is(name, "1"), `[ ! -e ${file} ]`],
    },
    {
      name: "compares several numbers as numbers, however they are parted",
      params: { name: "net.ipv4.ping_group_range", value: "1  7" },
      start: `printf 'net.ipv4.ping_group_range = 1 7\\n' >${file}; printf '1\\t7\\n' >/proc/sys/net/ipv4/ping_group_range`,
      changes: [],
      end: sysctlValue.is("net.ipv4.ping_group_range", "1 7"),
    },
    {
      name: "knows an interface with a dot by slashes",
      params: { name: "net/ipv4/conf/law.1/rp_filter", value: 2 },
      start: "ip link add law.1 type veth peer name law.2",
      changes: ["created", "kernel"],
      end: "grep -qx 2 /proc/sys/net/ipv4/conf/law.1/rp_filter",
    },
    {
      name: "takes a parameter out of the file, and leaves the kernel alone",
      params: { name, state: "absent" },
      start: `printf '${name} = 1\\nvm.swappiness = 9\\n' >${file}; echo 1 >${path}`,
      changes: ["content"],
      end: [`[ "$(cat ${file})" = "vm.swappiness = 9" ]`, sysctlValue.is(name, "1")],
    },
    {
      name: "has nothing to take out of a file that is not there",
      params: { name, state: "absent" },
      start: "",
      changes: [],
      end: `[ ! -e ${file} ]`,
    },
    {
      name: "says that the kernel has no such parameter",
      params: { name: "net.ipv4.no_such_thing", value: 1 },
      facts: [sysctlValue.is("net.ipv4.no_such_thing", undefined)],
      start: "",
      changes: [],
      fails: "the kernel has no parameter net.ipv4.no_such_thing",
      end: `[ ! -e ${file} ]`,
    },
    {
      name: "says why the kernel refuses a value",
      params: { name: "net.ipv4.ping_group_range", value: "soon" },
      start: "",
      changes: ["created", "kernel"],
      fails: "Invalid argument",
      plan: "changed",
    },
  ],
  {
    setup: "command -v ip >/dev/null",
    reset: `rm -f ${file} /etc/sysctl.d/50-router.conf; echo 0 >${path}; printf '1\\t0\\n' >/proc/sys/net/ipv4/ping_group_range; ip link del law.1`,
  },
);
