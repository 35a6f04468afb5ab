import { fileFacts, linkMade } from "../../facts/file-effects.ts";
import { type FileState, file } from "../../facts/files.ts";
import { type UnitState, unit, unitName, unitNamePattern } from "../../facts/systemd.ts";
import {
  type Change,
  change,
  defineModule,
  type Effects,
  effects,
  fail,
  lines,
  type Module,
  type OptionalInput,
  Param,
  type PlanHost,
  type RequiredInput,
  type Script,
  type Static,
  sh,
  type TObject,
  Type,
} from "../../kit/index.ts";
import { enablingOf, linkedAs, linkFolders, removeEnabling } from "./enabling.ts";
import { systemctl, type Verb } from "./systemctl.ts";

/** What `systemd` gives. */
export interface SystemdValue {
  /** The unit's full name. */
  readonly unit: string;
}

/** The parameters of `systemd`, and of `service`, which hands them on. */
export const systemdParams = {
  /** The unit: `nginx`, `nginx.service`, `backup.timer`, `worker@1`. */
  name: Type.String({ pattern: unitNamePattern }),
  /** `restarted` and `reloaded` always act, and start a unit that is not running. */
  state: Type.Optional(Param.oneOf("started", "stopped", "restarted", "reloaded")),
  /** Whether it starts at boot. */
  enabled: Type.Optional(Type.Boolean()),
  /** Whether it is made impossible to start. */
  masked: Type.Optional(Type.Boolean()),
  /**
   * true: let systemd read its unit files again if this one was altered; false: never. Left out: before a
   * start, restart or reload only.
   */
  daemonReload: Type.Optional(Type.Boolean()),
};

type Settings = Static<TObject<typeof systemdParams>>;

/** What `systemd` takes. */
export interface SystemdParams
  extends RequiredInput<typeof systemdParams>,
    OptionalInput<typeof systemdParams> {}

/**
 * Starts, stops, restarts, reloads, enables and masks a systemd unit.
 *
 * A unit counts as started once systemd says so. Of some units systemd can't know it (`Type=simple`, `exec`, `idle`):
 * these must also stay up for a second. If a unit does not start, the error ends with the last lines of its journal. The
 * task waits for a unit that does its work and ends (`Type=oneshot`), and starts it each time that `started` is asked for.
 *
 * `enabled` says whether the unit starts at boot. A unit that is enabled through others (`Also=`) counts as enabled if
 * these are. A unit without a section [Install] can't be enabled: the task fails. A linked unit (`systemctl link`) counts
 * as disabled, and stays linked.
 *
 * @throws ShowrunnerError `task.failed` if there is no such unit, also with `stopped`, or it can't be enabled;
 *   `change.failed` if it does not start
 *
 * @example
 * await systemd({ name: "nginx", state: "started", enabled: true });
 * await copy({ … }, { notify: systemd({ name: "nginx", state: "reloaded" }) });
 */
export const systemd: Module<SystemdParams, SystemdValue> = defineModule({
  name: "systemd",
  summary: "Starts, stops, enables and reloads a systemd unit.",
  params: systemdParams,
  examples: [
    `systemd({ name: "nginx", state: "started", enabled: true })`,
    `systemd({ name: "nginx", state: "reloaded" })`,
    `systemd({ name: "backup.timer", state: "stopped", enabled: false })`,
  ],
  title: ({ name, state }) => (state === undefined ? name : `${name} ${state}`),
  check: checkUnit,
  async *plan(host, p) {
    const asked = unitName(p.name);
    let name = asked;
    const value: SystemdValue = { unit: name };
    let now = await host.fact(unit, name);
    if (now.aliasOf !== undefined) {
      name = now.aliasOf;
      now = await host.fact(unit, name);
    }
    /** A change after which the unit is in the given state. */
    const to = (next: UnitState, what: string, script: Script, further: Partial<Effects> = {}): Change => {
      now = next;
      // an alias goes and comes with enabling, so nothing is said of it
      const aliases = [...new Set([asked, name])].filter((one) => one !== next.id);
      return change({
        what,
        script,
        ...effects(
          { sets: [unit.is(next.id, next)], touches: aliases.length > 0 ? [unit.of(...aliases)] : [] },
          further,
        ),
      });
    };

    if (p.masked === false && now.load === "masked") {
      // a mask until the next boot has a link of its own; what comes to light under a mask nobody knows
      const script = lines(
        sh`systemctl unmask -- ${name} || exit`,
        sh`systemctl unmask --runtime -- ${name}`,
      );
      const masks = Object.keys(linkFolders).flatMap((folder) => fileFacts(`${folder}/${name}`));
      yield change({ what: "unmasked", script, touches: [unit.of(name), ...masks] });
      now = await host.fact(unit, name);
    }
    if (needsUnit(p) && now.load === "not-found") {
      const hint = "check the spelling; install what brings it, or write it with `systemdUnit`";
      host.require(false, `there is no unit ${name}`, hint);
      // it may come with an earlier change, and whether it then runs and is enabled nobody knows
      return value;
    }
    // a mask that lasts until the next boot is not what was asked for
    const isMasking = p.masked && (now.load !== "masked" || now.file === "masked-runtime");
    if (isMasking) await requireMaskable(host, now.id);
    if (mustRun(p))
      host.require(now.load !== "masked", `the unit ${name} is masked`, "`masked: false` takes the mask off");
    if (p.daemonReload && now.stale)
      yield to({ ...now, stale: false }, "daemon-reload", sh`systemctl daemon-reload`, {
        touches: [unit.of()],
      });

    // by the unit's own name: systemctl refuses to enable or disable an alias
    if (p.enabled && !startsAtBoot.includes(now.file)) {
      requireInstallable(host, now);
      const { effects: further } = await enablingOf(host, now.id);
      const script = sh`systemctl enable -- ${now.id}`;
      yield to({ ...now, file: "enabled", stale: false }, "enabled", script, further);
    }
    if (p.enabled === false && canBeDisabled.includes(now.file)) {
      const [linked, { units, effects: further }] = await Promise.all([
        linkedAs(host, now.id),
        enablingOf(host, now.id),
      ]);
      const script = linked === undefined ? disable(now) : removeEnabling(units);
      yield to({ ...now, file: linked ?? "disabled", stale: false }, "disabled", script, further);
    }

    const verb = verbFor(p.state, now);
    if (verb !== undefined) {
      const refresh = verb !== "stop" && p.daemonReload !== false;
      const active = verb === "stop" || now.oneshot ? "inactive" : "active";
      const next: UnitState = { ...now, active, stale: now.stale && !refresh };
      yield to(next, done[verb], systemctl(verb, name, refresh), { touches: ["services"] });
    }

    if (isMasking)
      yield to(
        { ...now, load: "masked", file: "masked", stale: false },
        "masked",
        sh`systemctl mask -- ${now.id}`,
        linkMade(`/etc/systemd/system/${now.id}`, mask),
      );
    return value;
  },
});

