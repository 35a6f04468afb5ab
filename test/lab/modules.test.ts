/** The modules for packages, units, users and commands, on a real host. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secret } from "../../src/base/secret.ts";
import { play } from "../../src/core/plays/play.ts";
import type { Task } from "../../src/core/tasks/task.ts";
import { aptOffer } from "../../src/facts/apt-lists.ts";
import { aptSimulation, nothingToDo } from "../../src/facts/apt-simulation.ts";
import { cutOffInstallation } from "../../src/facts/cut-off-installation.ts";
import { dpkgInterrupted, dpkgPackage } from "../../src/facts/dpkg.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { command } from "../../src/modules/commands/command.ts";
import { shell } from "../../src/modules/commands/shell.ts";
import { copy } from "../../src/modules/files/copy.ts";
import { http } from "../../src/modules/net/http.ts";
import { waitFor } from "../../src/modules/net/wait-for.ts";
import { apt } from "../../src/modules/packages/apt.ts";
import { service } from "../../src/modules/services/service.ts";
import { systemdUnit } from "../../src/modules/services/systemd-unit.ts";
import { group } from "../../src/modules/users/group.ts";
import { user } from "../../src/modules/users/user.ts";
import { planTask } from "../../src/testing/plan.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("labmod", 80, ["one"]);

beforeAll(() => lab.up(), 180_000);
afterAll(() => lab.down(), 60_000);

type Tasks = readonly (() => Task<unknown>)[];

function run(tasks: Tasks, { check = false }: { check?: boolean } = {}): Promise<Ran> {
  const body = async () => {
    for (const task of tasks) await task();
  };
  return lab.run([play("test", { hosts: "all", become: true }, { step: body })], { check, verify: !check });
}

/** Each task's module and status, and what it changed. */
function told(ran: Ran): string[] {
  return ran
    .of("task:end")
    .map(({ task, status, changes }) => [task.module, status, ...changes.map(({ what }) => what)].join(" "));
}

/** Plans, applies, applies again: the plan must tell what happens, and the second time nothing may. */
async function cycle(tasks: Tasks, expected: readonly string[]): Promise<void> {
  const planned = await run(tasks, { check: true });
  expect(planned.errors).toEqual([]);
  expect(told(planned)).toEqual(expected);
  const applied = await run(tasks);
  expect(applied.errors).toEqual([]);
  expect(told(applied)).toEqual(expected);
  await nothingLeft(tasks);
}

async function nothingLeft(tasks: Tasks): Promise<void> {
  for (const check of [false, true]) {
    const again = await run(tasks, { check });
    expect(again.errors).toEqual([]);
    expect([...new Set(again.statuses.map((status) => status.split(": ").at(-1)))]).toEqual(["ok"]);
  }
}

/** What a command inside the host prints. */
async function inside(script: string): Promise<string> {
  return (await runInside(lab.spec, "one", ["sh", "-c", script])).trim();
}

async function failure(task: () => Task<unknown>) {
  const { of } = await run([task]);
  const [failed] = of("host:failed");
  return {
    message: failed?.error.message,
    hint: failed?.error.hint,
    details: failed?.error.details.join("\n"),
  };
}

