/** systemd's units, as the running manager sees them. */

import { lines, rawScript, type Script, sh } from "../core/base/script.ts";
import { defineFact } from "../core/facts/fact.ts";

/** The state of a unit. */
export interface UnitState {
  /** The unit's own name, where it was asked for by an alias. */
  readonly id: string;
  /** `loaded`, `not-found`, `masked`, or a reason why it can't be loaded: `bad-setting`, `error`. */
  readonly load: string;
  /** `between` is on the way up or down, or waiting to be started again after a crash. A failed unit is inactive. */
  readonly active: "active" | "between" | "inactive";
  /** It does its work and ends: started in good order it is inactive again (`Type=oneshot`, systemd.service(5)). */
  readonly oneshot: boolean;
  /** systemd's word: `enabled`, `disabled`, `static`, `masked`, …; empty where there is no unit file. */
  readonly file: string;
  /** A generator made its unit file, of an init script for instance: a unit file of one's own is not enabled with it. */
  readonly generated?: true;
  /** Its files on disk are others than the manager has loaded. */
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
  restsOn: unitFiles,
  script: (names) =>
    lines(
      rawScript(
        'command -v systemctl >/dev/null || { echo "there is no systemd here: this works on hosts that systemd runs" >&2; exit 1; }',
      ),
      sh`units=$(systemctl show -p Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload,DropInPaths,Type,RemainAfterExit -- ${names}) || exit`,
      rawScript(`printf '%s\\n\\n${endOfUnits}\\n' "$units"`),
      ...[...new Set(names.flatMap(dropInFolders))].map(listDropIns),
      rawScript(`echo '${endOfDropIns}'`),
      askGenerated,
    ),
  parse(stdout, names) {
    const [units = "", more = ""] = stdout.toString().split(`\n${endOfUnits}\n`);
    const [files = "", answers = ""] = more.split(`${endOfDropIns}\n`);
    const blocks = units.trim().split(/\n\n+/);
    if (blocks.length !== names.length)
      throw new Error(`systemctl was asked about ${names.length} units and answered for ${blocks.length}`);
    const generated = new Map(answers.split("\n").map((line) => splitAt(line, " ")));
    return new Map(
      names.map((name, index) => [name, unitState(name, blocks[index] ?? "", files.split("\n"), generated)]),
    );
  },
});

const endOfUnits = "== drop-ins";
const endOfDropIns = "== generated";

/**
 * Of a unit that was made of an init script the manager says just that, `generated`: whether it starts at boot is told
 * by the links to the script, which is-enabled has looked at. All others cost no process.
 */
const askGenerated = rawScript(`case $units in *UnitFileState=generated*)
  id= file=
  printf '%s\\n\\n' "$units" | while IFS= read -r line; do
    case $line in
    Id=*) id=\${line#Id=} ;;
    UnitFileState=*) file=\${line#UnitFileState=} ;;
    '')
      if [ "$file" = generated ]; then
        printf '%s %s\\n' "$id" "$(systemctl is-enabled -- "$id" 2>/dev/null </dev/null)"
      fi
      id= file= ;;
    esac
  done ;;
esac`);

/** Where the files stand of which systemd makes a unit (systemd.unit(5), "Unit file load path"), init scripts included. */
const unitFolders = ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"].map(
  (folder) => `${folder}/systemd/system`,
);

function unitFiles(name: string): string[] {
  const files = [name, templateOf(name)].flatMap((one) =>
    unitFolders.flatMap((folder) => [`${folder}/${one}`, `${folder}/${one}.d`]),
  );
  return [...new Set(files), `/etc/init.d/${name.replace(/\.service$/, "")}`];
}

/** `worker@.service` of `worker@1.service`; of a unit that has no template the unit itself. */
function templateOf(name: string): string {
  return name.replace(/@.+(?=\.\w+$)/, "@");
}

/**
 * Where drop-ins of a unit stand that an administrator or a program writes. systemd notices altered ones by itself,
 * but not a first one: whether there is such a folder it only looks up when it reads all units.
 *
 * The strongest comes first: of files with one name systemd loads that of the strongest folder alone, and the others
 * are hidden by it.
 */
export function dropInFolders(name: string): string[] {
  return ["/etc/systemd/system", "/run/systemd/system"].flatMap((folder) =>
    [...new Set([name, templateOf(name)])].map((one) => `${folder}/${one}.d`),
  );
}

/** Whether there is a drop-in that systemd would load, if it looked, and has not. */
function hasUnseen(name: string, files: readonly string[], loaded: readonly string[]): boolean {
  const folders = dropInFolders(name);
  return folders.some((folder, index) => {
    const atLeastAsStrong = folders.slice(0, index + 1);
    return files
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length))
      .some((file) => !atLeastAsStrong.some((one) => loaded.includes(one + file)));
  });
}

function listDropIns(folder: string): Script {
  return sh`for file in ${folder}/*.conf; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done`;
}

/** @param generated what is-enabled says of units that a generator made, by their own names */
function unitState(
  name: string,
  block: string,
  files: readonly string[],
  generated: ReadonlyMap<string, string>,
): UnitState {
  const properties = new Map(block.split("\n").map((line) => splitAt(line, "=")));
  const id = properties.get("Id") || name;
  const file = properties.get("UnitFileState") ?? "";
  const loaded = (properties.get("DropInPaths") ?? "").split(" ");
  const unseen = hasUnseen(name, files, loaded);
  return {
    id,
    load: properties.get("LoadState") ?? "",
    active: activity(properties.get("ActiveState") ?? ""),
    oneshot: properties.get("Type") === "oneshot" && properties.get("RemainAfterExit") !== "yes",
    ...(file === "generated" ? { file: generated.get(id) || file, generated: true } : { file }),
    // what is not there, or is masked, loads no drop-ins
    stale:
      properties.get("NeedDaemonReload") === "yes" || (properties.get("LoadState") === "loaded" && unseen),
  };
}

function splitAt(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return [line.slice(0, at), line.slice(at + 1)];
}

function activity(state: string): UnitState["active"] {
  if (["active", "reloading", "refreshing"].includes(state)) return "active";
  return ["activating", "deactivating"].includes(state) ? "between" : "inactive";
}
