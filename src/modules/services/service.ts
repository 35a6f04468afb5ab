import { serviceManager } from "../../facts/managers.ts";
import { unit, unitName } from "../../facts/systemd.ts";
import { defineModule, fail, type Module, type OptionalInput, type RequiredInput } from "../../kit/index.ts";
import { checkUnit, systemd, systemdParams } from "./systemd.ts";

/** What `service` gives. */
export interface ServiceValue {
  /** The service's full name: with systemd, its unit's. */
  readonly unit: string;
}

/** What `service` takes. */
export interface ServiceParams
  extends RequiredInput<typeof systemdParams>,
    OptionalInput<typeof systemdParams> {}

/**
 * Starts, stops, restarts, reloads, enables and masks a service, by what manages the host's services: so far that is
 * `systemd`, and all that is said there holds.
 *
 * @throws ShowrunnerError `task.failed` on a host where something else manages the services; what `systemd` throws
 *
 * @example
 * await service({ name: "nginx", state: "started", enabled: true });
 * await copy({ … }, { notify: service({ name: "nginx", state: "reloaded" }) });
 */
export const service: Module<ServiceParams, ServiceValue> = defineModule({
  name: "service",
  summary: "Starts, stops, enables and reloads a service.",
  params: systemdParams,
  examples: [
    `service({ name: "nginx", state: "started", enabled: true })`,
    `service({ name: "nginx", state: "reloaded" })`,
    `service({ name: "backup.timer", state: "stopped", enabled: false })`,
  ],
  title: ({ name, state }) => (state === undefined ? name : `${name} ${state}`),
  check: checkUnit,
  async *plan(host, p) {
    const [manager] = await Promise.all([
      host.fact(serviceManager, ""),
      // what systemd is asked next, in the same round trip: a host without systemd has no answer
      host.fact(unit, unitName(p.name)).catch(() => undefined),
    ]);
    if (manager !== "systemd")
      fail(
        `services of this host are managed by ${manager || "nothing that is known here"}`,
        "`service` works with systemd so far; use the host's own service manager by `command`",
      );
    return yield* systemd.plan(host, p);
  },
});