describe("apt", () => {
  it("installs what is missing, and only that", async () => {
    await cycle([() => apt({ name: ["tree", "awk", "bash"] })], ["apt changed install tree"]);
    expect(await inside("tree --version")).toContain("tree v");
  });

  it("finds the newest version installed already", async () => {
    await nothingLeft([() => apt({ name: ["tree", "awk"], state: "latest" })]);
  });

  it("installs a version by its beginning", async () => {
    const tasks = [() => apt({ name: "hello=2.*", installRecommends: false })];
    const ran = await run(tasks);
    expect(ran.errors).toEqual([]);
    expect(told(ran)).toEqual([expect.stringMatching(/^apt changed install hello=2\.\d+.*-\d+$/)]);
    await nothingLeft(tasks);
  });

  it("says what package there is not, and what to do", async () => {
    const { message, hint } = await failure(() => apt({ name: ["tree", "no-such-package"] }));
    expect(message).toContain("unable to locate package no-such-package");
    expect(hint).toContain("apt-cache search no-such-package");
    const version = await failure(() => apt({ name: "tree=99.*" }));
    expect(version.message).toMatch(
      /there is no version 99\.\* of the package tree: the package lists offer 2/,
    );
  });

  it("removes, with and without configuration", async () => {
    // a removal may touch anything, so what follows it in a plan is at most likely: one task a run
    await run([() => apt({ name: ["cron"] })]);
    await cycle([() => apt({ name: "cron", state: "absent" })], ["apt changed remove cron"]);
    expect(await inside("test -e /etc/crontab && echo left")).toBe("left");
    await cycle([() => apt({ name: "cron", state: "absent", purge: true })], ["apt changed purge cron"]);
    await cycle(
      [() => apt({ name: ["hello", "tree"], state: "absent" })],
      ["apt changed remove hello, tree"],
    );
  });

  it("removes what was unpacked and never configured", async () => {
    await inside("cd /root && apt-get -qq download tree && dpkg --unpack tree_*.deb && rm tree_*.deb");
    await cycle([() => apt({ name: "tree", state: "absent" })], ["apt changed remove tree"]);
    expect(await inside("command -v tree || echo gone")).toBe("gone");
  });

  it("finishes an interrupted installation, and keeps which packages are marked as automatic", async () => {
    await inside("apt-get -qq purge --autoremove gawk libsigsegv2 >/dev/null");
    const installs = "libsigsegv2:amd64 (2.14-1), gawk:amd64 (1:5.2.1-2, automatic)";
    await inside(
      `printf '%s\\n' '' 'Start-Date: 2026-01-31  12:00:00' 'Install: ${installs}' >>/var/log/apt/history.log`,
    );
    const tasks = [() => apt({ name: "bash" })];
    // whether bash is there is not certain in a plan: it may be what was cut off
    expect(told(await run(tasks, { check: true }))).toEqual([
      "apt likely rest of an interrupted installation",
    ]);
    expect(told(await run(tasks))).toEqual(["apt changed rest of an interrupted installation"]);
    await nothingLeft(tasks);
    expect(await inside("apt-mark showauto gawk libmpfr6 libsigsegv2")).toBe("gawk\nlibmpfr6");
    expect(await inside("apt-mark showmanual libsigsegv2")).toBe("libsigsegv2");
    await inside("apt-get -qq purge --autoremove gawk libsigsegv2 >/dev/null");
  });

  it("fetches the lists anew where a source has come since, and foresees nothing of that", async () => {
    await inside(`mkdir -p /srv/repo/probe/DEBIAN && cd /srv/repo
printf '%s\\n' 'Package: probe' 'Version: 1.0' 'Architecture: all' 'Maintainer: nobody' 'Description: a probe' >probe/DEBIAN/control
dpkg-deb -b probe probe.deb >/dev/null
{ cat probe/DEBIAN/control; echo Filename: ./probe.deb; echo Size: $(stat -c %s probe.deb); echo SHA256: $(sha256sum <probe.deb | cut -c-64); } >Packages`);
    expect((await run([() => apt({ updateCache: true, cacheValidTime: 0 })])).errors).toEqual([]);
    const source = {
      dest: "/etc/apt/sources.list.d/probe.list",
      content: "deb [trusted=yes] file:/srv/repo ./\n",
    };
    const tasks = [() => copy(source), () => apt({ name: "probe" })];
    const planned = await run(tasks, { check: true });
    expect(planned.errors).toEqual([]);
    expect(told(planned)).toEqual(["copy changed created", expect.stringMatching(/^apt (likely|unknown)/)]);
    expect(told(await run(tasks))).toEqual([
      "copy changed created",
      "apt changed package lists install probe",
    ]);
    await nothingLeft(tasks);
    await inside("apt-get -qq purge probe; rm -r /srv/repo /etc/apt/sources.list.d/probe.list");
  });

  it("fetches old package lists, once, and when a package is in none", async () => {
    await inside(
      "touch -d '2 days ago' /var/lib/apt/lists; rm -f /var/lib/apt/periodic/update-success-stamp",
    );
    await cycle([() => apt({ updateCache: true })], ["apt changed package lists"]);
    await inside("rm -rf /var/lib/apt/lists/*");
    const tasks = [() => apt({ name: "tree" })];
    expect(told(await run(tasks, { check: true }))).toEqual(["apt likely package lists install tree"]);
    expect(told(await run(tasks))).toEqual(["apt changed package lists install tree"]);
    await nothingLeft(tasks);
  });

  it("brings a service whose state a plan can't know", async () => {
    const tasks = [
      () => apt({ name: "cron" }),
      () => service({ name: "cron", state: "started", enabled: true }),
    ];
    expect(told(await run(tasks, { check: true }))).toEqual(["apt changed install cron", "service unknown"]);
    expect(told(await run(tasks))).toEqual(["apt changed install cron", "service ok"]);
    await nothingLeft(tasks);
  });

  it("installs a package file with what it depends on, and none in place of a later one", async () => {
    for (const version of ["1", "2"])
      await inside(`mkdir -p /srv/agent/DEBIAN
printf '%s\n' 'Package: agent' 'Version: ${version}' 'Architecture: all' 'Maintainer: A <a@example.org>' 'Depends: hello' 'Description: an agent' >/srv/agent/DEBIAN/control
dpkg-deb --build /srv/agent /srv/agent-${version}.deb`);
    await cycle([() => apt({ deb: "/srv/agent-2.deb" })], ["apt changed install agent=2"]);
    expect(await inside("dpkg-query -W -f '${Status}' hello")).toBe("install ok installed");
    await nothingLeft([() => apt({ deb: "/srv/agent-1.deb" })]);
    const back = () => apt({ deb: "/srv/agent-1.deb", allowDowngrade: true });
    await cycle([back], ["apt changed install agent=1"]);
    expect((await failure(() => apt({ deb: "/srv/nothing.deb" }))).message).toContain("no package file");
  });
});

