import {
  defineRole,
  fileState,
  type OptionalInput,
  type RequiredInput,
  type Role,
  readFact,
  Type,
  withDefault,
} from "showrunner";
import { hardenAccounts } from "./accounts.ts";
import { recordAlterations } from "./auditing.ts";
import { hardenKernel } from "./kernel.ts";
import { hardenSsh } from "./ssh.ts";
import { keepTime } from "./time.ts";
import { installUpdates } from "./updates.ts";

const Text = Type.String({ minLength: 1 });
/** As `sysctl` takes it: one line, and not of spaces alone. */
const KernelText = Type.String({ pattern: "^[^\\0\\n\\r]*[^\\0\\s][^\\0\\n\\r]*$" });

const variables = {
  /** Options of sshd, over those of the role: `{ AllowUsers: ["deploy"] }`. Default: {}. */
  ssh: withDefault(
    Type.Record(
      Type.String({ pattern: "^[A-Za-z][A-Za-z0-9]*$" }),
      Type.Union([Text, Type.Integer(), Type.Boolean(), Type.Array(Text, { minItems: 1 })]),
    ),
    {},
  ),
  /** Parameters of the kernel, over those of the role; false leaves one alone: `{ "net.ipv4.ip_forward": 1 }`. Default: {}. */
  kernel: withDefault(
    Type.Record(
      Type.String({ pattern: "^[a-z0-9_]+([./][A-Za-z0-9_:@-]+)+$" }),
      Type.Union([KernelText, Type.Integer(), Type.Literal(false)]),
    ),
    {},
  ),
  /** What new files of people who log in let others do (login.defs(5)). Default: "027". */
  umask: withDefault(Type.String({ pattern: "^0[0-7]{2}$" }), "027"),
  /** Whether the host installs security updates by itself, each day; false leaves that alone. Default: true. */
  updates: withDefault(Type.Boolean(), true),
  /** Packages that the host does not update by itself: expressions that match the beginning of a name. Default: []. */
  updatesWithout: withDefault(Type.Array(Type.String({ pattern: '^[^\\x00-\\x1f"\\\\]+$' })), []),
  /** Whom to ask for the time: names or addresses. Default: those of Debian. */
  timeServers: withDefault(Type.Array(Type.String({ pattern: "^[A-Za-z0-9.:-]+$" })), []),
  /** Whether auditd records who alters accounts, sudo, sshd and cron; false leaves that alone. Default: false. */
  auditing: withDefault(Type.Boolean(), false),
};

/** What `hardening` takes. */
export interface HardeningVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** A host that gives little to an attacker: sshd, the kernel, accounts, updates, time. */
export const hardening: Role<HardeningVars, void> = defineRole({
  name: "hardening",
  summary: "sshd, the kernel, accounts, security updates and the time, as a server on the internet has them.",
  vars: variables,
  async run({ vars }) {
    // the time and the record are those of the machine that a container is on
    const container = await readFact(fileState, "/run/systemd/container");
    if (container.type === "absent") {
      await keepTime(vars.timeServers);
      if (vars.auditing) await recordAlterations();
    }
    if (vars.updates) await installUpdates(vars.updatesWithout);
    await hardenKernel(vars.kernel);
    await hardenAccounts(vars.umask);
    await hardenSsh(vars.ssh);
  },
});
