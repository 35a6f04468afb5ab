import { file } from "../../src/facts/files.ts";
import { type UnitState, unit } from "../../src/facts/systemd.ts";
import { unitInstall } from "../../src/facts/unit-install.ts";
import { systemd } from "../../src/modules/services/systemd.ts";
import { cases } from "../../src/testing/index.ts";

const id = "probe.service";
const is = (state: Partial<UnitState>) =>
  unit.is(id, {
    id,
    load: "loaded",
    active: "inactive",
    oneshot: false,
    file: "disabled",
    stale: false,
    ...state,
  });
const stopped: Partial<UnitState> = {};
const running = { active: "active", file: "enabled" } as const;
const missing = { load: "not-found", file: "" };
const masked = { load: "masked", file: "masked" };

const own = "/etc/systemd/system";
const packaged = "/usr/lib/systemd/system";

/** A script that writes a unit file. */
function write(lines: readonly string[], { name = id, folder = own } = {}): string {
  return `cat >${folder}/${name} <<'END'\n${lines.join("\n")}\nEND\nsystemctl daemon-reload`;
}

/** Runs on without a process, so that nothing has to be waited for. */
const stays = [
  "[Service]",
  "Type=oneshot",
  "RemainAfterExit=yes",
  "ExecStart=/bin/true",
  "ExecReload=/bin/true",
];
const installed = ["[Install]", "WantedBy=multi-user.target"];
const written = write([...stays, ...installed]);
const ofPackage = write([...stays, ...installed], { folder: packaged });

/** It fails, and systemd would start it again in a while; now it would not fail any more. */
const between = `${write(["[Service]", "Type=oneshot", "RemainAfterExit=yes", "Restart=on-failure", "RestartSec=600", "ExecStart=/bin/sh -c 'test -e /run/probe.ok'", ...installed])}
systemctl start probe 2>/dev/null || :
touch /run/probe.ok`;

/** Enabled through others. */
const through = `${write([...stays, "[Install]", "Also=probe.socket probe.path"])}
${write(["[Socket]", "ListenStream=/run/probe.sock", "[Install]", "WantedBy=sockets.target"], { name: "probe.socket" })}
${write(["[Path]", "PathExists=/run/probe", "[Install]", "WantedBy=paths.target"], { name: "probe.path" })}`;
const also = ["probe.socket", "probe.path"];

const initScript = `cat >/etc/init.d/probe <<'END'
#!/bin/sh
### BEGIN INIT INFO
# Provides: probe
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
# Short-Description: an init script
### END INIT INFO
exit 0
END
chmod 755 /etc/init.d/probe
update-rc.d probe defaults
systemctl daemon-reload`;

const elsewhere = `mkdir -p /opt/probe
${write([...stays, ...installed], { folder: "/opt/probe" })}`;
const link = (target: string) => ({ type: "link", target, owner: "root", group: "root" }) as const;

const enabled = (word: string, name = "probe") =>
  `[ "$(systemctl is-enabled ${name} 2>/dev/null)" = ${word} ]`;
const active = "systemctl is-active probe";
const inactive = '[ "$(systemctl is-active probe)" = inactive ]';

const reset = `systemctl stop probe.service probe.socket probe.path probed.service
systemctl unmask probe; systemctl unmask --runtime probe
systemctl disable probe.service probe.socket probe.path probed.service
systemctl disable --runtime probe
update-rc.d -f probe remove
rm -rf ${own}/probe* /run/systemd/system/probe* ${packaged}/probe* ${own}/*.wants/probe* /etc/init.d/probe /opt/probe /run/probe*
systemctl daemon-reload; systemctl reset-failed`;

const nowhere = [
  file.is(`${own}/${id}`, { type: "absent" }),
  file.is(`/run/systemd/system/${id}`, { type: "absent" }),
  file.is(`${own}/probed.service`, { type: "absent" }),
  file.is("/run/systemd/system/probed.service", { type: "absent" }),
  file.is("/etc/init.d/probe", { type: "absent" }),
  file.is("/etc/init.d/probed", { type: "absent" }),
  ...[id, "probed.service", "probe.socket", "probe.path"].map((name) =>
    unitInstall.is(name, { links: [`multi-user.target.wants/${name}`], also: [] }),
  ),
];

