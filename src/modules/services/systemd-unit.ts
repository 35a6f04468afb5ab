import { fileRemoved, fileWritten } from "../../facts/file-effects.ts";
import { type FileState, file, fileContent } from "../../facts/files.ts";
import { type UnitState, unit } from "../../facts/systemd.ts";
import { installOf, unitInstall } from "../../facts/unit-install.ts";
import {
  change,
  defineModule,
  effects,
  fail,
  lines,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type PlanHost,
  type RequiredInput,
  type Script,
  type Static,
  sh,
  type TObject,
  Type,
} from "../../kit/index.ts";
import { enablingOf } from "./enabling.ts";
import { systemctl } from "./systemctl.ts";
import { isOneshot, renderUnit, Section, stateWhenNotEnabled } from "./unit-file.ts";

/** What `systemdUnit` gives. */
export interface SystemdUnitValue {
  /** The unit file's path. */
  readonly path: string;
}

const params = {
  /** The unit's full name: `app.service`, `worker@.service`. */
  name: Type.String({
    pattern:
      "^[A-Za-z0-9:_.\\\\-]+(@[A-Za-z0-9:_.\\\\-]*)?\\.(service|socket|mount|automount|swap|target|path|timer|slice)$",
  }),
  /** The whole unit file; or give its sections. */
  content: Type.Optional(Type.String()),
  /** The section [Unit]: `{ Description: "…", After: "network-online.target" }`. */
  unit: Section,
  /** The section [Service]; a list gives a setting several times. */
  service: Section,
  /** The section [Socket]. */
  socket: Section,
  /** The section [Timer]. */
  timer: Section,
  /** The section [Path]. */
  path: Section,
  /** The section [Mount]. */
  mount: Section,
  /** The section [Install]: `{ WantedBy: "multi-user.target" }`. */
  install: Section,
  /** `absent`: stopped, disabled and removed; of a template, all its instances are. Default: "present". */
  state: Param.state(),
};

type Params = Static<TObject<typeof params>>;

/** What `systemdUnit` takes. */
export interface SystemdUnitParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Writes a unit file to /etc/systemd/system and has systemd load it.
 *
 * A unit that systemd can't load is refused: the old file is put back, and the error says why. Starting and enabling
 * it is `service`'s work.
 *
 * @throws ShowrunnerError `change.failed` with systemd's reason
 *
 * @example
 * await systemdUnit({
 *   name: "app.service",
 *   unit: { Description: "The application" },
 *   service: { ExecStart: "/usr/bin/app", User: "app", Restart: "on-failure" },
 *   install: { WantedBy: "multi-user.target" },
 * });
 * await service({ name: "app", state: "started", enabled: true });
 */
export const systemdUnit: Module<SystemdUnitParams, SystemdUnitValue> = defineModule({
  name: "systemdUnit",
  summary: "Writes a systemd unit file and has systemd load it.",
  params,
  examples: [
    `systemdUnit({ name: "app.service", service: { ExecStart: "/usr/bin/app" }, install: { WantedBy: "multi-user.target" } })`,
    `systemdUnit({ name: "old.timer", state: "absent" })`,
  ],
  title: ({ name }) => name,
  check(p) {
    const sections = sectionsOf(p).some(([, settings]) => settings !== undefined);
    if (p.state === "absent") {
      if (p.content !== undefined || sections) fail("an absent unit has no content");
    } else if (p.content !== undefined && sections) {
      fail("`content` and sections exclude each other");
    } else if (p.content === undefined && !sections) {
      fail("the unit has no content", "give `content`, or sections: `service`, `install`, …");
    }
  },
  async *plan(host, p) {
    const path = `/etc/systemd/system/${p.name}`;
    const value: SystemdUnitValue = { path };
    if (p.state === "absent") yield* remove(host, p.name, path);
    else yield* write(host, p.name, path, p.content ?? renderUnit(sectionsOf(p)));
    return value;
  },
});

function sectionsOf(p: Params) {
  return [
    ["Unit", p.unit],
    ["Service", p.service],
    ["Socket", p.socket],
    ["Timer", p.timer],
    ["Path", p.path],
    ["Mount", p.mount],
    ["Install", p.install],
  ] as const;
}

/** `name@.service` can't be loaded, only its instances can: so it has no state as a unit. */
function isTemplate(name: string): boolean {
  return /@\.\w+$/.test(name);
}

