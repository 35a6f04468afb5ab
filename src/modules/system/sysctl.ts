import { sysctlPath, sysctlText, sysctlValue } from "../../facts/sysctl.ts";
import {
  change,
  defineModule,
  type Module,
  type OptionalInput,
  Param,
  type RequiredInput,
  sh,
  type Touch,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { lineinfile } from "../files/lineinfile.ts";

const params = {
  /** The kernel parameter: `net.ipv4.ip_forward`, or with slashes where a name has dots: `net/ipv4/conf/eth0.1/rp_filter`. */
  name: Type.String({ pattern: "^[A-Za-z0-9_-]+([./][A-Za-z0-9_:@-]+)+$" }),
  /** Its value; several are parted by spaces. */
  value: Type.Optional(
    Type.Union([Type.String({ pattern: "^[^\\0\\n\\r]*[^\\0\\s][^\\0\\n\\r]*$" }), Type.Integer()]),
  ),
  /** `absent`: the file sets it no more. The running kernel keeps the value that it has. Default: "present". */
  state: Param.state(),
  /**
   * The file that sets it at every boot. Of several files the last one counts, by their names. Default:
   * "/etc/sysctl.d/99-showrunner.conf".
   */
  sysctlFile: withDefault(Param.path(), "/etc/sysctl.d/99-showrunner.conf"),
  /** Whether the running kernel gets the value, too; false: from the next boot on. Default: true. */
  reload: Param.flag(true),
};

/** What `sysctl` takes. */
export interface SysctlParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Sets a parameter of the kernel, now and at every boot.
 *
 * @throws ShowrunnerError `task.failed` if the kernel has no such parameter; `change.failed` if it refuses the value
 *
 * @example
 * await sysctl({ name: "net.ipv4.ip_nonlocal_bind", value: 1 });
 */
export const sysctl: Module<SysctlParams, object> = defineModule({
  name: "sysctl",
  summary: "Sets a parameter of the kernel, now and at every boot.",
  params,
  presentNeeds: ["value"],
  onlyPresent: ["value"],
  examples: [
    `sysctl({ name: "net.ipv4.ip_forward", value: 1 })`,
    `sysctl({ name: "net.ipv4.tcp_rmem", value: "4096 131072 6291456" })`,
    `sysctl({ name: "vm.swappiness", state: "absent" })`,
  ],
  async *plan(host, { name, value, state, sysctlFile, reload }) {
    const wanted = sysctlText(String(value));
    const line = { path: sysctlFile, regexp: `^\\s*-?${name.replaceAll(/[./]/g, "[./]")}\\s*=` };
    const before = await host.fact(sysctlValue, name);
    if (state === "absent") {
      yield* lineinfile.plan(host, { ...line, state });
      return {};
    }
    host.require(
      before !== undefined,
      `the kernel has no parameter ${name}`,
      "check the spelling; it may come with a module of the kernel that is not loaded",
    );
    yield* lineinfile.plan(host, { ...line, line: `${name} = ${wanted}`, create: true });
    if (reload && before !== wanted)
      yield change({
        what: "kernel",
        before,
        after: wanted,
        // the shell's own printf would not say why the kernel refuses it
        script: sh`printf '%s\\n' ${wanted} | cat >${sysctlPath(name)}`,
        sets: [sysctlValue.is(name, wanted)],
        touches: alteredWith(name),
      });
    return {};
  },
});

/** What the kernel sets anew along with whether it forwards: whether all interfaces do, and believe redirects. */
const withForwarding = [
  "net.ipv4.ip_forward",
  ...["all", "default"].flatMap((which) =>
    ["forwarding", "accept_redirects"].map((name) => `net.ipv4.conf.${which}.${name}`),
  ),
];

function alteredWith(name: string): Touch[] {
  return /^net[./]ipv4[./](ip_forward$|conf[./]all[./]forwarding$)/.test(name)
    ? [sysctlValue.of(...withForwarding.filter((other) => other !== name))]
    : [];
}
