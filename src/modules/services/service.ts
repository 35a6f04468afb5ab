import { type Static, type TObject, Type } from "../../core/base/schema.ts";
import { type Script, sh } from "../../core/base/script.ts";
import { type Change, change } from "../../core/facts/change.ts";
import type { Touch } from "../../core/facts/fact.ts";
import { defineModule } from "../../core/tasks/module.ts";
import { fail } from "../../core/tasks/task.ts";
import { type UnitState, unit, unitName, unitNamePattern } from "../../facts/systemd.ts";
import { systemctl, type Verb } from "./systemctl.ts";

/** What `service` gives. */
export interface ServiceValue {
  /** The unit's full name. */
  readonly unit: string;
}

const params = {
  name: Type.String({
    pattern: unitNamePattern,
    description: "the unit: `nginx`, `nginx.service`, `backup.timer`, `worker@1`",
  }),
  state: Type.Optional(
    Type.Union(
      [Type.Literal("started"), Type.Literal("stopped"), Type.Literal("restarted"), Type.Literal("reloaded")],
      { description: "`restarted` and `reloaded` always act, and start a unit that is not running" },
    ),
  ),
  enabled: Type.Optional(Type.Boolean({ description: "whether it starts at boot" })),
  masked: Type.Optional(Type.Boolean({ description: "whether it is made impossible to start" })),
  daemonReload: Type.Optional(
    Type.Boolean({
      description:
        "true: let systemd read its unit files again if this one was altered; false: never. Left out: before a start, restart or reload only",
    }),
  ),
};

type Params = Static<TObject<typeof params>>;

/**
 * Starts, stops, restarts, reloads, enables and masks a systemd unit.
 *
 * A unit counts as started once systemd says so; where systemd can't know (`Type=simple`, `exec`, `idle`) it must
 * also stay up for a second. If it does not, the error ends with the last lines of its journal. One that does its work
 * and ends (`Type=oneshot`) is waited for, and started each time that `started` is asked for.
 *
 * @throws ShowrunnerError `task.failed` if there is no such unit, `change.failed` if it does not start
 *
 * @example
 * await service({ name: "nginx", state: "started", enabled: true });
 * await copy({ … }, { notify: service({ name: "nginx", state: "reloaded" }) });
 */
export const service = defineModule({
  name: "service",
  summary: "Starts, stops, enables and reloads a systemd unit.",
  params,
  examples: [
    `service({ name: "nginx", state: "started", enabled: true })`,
    `service({ name: "nginx", state: "reloaded" })`,
    `service({ name: "backup.timer", state: "stopped", enabled: false })`,
  ],
  title: ({ name, state }) => (state === undefined ? name : `${name} ${state}`),
  check(p) {
    if (p.state === undefined && p.enabled === undefined && p.masked === undefined && p.daemonReload !== true)
      fail("there is nothing to do", "give `state`, `enabled`, `masked` or `daemonReload`");
    if (p.masked === true && (p.enabled === true || (p.state !== undefined && p.state !== "stopped")))
      fail("a masked unit can't be enabled or started", "leave `masked` out, or set it to false");
    if (/@\.\w+$/.test(unitName(p.name)))
      fail(`${p.name} is a template`, `name an instance of it: ${unitName(p.name).replace("@.", "@1.")}`);
  },
  async *plan(host, p) {
    const name = unitName(p.name);
    const value: ServiceValue = { unit: name };
    let now = await host.fact(unit, name);
    /** A change after which the unit is in the given state. */
    const to = (next: UnitState, what: string, script: Script, touches: readonly Touch[] = []): Change => {
      now = next;
      // an alias goes and comes with enabling, so nothing is said of it
      const alias = next.id === name ? [] : [unit.of(name)];
      return change({ what, script, sets: [unit.is(next.id, next)], touches: [...touches, ...alias] });
    };

    if (p.masked === false && now.load === "masked") {
      // what comes to light under the mask nobody knows
      yield change({ what: "unmasked", script: sh`systemctl unmask -- ${name}`, touches: [unit.of(name)] });
      now = await host.fact(unit, name);
    }
    if (needsUnit(p)) {
      const hint = "install what brings it, or write it with `systemdUnit`";
      host.require(now.load !== "not-found", `there is no unit ${name}`, hint);
      // it may come with an earlier change, and whether it then runs and is enabled nobody knows
      if (now.load === "not-found") return value;
      host.require(now.load !== "masked", `the unit ${name} is masked`, "`masked: false` takes the mask off");
    }
    if (p.daemonReload === true && now.stale)
      yield to({ ...now, stale: false }, "daemon-reload", sh`systemctl daemon-reload`, [unit.of()]);

    // by the unit's own name: systemctl refuses to enable or disable an alias
    if (p.enabled === true && !startsAtBoot.includes(now.file))
      yield to({ ...now, file: "enabled", stale: false }, "enabled", sh`systemctl enable -- ${now.id}`);
    if (p.enabled === false && canBeDisabled.includes(now.file))
      yield to({ ...now, file: "disabled", stale: false }, "disabled", sh`systemctl disable -- ${now.id}`);

    const verb = verbFor(p.state, now);
    if (verb !== undefined) {
      const refresh = verb !== "stop" && p.daemonReload !== false;
      const active = verb === "stop" || now.oneshot ? "inactive" : "active";
      const next: UnitState = { ...now, active, stale: now.stale && !refresh };
      yield to(next, done[verb], systemctl(verb, name, refresh), ["services"]);
    }

    if (p.masked === true && now.load !== "masked")
      yield to(
        { ...now, load: "masked", file: "masked", stale: false },
        "masked",
        sh`systemctl mask -- ${now.id}`,
      );
    return value;
  },
});

/**
 * Also units that are started through others, or have nothing that enabling could link (systemctl(1), is-enabled). What
 * is `generated` here is so of other things than init scripts, /etc/fstab for instance.
 */
const startsAtBoot: readonly string[] = ["enabled", "static", "alias", "indirect", "generated"];

const canBeDisabled: readonly string[] = ["enabled", "enabled-runtime"];

const done = { start: "started", stop: "stopped", restart: "restarted", reload: "reloaded" } as const;

function needsUnit({ state, enabled }: Params): boolean {
  return enabled === true || (state !== undefined && state !== "stopped");
}

function verbFor(state: Params["state"], { active }: UnitState): Verb | undefined {
  switch (state) {
    case "started":
      return active === "active" ? undefined : "start";
    case "stopped":
      return active === "inactive" ? undefined : "stop";
    case "restarted":
      return "restart";
    case "reloaded":
      return active === "active" ? "reload" : "start";
    case undefined:
      return undefined;
  }
}
