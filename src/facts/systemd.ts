/** systemd's units, as the running manager sees them. */
import { defineFact } from "../core/fact.ts";
import { lines, rawScript, sh } from "../core/script.ts";

/** The state of a unit. */
export interface UnitState {
  /** `loaded`, `not-found`, `masked`, or a reason why it can't be loaded: `bad-setting`, `error`. */
  readonly load: string;
  /** `between` is on the way up or down, or waiting to be started again after a crash. A failed unit is inactive. */
  readonly active: "active" | "between" | "inactive";
  /** systemd's word: `enabled`, `disabled`, `static`, `masked`, …; empty where there is no unit file. */
  readonly file: string;
  /** Its file on disk is another than the manager has loaded. */
  readonly stale: boolean;
}

/** The kinds of units (systemd.unit(5)). */
const kinds = /\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/;

/** Characters that a unit's name may have (systemd.unit(5)), so that none is taken for a pattern. */
export const unitNamePattern = "^[A-Za-z0-9:_.\\\\@-]+$";

/** The full name: what has no kind is a service, as for systemctl. */
export function unitName(name: string): string {
  return kinds.test(name) ? name : `${name}.service`;
}

/**
 * The state of a unit, by its full name, an alias as well.
 *
 * systemctl gives one block of properties a name, in the order asked, with blank lines between: so a block is found
 * by its place, since an alias answers under its unit's own name.
 */
export const unit = defineFact<string, UnitState>({
  name: "systemd.unit",
  mayArrive: (_, { load }) => load === "not-found",
  script: (names) =>
    lines(
      rawScript(
        'command -v systemctl >/dev/null || { echo "there is no systemd here: this works on hosts that systemd runs" >&2; exit 1; }',
      ),
      sh`systemctl show -p LoadState,ActiveState,UnitFileState,NeedDaemonReload -- ${names}`,
    ),
  parse(stdout, names) {
    const blocks = stdout.toString().trim().split(/\n\n+/);
    if (blocks.length !== names.length)
      throw new Error(`systemctl was asked about ${names.length} units and answered for ${blocks.length}`);
    return new Map(names.map((name, index) => [name, unitState(blocks[index] ?? "")]));
  },
});

function unitState(block: string): UnitState {
  const properties = new Map(
    block.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  return {
    load: properties.get("LoadState") ?? "",
    active: activity(properties.get("ActiveState") ?? ""),
    file: properties.get("UnitFileState") ?? "",
    stale: properties.get("NeedDaemonReload") === "yes",
  };
}

function activity(state: string): UnitState["active"] {
  if (["active", "reloading", "refreshing"].includes(state)) return "active";
  return ["activating", "deactivating"].includes(state) ? "between" : "inactive";
}