describe("apt's dry run", () => {
  /** Packages that hold one another, in a repository on the host. */
  const packages = {
    "old-1": [],
    "old-2": [],
    "lib-1": [],
    "tool-1": ["Depends: lib"],
    "foe-1": ["Conflicts: tool"],
    "broken-1": ["Depends: no-such-package (>= 3)"],
    "held-1": [],
    "held-2": [],
    "needs-1": ["Depends: held (>= 2)"],
  };

  beforeAll(async () => {
    const builds = Object.entries(packages).map(([id, more]) => {
      const [name, version] = id.split("-");
      const control = [
        `Package: ${name}`,
        `Version: ${version}`,
        "Architecture: all",
        "Maintainer: nobody",
        "Description: a probe",
        ...more,
      ];
      return `mkdir -p ${id}/DEBIAN; printf '%s\\n' '${control.join("' '")}' >${id}/DEBIAN/control
dpkg-deb -b ${id} ${id}.deb >/dev/null
{ cat ${id}/DEBIAN/control; echo Filename: ./${id}.deb; echo Size: $(stat -c %s ${id}.deb); echo SHA256: $(sha256sum <${id}.deb | cut -c-64); echo; } >>Packages`;
    });
    await inside(`mkdir -p /srv/held && cd /srv/held && ${builds.join("\n")}
echo 'deb [trusted=yes] file:/srv/held ./' >/etc/apt/sources.list.d/held.list
printf 'APT::Get::%s "true";\\n' allow-downgrades allow-remove-essential allow-change-held-packages >/etc/apt/apt.conf.d/99lax
apt-get -qq update; apt-get -qq install tool old=2 held=1 >/dev/null 2>&1; apt-mark -qq hold held`);
  }, 60_000);
  afterAll(() =>
    inside(
      "apt-mark -qq unhold held; apt-get -qq purge old lib tool foe held >/dev/null 2>&1; rm -r /srv/held /etc/apt/sources.list.d/held.list /etc/apt/apt.conf.d/99lax; apt-get -qq update",
    ),
  );

  /** A check must say what the run then says, and neither may change anything, whatever the host's settings allow. */
  async function refused(task: () => Task<unknown>) {
    const before = await inside("dpkg-query -W");
    const planned = await run([task], { check: true });
    const [foreseen] = planned.of("host:failed");
    const { message, hint } = await failure(task);
    expect(foreseen?.error.message).toBe(message);
    expect(planned.of("task:end").map(({ status }) => status)).toEqual(["failed"]);
    expect(await inside("dpkg-query -W")).toBe(before);
    return `${message} (${hint})`;
  }

  it("foresees what apt would refuse, with the reason and what to do", async () => {
    expect(await refused(() => apt({ name: "foe" }))).toMatch(
      /to install foe, apt would also remove tool 1 .*allowRemovals/,
    );
    expect(await refused(() => apt({ name: "held", state: "latest" }))).toMatch(
      /would change what is on hold: held .*apt-mark unhold held/,
    );
    expect(await refused(() => apt({ name: "held", state: "absent" }))).toMatch(
      /to remove held, apt would change what is on hold: held/,
    );
    expect(await refused(() => apt({ name: "needs" }))).toMatch(/needs: Depends: held \(>= 2\)/);
    expect(await refused(() => apt({ name: "broken" }))).toMatch(
      /broken: Depends: no-such-package \(>= 3\) but it is not installable/,
    );
    expect(await refused(() => apt({ name: "old=1" }))).toMatch(
      /bring old to an older version .*allowDowngrade/,
    );
    expect(await refused(() => apt({ name: "login", state: "absent" }))).toMatch(
      /would remove login, without which Debian does not work/,
    );
    expect(await refused(() => apt({ name: "lib", state: "absent" }))).toMatch(/also remove tool 1/);
  });

  it("lets apt itself refuse removals", async () => {
    const install = apt({ name: "foe" });
    const { changes } = await planTask(install, {
      facts: [
        dpkgInterrupted.is("", false),
        cutOffInstallation.is("", { automatic: [], named: [] }),
        dpkgPackage.is("foe", "no"),
        aptOffer.is({ name: "foe", release: "" }, { kind: "package", version: "1", versions: ["1"] }),
        aptSimulation.is({ command: "install", options: [], names: ["foe"] }, nothingToDo),
      ],
    });
    const action = changes[0]?.action;
    const script = action?.kind === "script" ? action.script.text : "exit 3";
    await expect(inside(`( ${script} ) 2>&1 || echo "refused $?"`)).resolves.toContain("refused 100");
    expect(await inside("dpkg-query -W -f '${Status}' tool")).toBe("install ok installed");
  });

  it("marks what came along as wanted once it is named, so that autoremove leaves it", async () => {
    expect(await inside("apt-mark showauto lib")).toBe("lib");
    await cycle([() => apt({ name: "lib" })], ["apt changed mark lib as wanted"]);
    expect(await inside("apt-mark showmanual lib")).toBe("lib");
    await inside("apt-mark -qq auto lib");
  });

  it("removes and downgrades where it may, and tells what goes", async () => {
    await cycle(
      [() => apt({ name: "held", state: "latest", allowChangeHeldPackages: true })],
      ["apt changed install held"],
    );
    await cycle([() => apt({ name: "old=1", allowDowngrade: true })], ["apt changed install old=1"]);
    await cycle(
      [() => apt({ name: "lib", state: "absent", allowRemovals: true })],
      ["apt changed remove lib with tool"],
    );
    await run([() => apt({ name: "tool" })]);
    await cycle([() => apt({ name: "foe", allowRemovals: true })], ["apt changed install foe, remove tool"]);
    await cycle([() => apt({ autoremove: true })], ["apt changed remove lib, needed no more"]);
  });
});

