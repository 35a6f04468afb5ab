/** What is asked of accounts, files of the system, updates and the time. */
import { type Account, accounts, type FileState, fileState, fileText, readFact } from "showrunner";
import { type Area, doesNot, fileProblems, holds, notApplicable, unless } from "./control.ts";
import { runningUnits } from "./units.ts";

interface System {
  readonly accounts: readonly Account[];
  readonly states: ReadonlyMap<string, FileState>;
  readonly loginDefs: string;
  /** What apt does each day, as its own configuration says. */
  readonly periodic: string;
  readonly timeDaemons: readonly string[];
}

/** Programs with the rights of their owner that no server needs. */
const withOthersRights = [
  "/usr/bin/rcp",
  "/usr/bin/rlogin",
  "/usr/bin/rsh",
  "/usr/lib/openssh/ssh-keysign",
  "/usr/sbin/usernetctl",
  "/usr/sbin/userisdnctl",
  "/usr/sbin/pppd",
  "/usr/bin/lockfile",
  "/usr/bin/mail-lock",
  "/usr/bin/mail-unlock",
  "/usr/bin/mail-touchlock",
  "/usr/bin/dotlockfile",
  "/usr/bin/arping",
  "/usr/sbin/arping",
  "/usr/sbin/uuidd",
  "/usr/bin/mtr",
  "/usr/lib/pt_chown",
];
const cronPaths = [
  "/etc/crontab",
  ...["d", "hourly", "daily", "weekly", "monthly"].map((name) => `/etc/cron.${name}`),
];
const updateTimer = "/etc/systemd/system/apt-daily-upgrade.timer";
const updater = "/usr/bin/unattended-upgrade";
const container = "/run/systemd/container";
const paths = [
  "/etc/shadow",
  "/etc/passwd",
  "/etc/login.defs",
  "/var/log",
  ...withOthersRights,
  ...cronPaths,
  updateTimer,
  updater,
  container,
];
const timeDaemons = ["systemd-timesyncd", "chrony", "ntpsec", "ntp", "openntpd"];

export const system: Area<System> = {
  name: "system",
  async read() {
    const [all, loginDefs, periodic, running, ...states] = await Promise.all([
      readFact(accounts, ""),
      readFact(fileText, "/etc/login.defs"),
      readFact(fileText, "/etc/apt/apt.conf.d/20auto-upgrades"),
      readFact(runningUnits, ""),
      ...paths.map(async (path): Promise<[string, FileState]> => [path, await readFact(fileState, path)]),
    ]);
    return {
      accounts: all,
      states: new Map(states),
      loginDefs: loginDefs ?? "",
      periodic: periodic ?? "",
      timeDaemons: timeDaemons.filter((name) => running.includes(`${name}.service`)),
    };
  },
  controls: [
    {
      id: "os-02",
      asks: "only root and its group shadow can read /etc/shadow",
      find: ({ states }) => unless(problemsAt(states, "/etc/shadow", 0o640, ["root", "shadow"])),
    },
    {
      id: "os-03",
      asks: "only root can write /etc/passwd",
      find: ({ states }) => unless(problemsAt(states, "/etc/passwd", 0o644)),
    },
    {
      id: "os-05a",
      asks: "only root can write /etc/login.defs",
      find: ({ states }) => unless(problemsAt(states, "/etc/login.defs", 0o644)),
    },
    {
      id: "os-05b",
      asks: "users' new files are not for everybody",
      find({ loginDefs }) {
        const umask = settingIn(loginDefs, "UMASK");
        return (Number.parseInt(umask, 8) & 0o027) === 0o027
          ? holds
          : doesNot(`UMASK is ${umask || "not set"}`);
      },
    },
    {
      id: "os-05c",
      asks: "passwords are changed every 60 days",
      find({ loginDefs }) {
        const days = settingIn(loginDefs, "PASS_MAX_DAYS");
        return Number(days) > 0 && Number(days) <= 60
          ? holds
          : doesNot(`PASS_MAX_DAYS is ${days || "not set"}`);
      },
    },
    {
      id: "os-06",
      asks: "no unneeded program has setuid or setgid",
      find: ({ states }) =>
        unless(
          withOthersRights.filter((path) => hasOthersRights(states.get(path))).map((path) => `${path} does`),
        ),
    },
    {
      id: "os-11",
      asks: "only root and its groups can write to /var/log",
      find: ({ states }) => unless(problemsAt(states, "/var/log", 0o2775, ["root", "syslog", "adm"])),
    },
    {
      id: "os-13",
      asks: "only root can read what cron does",
      find: ({ states }) =>
        unless(
          cronPaths
            .filter((path) => states.get(path)?.type !== "absent")
            .flatMap((path) => problemsAt(states, path, 0o700)),
        ),
    },
    {
      id: "own-01",
      asks: "no account has an empty password",
      find: (facts) =>
        unless(facts.accounts.filter(({ password }) => password === "none").map(({ name }) => `${name} is`)),
    },
    {
      id: "own-02",
      asks: "only root has the user number 0",
      find: (facts) =>
        unless(
          facts.accounts
            .filter(({ uid, name }) => uid === 0 && name !== "root")
            .map(({ name }) => `${name} has it`),
        ),
    },
    {
      id: "own-03",
      asks: "system accounts have no password",
      find: (facts) =>
        unless(
          facts.accounts
            .filter(({ uid, password }) => uid > 0 && uid < 1000 && password === "set")
            .map(({ name }) => `${name} has one`),
        ),
    },
    {
      id: "own-04",
      asks: "security updates are installed every day",
      find({ states, periodic }) {
        const timer = states.get(updateTimer);
        if (timer?.type === "link" && timer.target === "/dev/null")
          return notApplicable(
            "the host is told to install nothing by itself: apt-daily-upgrade.timer is masked",
          );
        if (states.get(updater)?.type === "absent") return doesNot("unattended-upgrades is not installed");
        return /^\s*APT::Periodic::Unattended-Upgrade\s+"[1-9]/m.test(periodic)
          ? holds
          : doesNot("APT::Periodic::Unattended-Upgrade is not set");
      },
    },
    {
      id: "own-05",
      asks: "the clock is synchronised",
      find(facts) {
        if (facts.states.get(container)?.type !== "absent")
          return notApplicable("a container has the clock of its machine");
        return facts.timeDaemons.length > 0 ? holds : doesNot("nothing that sets the clock runs");
      },
    },
  ],
};

function problemsAt(
  states: ReadonlyMap<string, FileState>,
  path: string,
  mode: number,
  groups: readonly string[] = ["root"],
): string[] {
  return fileProblems(path, states.get(path) ?? { type: "absent" }, { groups, mode });
}

function hasOthersRights(state: FileState | undefined): boolean {
  return state?.type === "file" && (Number.parseInt(state.mode, 8) & 0o6000) !== 0;
}

/** The last line of a name counts (login.defs(5)). */
function settingIn(text: string, name: string): string {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/, 2));
  return lines.findLast(([first]) => first === name)?.[1] ?? "";
}
