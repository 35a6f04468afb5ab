/** The timer by which a host renews a certificate while nobody runs a playbook. */
import type { Plan, PlanHost } from "../../kit/index.ts";
import { service } from "../services/service.ts";
import { systemdUnit } from "../services/systemd-unit.ts";

/** The whole path is in it: `/etc/acme/shop` and `/srv/acme/shop` are two certificates. */
function unitOf(path: string): string {
  return `acme${path.replaceAll("-", "\\x2d").replaceAll("/", "-")}`;
}

/** Twice a day, at a moment that is another on each host, as authorities ask for. */
export async function* renewByTimer(host: PlanHost, path: string, command: readonly string[]): Plan<void> {
  const name = unitOf(path);
  yield* systemdUnit.plan(host, {
    name: `${name}.service`,
    unit: {
      Description: `Renews the certificate in ${path}`,
      After: "network-online.target",
      Wants: "network-online.target",
    },
    service: { Type: "oneshot", ExecStart: command.join(" ") },
  });
  yield* systemdUnit.plan(host, {
    name: `${name}.timer`,
    unit: { Description: `Renews the certificate in ${path}` },
    timer: { OnCalendar: "*-*-* 00,12:00:00", RandomizedDelaySec: "6h", Persistent: "true" },
    install: { WantedBy: "timers.target" },
  });
  yield* service.plan(host, { name: `${name}.timer`, state: "started", enabled: true });
}

/** The timer of an earlier run. */
export async function* renewByNone(host: PlanHost, path: string): Plan<void> {
  for (const kind of ["timer", "service"])
    yield* systemdUnit.plan(host, { name: `${unitOf(path)}.${kind}`, state: "absent" });
}