describe("systemdUnit and service", () => {
  it("find a unit whose file a task has written since they looked", async () => {
    const content = "[Service]\nExecStart=/bin/sleep infinity\n";
    const tasks = [
      () => service({ name: "written", state: "stopped" }, { ignoreErrors: true }),
      () => copy({ dest: "/etc/systemd/system/written.service", content }),
      () => service({ name: "written", state: "started" }),
    ];
    const planned = await run(tasks, { check: true });
    expect(planned.errors).toEqual([]);
    expect(told(planned)).toEqual([
      "service failed",
      "copy changed created",
      expect.stringMatching(/^service (likely|unknown)/),
    ]);
    expect(told(await run(tasks))).toEqual([
      "service failed",
      "copy changed created",
      "service changed started",
    ]);
    await nothingLeft(tasks.slice(1));
    await inside("systemctl stop written; rm /etc/systemd/system/written.service; systemctl daemon-reload");
  });

  const sleeper = () =>
    systemdUnit({
      name: "sleeper.service",
      unit: { Description: "Sleeps" },
      service: { ExecStart: "/bin/sleep infinity", Environment: ["A=1", "B=2"] },
      install: { WantedBy: "multi-user.target", Alias: "dozer.service" },
    });

  it("bring up a service of one's own, as planned", async () => {
    const tasks = [sleeper, () => service({ name: "sleeper", state: "started", enabled: true })];
    await cycle(tasks, ["systemdUnit changed content", "service changed enabled started"]);
    expect(await inside("systemctl is-active sleeper; systemctl is-enabled sleeper")).toBe("active\nenabled");
    expect(await inside("systemctl show -p Environment --value sleeper")).toBe("A=1 B=2");
  });

  it("know a unit by its alias", async () => {
    await nothingLeft([() => service({ name: "dozer", state: "started", enabled: true })]);
    await cycle([() => service({ name: "dozer", enabled: false })], ["service changed disabled"]);
    await cycle([() => service({ name: "sleeper", enabled: true })], ["service changed enabled"]);
  });

  it("restart, and load an altered unit before", async () => {
    const pid = () => inside("systemctl show -p MainPID --value sleeper");
    const before = await pid();
    const altered = [
      () =>
        systemdUnit({
          name: "sleeper.service",
          service: { ExecStart: "/bin/sleep 12345" },
          install: { WantedBy: "multi-user.target" },
        }),
      () => service({ name: "sleeper", state: "restarted" }),
    ];
    const ran = await run(altered);
    expect(told(ran)).toEqual(["systemdUnit changed content", "service changed restarted"]);
    expect(await pid()).not.toBe(before);
    expect(await inside("pgrep -fx '/bin/sleep 12345' | wc -l")).toBe("1");
    // by hand, and systemd not told
    await inside(
      "mkdir -p /etc/systemd/system/sleeper.service.d; printf '[Service]\\nEnvironment=C=3\\n' > /etc/systemd/system/sleeper.service.d/c.conf",
    );
    await cycle([() => service({ name: "sleeper", daemonReload: true })], ["service changed daemon-reload"]);
    await inside("printf '[Service]\\nEnvironment=C=4\\n' > /etc/systemd/system/sleeper.service.d/c.conf");
    await run([() => service({ name: "sleeper", state: "restarted" })]);
    expect(await inside("systemctl show -p Environment --value sleeper")).toBe("C=4");
    await inside("rm -r /etc/systemd/system/sleeper.service.d; systemctl daemon-reload");
  });

  it("refuse a unit that systemd can't load, and put the old one back", async () => {
    const { message, details } = await failure(() =>
      systemdUnit({ name: "sleeper.service", unit: { Description: "nothing" }, service: { Type: "simple" } }),
    );
    expect(message).toContain("content");
    expect(details).toMatch(/bad-setting/);
    expect(await inside("cat /etc/systemd/system/sleeper.service")).toContain("sleep 12345");
    await nothingLeft([() => service({ name: "sleeper", state: "started" })]);
  });

  it("do not take a service that ends at once for started, and show why", async () => {
    // ended; waiting to be started again; started again and again
    for (const more of [{}, { Restart: "always", RestartSec: "60" }, { Restart: "always" }]) {
      const ExecStart = "/bin/sh -c 'echo it hurts; exit 3'";
      await run([() => systemdUnit({ name: "crash.service", service: { ExecStart, ...more } })]);
      const { message, details } = await failure(() => service({ name: "crash", state: "started" }));
      expect(message).toContain("started");
      expect(details).toContain("it hurts");
      const absent = [() => systemdUnit({ name: "crash.service", state: "absent" })];
      expect((await run(absent)).errors).toEqual([]);
      await nothingLeft(absent);
    }
    const { message, details } = await failure(() => service({ name: "no-such-unit", state: "started" }));
    expect(`${message}${details}`).toContain("there is no unit no-such-unit.service");
  });

  it("stop, mask, unmask and remove", async () => {
    await cycle(
      [() => service({ name: "sleeper", state: "stopped", enabled: false })],
      ["service changed disabled stopped"],
    );
    await cycle(
      [() => service({ name: "cron", state: "stopped", masked: true })],
      ["service changed stopped masked"],
    );
    expect((await failure(() => service({ name: "cron", state: "started" }))).message).toContain("masked");
    const back = [() => service({ name: "cron", masked: false, state: "started" })];
    expect(told(await run(back, { check: true }))).toEqual(["service likely unmasked started"]);
    expect(told(await run(back))).toEqual(["service changed unmasked started"]);
    await nothingLeft(back);
    await run([() => service({ name: "sleeper", state: "started", enabled: true })]);
    await cycle(
      [() => systemdUnit({ name: "sleeper.service", state: "absent" })],
      ["systemdUnit changed stopped removed"],
    );
    expect(await inside("systemctl is-active sleeper; find /etc/systemd/system -name '*sleeper*'")).toBe(
      "inactive",
    );
  });

  it("run a unit that does its work and ends, each time anew", async () => {
    const write = (script: string) => () =>
      systemdUnit({
        name: "once.service",
        service: { Type: "oneshot", ExecStart: `/bin/sh -c '${script}'` },
      });
    const start = () => service({ name: "once", state: "started" });
    const tasks = [write("echo done >> /root/once"), start];
    const first = ["systemdUnit changed content", "service changed started"];
    expect(told(await run(tasks, { check: true }))).toEqual(first);
    expect(told(await run(tasks))).toEqual(first);
    expect(told(await run(tasks))).toEqual(["systemdUnit ok", "service changed started"]);
    expect(await inside("cat /root/once")).toBe("done\ndone");
    await run([write("echo it hurts; exit 3")]);
    const { details } = await failure(start);
    expect(details).toContain("it hurts");
    await run([() => systemdUnit({ name: "once.service", state: "absent" })]);
  });

  it("know whether an init script starts at boot", async () => {
    await inside(`cat >/etc/init.d/oldie <<'END'
#!/bin/sh
### BEGIN INIT INFO
# Provides: oldie
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
# Short-Description: an init script
### END INIT INFO
exit 0
END
chmod 755 /etc/init.d/oldie; update-rc.d oldie defaults; systemctl daemon-reload`);
    const enabled = (value: boolean) => () => service({ name: "oldie", enabled: value });
    await nothingLeft([enabled(true)]);
    await cycle([enabled(false)], ["service changed disabled"]);
    expect(await inside("systemctl is-enabled oldie 2>/dev/null || :")).toBe("disabled");
    await cycle([enabled(true)], ["service changed enabled"]);
    await inside("update-rc.d -f oldie remove; rm /etc/init.d/oldie; systemctl daemon-reload");
  });

  it("enable a unit through those that it names, and one for good", async () => {
    await inside(`cd /etc/systemd/system
printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nAlso=comp.socket comp.path\\n' >comp.service
printf '[Socket]\\nListenStream=/run/comp.sock\\n[Install]\\nWantedBy=sockets.target\\n' >comp.socket
printf '[Path]\\nPathExists=/run/comp\\n[Install]\\nWantedBy=paths.target\\n' >comp.path
printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >plain.service
printf '[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n' >/lib/systemd/system/rare.service
systemctl daemon-reload`);
    const enabled = (value: boolean) => () => service({ name: "comp", enabled: value });
    const states = () => inside("systemctl is-enabled comp.socket comp.path || :");
    await nothingLeft([enabled(false)]);
    await cycle([enabled(true)], ["service changed enabled"]);
    expect(await states()).toBe("enabled\nenabled");
    for (const value of [true, false]) {
      await inside("systemctl -q enable comp.socket; systemctl -q disable comp.path");
      await cycle([enabled(value)], [`service changed ${value ? "enabled" : "disabled"}`]);
    }
    expect(await states()).toBe("disabled\ndisabled");
    const { message, hint } = await failure(() => service({ name: "plain", enabled: true }));
    expect(`${message}: ${hint}`).toMatch(/plain.service can't be enabled: .*\[Install\].*WantedBy/);

    await inside("systemctl -q enable --runtime rare; systemctl -q disable rare");
    expect(await inside("systemctl is-enabled rare")).toBe("enabled-runtime");
    const rare = (params: { enabled?: boolean; masked?: boolean }) => () =>
      service({ name: "rare", ...params });
    await cycle([rare({ enabled: false })], ["service changed disabled"]);
    await cycle([rare({ enabled: true })], ["service changed enabled"]);
    await inside("systemctl -q mask --runtime rare");
    expect(await inside("systemctl is-enabled rare || :")).toBe("masked-runtime");
    await cycle([rare({ masked: true })], ["service changed masked"]);
    // both masks go
    expect(told(await run([rare({ masked: false })]))).toEqual(["service changed unmasked"]);
    expect(await inside("systemctl is-enabled rare")).toBe("enabled");
    for (const params of [{ state: "stopped" }, { enabled: false }] as const) {
      const misspelt = await failure(() => service({ name: "corn", ...params }));
      expect(misspelt.message).toContain("there is no unit corn.service");
    }
    await inside(
      "rm /etc/systemd/system/comp.* /etc/systemd/system/plain.service /lib/systemd/system/rare.service; systemctl daemon-reload",
    );
  });

  it("disable a unit that is linked, which stays linked, and remove it with all its links", async () => {
    const found = () => inside("find /etc/systemd /run/systemd -name afar.service");
    await inside(`mkdir -p /opt/afar
printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/opt/afar/afar.service`);
    const afar = (params: { enabled?: boolean; state?: "started" | "stopped" }) => () =>
      service({ name: "afar", ...params });
    for (const [runtime, state, folder] of [
      ["", "linked", "/etc/systemd/system"],
      ["--runtime", "linked-runtime", "/run/systemd/system"],
    ] as const) {
      await inside(`systemctl -q link ${runtime} /opt/afar/afar.service`);
      await nothingLeft([afar({ enabled: false })]);
      await inside(`systemctl -q enable ${runtime} afar`);
      await cycle([afar({ enabled: false, state: "started" })], ["service changed disabled started"]);
      await cycle([afar({ enabled: false, state: "stopped" })], ["service changed stopped"]);
      expect(await inside("systemctl is-enabled afar || :")).toBe(state);
      expect(await found()).toBe(`${folder}/afar.service`);
      await inside(`rm ${folder}/afar.service; systemctl daemon-reload`);
    }
    await inside("systemctl -q enable /opt/afar/afar.service");
    await cycle(
      [() => systemdUnit({ name: "afar.service", state: "absent" })],
      ["systemdUnit changed removed"],
    );
    expect(await found()).toBe("");
    await inside("rm -r /opt/afar");
  });

  it("run instances of a template", async () => {
    const tasks = [
      () =>
        systemdUnit({
          name: "worker@.service",
          service: { ExecStart: "/bin/sleep 9999" },
          install: { WantedBy: "multi-user.target" },
        }),
      () => service({ name: "worker@1", state: "started", enabled: true }),
    ];
    expect(told(await run(tasks))).toEqual([
      "systemdUnit changed content",
      "service changed enabled started",
    ]);
    await nothingLeft(tasks);
  });

  it("take a template away with its instances, and no other unit's failure", async () => {
    await inside("systemd-run -q --unit=other-failure sh -c 'exit 3'; sleep 1");
    expect(await inside("systemctl is-failed other-failure")).toBe("failed");
    await cycle(
      [() => systemdUnit({ name: "worker@.service", state: "absent" })],
      ["systemdUnit changed removed"],
    );
    expect(await inside("pgrep -fx '/bin/sleep 9999' || echo none")).toBe("none");
    expect(await inside("systemctl is-failed other-failure; systemctl reset-failed other-failure")).toBe(
      "failed",
    );
  });
});

describe("user and group", () => {
  const hash =
    "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/";

  it("create accounts as planned", async () => {
    await cycle(
      [
        () => group({ name: "crew", gid: 4711 }),
        () => group({ name: "site", system: true }),
        () =>
          user({ name: "site", system: true, group: "site", home: "/srv/site", shell: "/usr/sbin/nologin" }),
        () =>
          user({
            name: "ann",
            uid: 4712,
            groups: ["crew", "adm"],
            comment: "Ann O'Nym",
            shell: "/bin/bash",
            password: secret(hash),
          }),
      ],
      [
        "group changed created",
        "group changed created",
        "user changed created",
        "user changed created password",
      ],
    );
    expect(await inside("id ann; ls -d /home/ann; test -e /srv/site || echo none")).toBe(
      "uid=4712(ann) gid=4712(ann) groups=4712(ann),4(adm),4711(crew)\n/home/ann\nnone",
    );
    expect(await inside("getent shadow ann | cut -d: -f2")).toBe(hash);
  });

  it("alter what differs", async () => {
    await cycle(
      [
        () =>
          user({
            name: "ann",
            comment: "Ann",
            groups: ["sudo"],
            append: true,
            home: "/srv/ann",
            moveHome: true,
            passwordLock: true,
            expires: "2199-12-31",
          }),
      ],
      ["user changed comment home groups password locked expires"],
    );
    expect(await inside("id -Gn ann; ls -a /srv/ann | grep bashrc; getent shadow ann | cut -c1-6")).toBe(
      "ann adm sudo crew\n.bashrc\nann:!$",
    );
    await cycle(
      [() => user({ name: "ann", groups: [], passwordLock: false, expires: "never" })],
      ["user changed groups password unlocked expires"],
    );
    await cycle([() => group({ name: "crew", gid: 4713 })], ["group changed gid"]);
  });

  it("have nothing to unlock for who has no password", async () => {
    await cycle(
      [() => user({ name: "nopass", system: true, passwordLock: false })],
      ["user changed created"],
    );
    await run([() => user({ name: "nopass", state: "absent" })]);
  });

  it("name a group that is not there", async () => {
    const { message, hint } = await failure(() => user({ name: "bob", groups: ["nobodys"] }));
    expect(message).toContain("there is no group nobodys");
    expect(hint).toContain("group({");
  });

  it("remove accounts", async () => {
    await cycle([() => user({ name: "ann", state: "absent", remove: true })], ["user changed removed"]);
    expect(await inside("test -e /srv/ann || echo gone")).toBe("gone");
    await cycle([() => group({ name: "crew", state: "absent" })], ["group changed removed"]);
  });
});

describe("command, shell, http and waitFor", () => {
  it("run as another user, keep secrets to themselves and read what the host alone can reach", async () => {
    const ran = await run([
      () =>
        shell({
          cmd: 'test "$TOKEN" = hush-hush && cat',
          stdin: "in\n",
          environment: { TOKEN: secret("hush-hush") },
        }),
      () => command({ argv: ["id", "-un"], readOnly: true }),
      () => waitFor({ port: 22, timeout: "5s" }),
      () => waitFor({ path: "/run/systemd/private", timeout: "5s" }),
    ]);
    expect(ran.errors).toEqual([]);
    expect(told(ran)).toEqual(["shell changed run", "command ok", "waitFor ok", "waitFor ok"]);
    expect(JSON.stringify(ran.events)).not.toContain("hush-hush");
  });

  it("wait for a service that takes its time, and plan it as unknown", async () => {
    await inside("command -v python3 >/dev/null || apt-get -qq install -y python3-minimal >/dev/null");
    const tasks = [
      () =>
        systemdUnit({
          name: "slow.service",
          service: {
            ExecStart: "/bin/sh -c 'sleep 3; cd /etc; exec python3 -m http.server 8123 --bind 127.0.0.1'",
          },
        }),
      () => service({ name: "slow", state: "started" }),
      () => waitFor({ port: 8123, timeout: "30s", interval: "200ms" }),
      () => http({ url: "http://127.0.0.1:8123/hostname" }),
    ];
    expect(told(await run(tasks, { check: true }))).toEqual([
      "systemdUnit changed content",
      "service changed started",
      "waitFor unknown",
      "http unknown",
    ]);
    const ran = await run(tasks);
    expect(ran.errors).toEqual([]);
    await nothingLeft(tasks);
  });
});