async function* write(host: PlanHost, name: string, path: string, text: string): Plan<void> {
  const [state, content, now] = await Promise.all([
    host.fact(file, path),
    host.fact(fileContent, path),
    isTemplate(name) ? undefined : host.fact(unit, name),
  ]);
  const wanted = Buffer.from(text);
  const right: FileState = { type: "file", mode: "0644", owner: "root", group: "root" };
  // a mask is a link to /dev/null in this very place: the file takes it away
  const same = state.type === "file" && content !== undefined && content.equals(wanted);
  if (!same || state.mode !== right.mode || state.owner !== right.owner || state.group !== right.group) {
    yield change({
      what: same ? "mode and owner" : "content",
      diff: same ? undefined : { path, before: content?.toString() ?? "", after: text },
      action: {
        kind: "write",
        path,
        content: wanted,
        mode: right.mode,
        owner: right.owner,
        group: right.group,
        expected: state.type === "file" ? state : undefined,
        validate: load(name).text,
      },
      ...effects(fileWritten(path, { state: right, content: wanted, before: state }), {
        sets: [
          unitInstall.is(name, installOf(name, text)),
          ...(now === undefined ? [] : [unit.is(name, loaded(name, now, text))]),
        ],
      }),
    });
  } else if (now?.stale === true) {
    // somebody altered it back, or an earlier run was ended between writing and loading
    yield change({
      what: "daemon-reload",
      script: load(name),
      sets: [unit.is(name, { ...now, stale: false })],
    });
  }
}

/** The unit as it is once systemd has loaded the new file. */
function loaded(name: string, now: UnitState, text: string): UnitState {
  const enabled =
    now.load === "loaded" && !now.generated && ["enabled", "enabled-runtime"].includes(now.file);
  return {
    id: name,
    load: "loaded",
    active: now.active,
    oneshot: isOneshot(text),
    file: enabled ? now.file : stateWhenNotEnabled(text),
    stale: false,
  };
}

/** Has systemd read its unit files, and fails with its reason if it can't load this one. */
function load(name: string): Script {
  if (isTemplate(name)) return sh`systemctl daemon-reload`;
  return sh`systemctl daemon-reload && case $(systemctl show -p LoadState --value -- ${name}) in
loaded) ;;
*) systemctl show -p LoadState,LoadError -- ${name} >&2; journalctl -n 5 -o cat -q --no-pager _PID=1 UNIT=${name} >&2 2>/dev/null; false ;;
esac`;
}

/** A pattern for systemctl: the units that systemd has loaded of a template, or the unit itself. */
function unitsOf(name: string): string {
  // a backslash is part of a name, and in a pattern would stand before a character that is meant as it is
  return isTemplate(name) ? name.replaceAll("\\", "\\\\").replace("@.", "@*.") : name;
}

async function* remove(host: PlanHost, name: string, path: string): Plan<void> {
  const state = await host.fact(file, path);
  // a host without systemd has nothing to remove, and could not be asked more
  if (state.type === "absent") return;
  const now = isTemplate(name) ? undefined : await host.fact(unit, name);
  if (now !== undefined && now.active !== "inactive")
    yield change({
      what: "stopped",
      script: systemctl("stop", name, false),
      // what it is once it has stopped does not last: the unit goes
      touches: ["services"],
    });
  const disabled = isTemplate(name) ? {} : (await enablingOf(host, name)).effects;
  yield change({
    what: "removed",
    before: path,
    // a masked unit has no links, and systemctl would refuse to disable it
    script: lines(
      // which instances run nobody has asked: where none does, this does nothing
      isTemplate(name) ? sh`systemctl stop -- ${unitsOf(name)} || exit` : sh`:`,
      state.type === "link" && state.target === "/dev/null"
        ? sh`:`
        : sh`systemctl disable -- ${name} || exit`,
      sh`rm -f -- ${path} && systemctl daemon-reload`,
      sh`systemctl reset-failed -- ${unitsOf(name)} 2>/dev/null; :`,
    ),
    ...effects(fileRemoved(path, state), disabled, {
      // a package may have a unit of that name, which now holds
      touches: isTemplate(name) ? [unit.of(), "services"] : [unit.of(name)],
    }),
  });
}
