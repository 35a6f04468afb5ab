import { file } from "../../src/facts/files.ts";
import { serviceManager } from "../../src/facts/managers.ts";
import { unit } from "../../src/facts/systemd.ts";
import { unitInstall } from "../../src/facts/unit-install.ts";
import { service } from "../../src/modules/services/service.ts";
import { cases } from "../../src/testing/index.ts";

const id = "probe.service";
const at = { id, load: "loaded", oneshot: false, stale: false };
const stopped = unit.is(id, { ...at, active: "inactive", file: "disabled" });
const running = unit.is(id, { ...at, active: "active", file: "enabled" });

const write = `cat >/etc/systemd/system/${id} <<'END'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload`;

/** What it leaves to the manager of the host's services; that manager's own cases have the rest. */
export default cases(
  service,
  [
    {
      name: "starts",
      params: { name: "probe", state: "started" },
      facts: [serviceManager.is("", "systemd"), stopped],
      start: write,
      changes: ["started"],
      end: "systemctl is-active probe",
    },
    {
      name: "starts and enables",
      params: { name: "probe", state: "started", enabled: true },
      facts: [serviceManager.is("", "systemd"), stopped],
      start: write,
      changes: ["enabled", "started"],
      end: [running, "systemctl is-active probe"],
    },
    {
      name: "leaves a running service alone",
      params: { name: "probe", state: "started", enabled: true },
      facts: [serviceManager.is("", "systemd"), running],
      start: `${write}; systemctl enable --now probe`,
      changes: [],
    },
    {
      name: "does nothing where something else manages the services",
      params: { name: "probe", state: "started" },
      facts: [serviceManager.is("", ""), running],
      changes: [],
      fails: "services of this host are managed by nothing that is known here",
    },
  ],
  {
    facts: [
      unitInstall.is(id, { links: [`multi-user.target.wants/${id}`], also: [] }),
      file.is("/etc/init.d/probe", { type: "absent" }),
    ],
    reset: `systemctl disable --now probe; rm -f /etc/systemd/system/${id}; systemctl daemon-reload; systemctl reset-failed`,
  },
);