/** @throws ShowrunnerError for what can't be asked of a unit */
export function checkUnit(p: Settings): void {
  if (p.state === undefined && p.enabled === undefined && p.masked === undefined && !p.daemonReload)
    fail("there is nothing to do", "give `state`, `enabled`, `masked` or `daemonReload`");
  if (p.masked && (p.enabled || (p.state !== undefined && p.state !== "stopped")))
    fail("a masked unit can't be enabled or started", "leave `masked` out, or set it to false");
  if (/@\.\w+$/.test(unitName(p.name)))
    fail(`${p.name} is a template`, `name an instance of it: ${unitName(p.name).replace("@.", "@1.")}`);
}

/** What is `generated` here is so of other things than init scripts, /etc/fstab for instance (systemctl(1), is-enabled). */
const startsAtBoot: readonly string[] = ["enabled", "alias", "generated"];

/** `indirect` is in part: some of the units through which it is enabled are. */
const canBeDisabled: readonly string[] = ["enabled", "enabled-runtime", "indirect"];

/** Why systemctl would enable nothing, by systemd's word for the unit file. */
const notInstallable: Readonly<Record<string, string>> = {
  static: "its unit file has no section [Install]",
  transient: "it has no unit file, and is gone with the next boot",
  bad: "its unit file is invalid",
  "": "it has no unit file",
};

const mask: FileState = { type: "link", target: "/dev/null", owner: "root", group: "root" };

/** A mask is a link in the place where an administrator's own unit files lie. */
async function requireMaskable(host: PlanHost, id: string): Promise<void> {
  const path = `/etc/systemd/system/${id}`;
  const { type } = await host.fact(file, path);
  host.require(
    type === "absent" || type === "link",
    `${id} can't be masked: ${path} is its unit file, and the mask would be a link in its place`,
    'remove the unit file (`systemdUnit` with `state: "absent"`), or leave `masked` out and give `state: "stopped", enabled: false`',
  );
}

function requireInstallable(host: PlanHost, { id, file }: UnitState): void {
  const reason = notInstallable[file];
  host.require(
    reason === undefined,
    `${id} can't be enabled: ${reason}`,
    'leave `enabled` out, and enable what starts it, its timer or socket for instance; or give a unit of your own `install: { WantedBy: "multi-user.target" }`',
  );
}

/** Takes the links away that have the unit start, also those that last until the next boot only. */
function disable({ id, generated }: UnitState): Script {
  if (generated) return sh`systemctl disable -- ${id}`;
  return lines(sh`systemctl disable -- ${id} || exit`, sh`systemctl disable --runtime -- ${id}`);
}

const done = { start: "started", stop: "stopped", restart: "restarted", reload: "reloaded" } as const;

/** What is masked before it comes need not be there. */
function needsUnit({ state, enabled, masked }: Settings): boolean {
  return !masked && (enabled !== undefined || state !== undefined);
}

function mustRun({ state, enabled }: Settings): boolean {
  return enabled || (state !== undefined && state !== "stopped");
}

function verbFor(state: Settings["state"], { active }: UnitState): Verb | undefined {
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