export default cases(
  systemd,
  [
    {
      name: "leaves a running unit alone",
      params: { name: "probe", state: "started", enabled: true },
      facts: [is(running)],
      start: `${written}; systemctl enable --now probe`,
      changes: [],
      end: [is(running)],
    },
    {
      name: "watches whether a process stays up",
      params: { name: "probe", state: "started" },
      start: write(["[Service]", "ExecStart=/bin/sleep infinity"]),
      changes: ["started"],
      end: active,
    },
    {
      name: "starts and enables",
      params: { name: "probe", state: "started", enabled: true },
      facts: [is(stopped)],
      start: written,
      changes: ["enabled", "started"],
      end: [is(running), active, enabled("enabled")],
    },
    {
      name: "does not take a process that ends at once for started",
      params: { name: "probe", state: "started" },
      start: write(["[Service]", "ExecStart=/bin/sh -c 'echo it hurts; exit 3'"]),
      changes: ["started"],
      plan: "changed",
      fails: "it hurts",
    },
    {
      name: "starts what waits to be started again",
      params: { name: "probe", state: "started" },
      facts: [is({ active: "between" })],
      start: between,
      changes: ["started"],
      end: [is({ active: "active" }), active],
    },
    {
      name: "runs a unit that does its work and ends, each time anew",
      params: { name: "probe", state: "started" },
      facts: [is({ oneshot: true })],
      start: write([
        "[Service]",
        "Type=oneshot",
        "ExecStart=/bin/sh -c 'echo done >/run/probe.done'",
        ...installed,
      ]),
      changes: ["started"],
      again: ["started"],
      end: [is({ oneshot: true }), "grep -qx done /run/probe.done"],
    },
    {
      name: "stops and disables",
      params: { name: "probe", state: "stopped", enabled: false },
      facts: [is(running)],
      start: `${written}; systemctl enable --now probe`,
      changes: ["disabled", "stopped"],
      end: [is(stopped), inactive, enabled("disabled")],
    },
    {
      name: "leaves a stopped unit alone",
      params: { name: "probe", state: "stopped", enabled: false },
      facts: [is(stopped)],
      start: written,
      changes: [],
    },
    {
      name: "stops what waits to be started again",
      params: { name: "probe", state: "stopped" },
      facts: [is({ active: "between" })],
      start: between,
      changes: ["stopped"],
      end: [is(stopped), inactive],
    },
    {
      name: "restarts, each time",
      params: { name: "probe", state: "restarted" },
      facts: [is(running)],
      start: `${write(["[Service]", "Type=oneshot", "RemainAfterExit=yes", "ExecStart=/bin/sh -c 'date +%%N >/run/probe.began'", ...installed])}
systemctl enable --now probe
cp /run/probe.began /run/probe.first`,
      changes: ["restarted"],
      again: ["restarted"],
      end: [is(running), "! cmp -s /run/probe.began /run/probe.first"],
    },
    {
      name: "starts by restarting what does not run",
      params: { name: "probe", state: "restarted" },
      facts: [is(stopped)],
      start: written,
      changes: ["restarted"],
      again: ["restarted"],
      end: [is({ active: "active" }), active],
    },
    {
      name: "reloads, each time",
      params: { name: "probe", state: "reloaded" },
      facts: [is(running)],
      start: `${write([...stays.slice(0, -1), "ExecReload=/bin/touch /run/probe.reloaded", ...installed])}
systemctl enable --now probe`,
      changes: ["reloaded"],
      again: ["reloaded"],
      end: [is(running), "test -e /run/probe.reloaded"],
    },
    {
      name: "starts what is to be reloaded and does not run",
      params: { name: "probe", state: "reloaded" },
      facts: [is(stopped)],
      start: written,
      changes: ["started"],
      again: ["reloaded"],
      end: [is({ active: "active" }), active],
    },
    {
      name: "has systemd read an altered unit file",
      params: { name: "probe", daemonReload: true },
      facts: [is({ ...running, stale: true })],
      start: `${written}; systemctl enable --now probe; sleep 0.1; echo '# altered' >>${own}/${id}`,
      changes: ["daemon-reload"],
      end: [is(running)],
    },
    {
      name: "has systemd read a first drop-in before it restarts",
      params: { name: "probe", state: "restarted" },
      facts: [is({ ...running, stale: true })],
      start: `${written}; systemctl enable --now probe
mkdir ${own}/${id}.d; printf '[Service]\\nEnvironment=A=1\\n' >${own}/${id}.d/a.conf`,
      changes: ["restarted"],
      again: ["restarted"],
      end: [is(running), '[ "$(systemctl show -p Environment --value probe)" = A=1 ]'],
    },
    {
      name: "leaves an altered unit file unread where it is told to",
      params: { name: "probe", state: "restarted", daemonReload: false },
      facts: [is({ ...running, stale: true })],
      start: `${written}; systemctl enable --now probe; sleep 0.1; echo '# altered' >>${own}/${id}`,
      changes: ["restarted"],
      again: ["restarted"],
      end: [is({ ...running, stale: true }), "systemctl show -p NeedDaemonReload probe | grep -q yes"],
    },
    {
      name: "enables the units through which it is enabled",
      params: { name: "probe", enabled: true },
      facts: [is({ also })],
      start: through,
      changes: ["enabled"],
      end: [
        is({ file: "enabled", also }),
        enabled("enabled", "probe.socket"),
        enabled("enabled", "probe.path"),
      ],
    },
    {
      name: "enables what is enabled in part",
      params: { name: "probe", enabled: true },
      facts: [is({ file: "indirect", also })],
      start: `${through}; systemctl enable probe.socket`,
      changes: ["enabled"],
      end: [is({ file: "enabled", also }), enabled("enabled", "probe.path")],
    },
    {
      name: "disables what is enabled in part",
      params: { name: "probe", enabled: false },
      facts: [is({ file: "indirect", also })],
      start: `${through}; systemctl enable probe.socket`,
      changes: ["disabled"],
      end: [is({ also }), enabled("disabled", "probe.socket")],
    },
    {
      name: "enables what comes along with it, and what that brings, under all names",
      params: { name: "probe", enabled: true },
      facts: [is(stopped)],
      start: `${write([...stays, ...installed, "RequiredBy=%p-made.target", "Alias=probe-too.service", "Also=probe.socket"])}
${write(["[Socket]", "ListenStream=/run/probe.sock", "[Install]", "WantedBy=sockets.target", "Also=probe.path probe.service"], { name: "probe.socket" })}
${write(["[Path]", "PathExists=/run/probe", "[Install]", "WantedBy=paths.target"], { name: "probe.path" })}`,
      changes: ["enabled"],
      end: [
        is({ file: "enabled" }),
        ...also.map((name) => enabled("enabled", name)),
        `test -L ${own}/probe-too.service`,
        `test -L ${own}/probe-made.target.requires/${id}`,
      ],
    },
    {
      name: "disables what is enabled until the next boot",
      params: { name: "probe", enabled: false },
      facts: [is({ file: "enabled-runtime" })],
      start: `${ofPackage}; systemctl enable --runtime probe`,
      changes: ["disabled"],
      end: [is(stopped), enabled("disabled")],
    },
    {
      name: "enables for good what is enabled until the next boot",
      params: { name: "probe", enabled: true },
      facts: [is({ file: "enabled-runtime" })],
      start: `${ofPackage}; systemctl enable --runtime probe`,
      changes: ["enabled"],
      end: [is({ file: "enabled" }), `test -L ${own}/multi-user.target.wants/${id}`],
    },
    {
      name: "has nothing to disable in a unit that nothing can enable",
      params: { name: "probe", enabled: false },
      facts: [is({ file: "static" })],
      start: write(stays),
      changes: [],
    },
    {
      name: "enables no unit that nothing can enable",
      params: { name: "probe", enabled: true },
      facts: [is({ file: "static" })],
      start: write(stays),
      changes: [],
      fails: /probe.service can't be enabled: .*\[Install\].*WantedBy/,
    },
    {
      name: "disables an init script",
      params: { name: "probe", enabled: false },
      facts: [is({ file: "enabled", generated: true })],
      start: initScript,
      changes: ["disabled"],
      end: [is({ file: "disabled", generated: true }), enabled("disabled")],
    },
    {
      name: "enables an init script",
      params: { name: "probe", enabled: true },
      facts: [is({ file: "disabled", generated: true })],
      start: `${initScript}; update-rc.d probe disable; systemctl daemon-reload`,
      changes: ["enabled"],
      end: [is({ file: "enabled", generated: true }), enabled("enabled")],
    },
    {
      name: "disables a unit that is linked, and leaves it linked",
      params: { name: "probe", enabled: false },
      facts: [is({ file: "enabled" }), file.is(`${own}/${id}`, link(`/opt/probe/${id}`))],
      start: `${elsewhere}; systemctl enable /opt/probe/${id}`,
      changes: ["disabled"],
      end: [is({ file: "linked" }), `test -L ${own}/${id}`],
    },
    {
      name: "disables a unit that is linked until the next boot, and leaves it linked",
      params: { name: "probe", enabled: false },
      facts: [
        is({ file: "enabled-runtime" }),
        file.is(`/run/systemd/system/${id}`, link(`../../../opt/probe/${id}`)),
      ],
      start: `${elsewhere}; systemctl enable --runtime /opt/probe/${id}`,
      changes: ["disabled"],
      end: [is({ file: "linked-runtime" }), `test -L /run/systemd/system/${id}`],
    },
    {
      name: "changes an alias under its own name",
      params: { name: "probe", enabled: false },
      facts: [
        is({ id: "probed.service", ...running }),
        unit.is("probed.service", {
          id: "probed.service",
          load: "loaded",
          active: "active",
          oneshot: false,
          file: "enabled",
          stale: false,
        }),
      ],
      start: `${write([...stays, ...installed, "Alias=probe.service"], { name: "probed.service" })}
systemctl enable --now probed`,
      changes: ["disabled"],
      end: enabled("disabled", "probed"),
    },
    {
      name: "finds a unit by an alias that it has once it is enabled",
      params: { name: "probe", enabled: true },
      facts: [
        is({ ...missing, aliasOf: "probed.service" }),
        unit.is("probed.service", {
          id: "probed.service",
          load: "loaded",
          active: "inactive",
          oneshot: false,
          file: "disabled",
          stale: false,
        }),
      ],
      start: write([...stays, ...installed, "Alias=probe.service"], { name: "probed.service" }),
      changes: ["enabled"],
      end: enabled("enabled", "probed"),
    },
    {
      name: "masks",
      params: { name: "probe", state: "stopped", masked: true },
      facts: [is(running)],
      start: `${ofPackage}; systemctl start probe`,
      changes: ["stopped", "masked"],
      end: [enabled("masked"), inactive],
    },
    {
      name: "masks what is not there yet",
      params: { name: "probe", masked: true },
      facts: [is(missing)],
      start: "",
      changes: ["masked"],
      end: [is({ ...missing, ...masked }), enabled("masked")],
    },
    {
      name: "masks what is not there, with its state",
      params: { name: "probe", masked: true, state: "stopped" },
      facts: [is(missing)],
      start: "",
      changes: ["masked"],
      end: enabled("masked"),
    },
    {
      name: "masks for good what is masked until the next boot",
      params: { name: "probe", masked: true },
      facts: [is({ ...masked, file: "masked-runtime" })],
      start: `${ofPackage}; systemctl mask --runtime probe`,
      changes: ["masked"],
      end: [is(masked), `test -L ${own}/${id}`],
    },
    {
      name: "masks no unit whose file lies where the mask would, and stops none for it",
      params: { name: "probe", masked: true, state: "stopped" },
      facts: [
        is(running),
        file.is(`${own}/${id}`, { type: "file", mode: "0644", owner: "root", group: "root" }),
      ],
      start: `${written}; systemctl enable --now probe`,
      changes: [],
      fails: `probe.service can't be masked: ${own}/${id} is its unit file`,
    },
    {
      name: "takes both masks off, and starts",
      params: { name: "probe", masked: false, state: "started" },
      start: `${ofPackage}; systemctl mask --runtime probe; systemctl mask probe`,
      changes: ["unmasked", "started"],
      plan: "likely",
      end: [active, enabled("disabled")],
    },
    {
      name: "starts no unit that is masked",
      params: { name: "probe", state: "started" },
      facts: [is(masked)],
      start: `${ofPackage}; systemctl mask probe`,
      changes: [],
      fails: "the unit probe.service is masked",
    },
    ...([{ state: "started" }, { state: "stopped" }, { enabled: true }, { enabled: false }] as const).map(
      (wanted) => ({
        name: `names a unit that is not there: ${JSON.stringify(wanted)}`,
        params: { name: "probe", ...wanted },
        facts: [is(missing)],
        start: "",
        changes: [],
        fails: "there is no unit probe.service",
      }),
    ),
    ...(["transient", "bad", ""] as const).map((word) => ({
      name: `enables no unit that is ${word || "without a unit file"}`,
      params: { name: "probe", enabled: true },
      facts: [is({ file: word })],
      changes: [],
      fails: "probe.service can't be enabled",
    })),
  ],
  { facts: nowhere, reset },
);
