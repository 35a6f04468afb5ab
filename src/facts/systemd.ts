/** systemd's units, as the running manager sees them. */
import { defineFact, defineStated, lines, rawScript, type Script, sh } from "../kit/index.ts";

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
  /**
   * systemd's word: `enabled`, `disabled`, `static`, `masked`, …; empty where there is no unit file. Of a unit that is
   * enabled through others alone it is theirs, `indirect` where some of them are enabled and some are not.
   */
  readonly file: string;
  /** The units through which it is enabled: it has nothing but `Also=` in its section [Install]. */
  readonly also?: readonly string[];
  /** A generator made its unit file, of an init script for instance: a unit file of one's own is not enabled with it. */
  readonly generated?: true;
  /** The unit that has this name once it is enabled (`Alias=`), where there is no unit of the name. */
  readonly aliasOf?: string;
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
      askFurther,
      rawScript(`echo '${endOfFurther}'`),
      findAliases(names),
    ),
  parse(stdout, names) {
    const [units = "", more = ""] = stdout.toString().split(`\n${endOfUnits}\n`);
    const [files = "", questions = ""] = more.split(`${endOfDropIns}\n`);
    const [answers = "", found = ""] = questions.split(`${endOfFurther}\n`);
    const aliases = aliasesIn(found);
    const blocks = units.trim().split(/\n\n+/);
    if (blocks.length !== names.length)
      throw new Error(`systemctl was asked about ${names.length} units and answered for ${blocks.length}`);
    const further = new Map(answers.split("\n").map((line) => splitAt(line, " ")));
    const dropIns = byFolder(files.split("\n"));
    return new Map(
      names.map((name, index) => {
        const state = unitState(name, blocks[index] ?? "", dropIns, further);
        const aliasOf = state.load === "not-found" ? aliases.get(name) : undefined;
        return [name, aliasOf === undefined ? state : { ...state, aliasOf }];
      }),
    );
  },
});

defineStated("unit", (name) => [unit.of(unitName(name)), "services"]);

const endOfUnits = "== drop-ins";
const endOfDropIns = "== further";
const endOfFurther = "== aliases";

/**
 * What the manager's own word leaves open; all other units cost no process.
 *
 * Of a unit that was made of an init script it says just that, `generated`: whether it starts at boot is told by the
 * links to the script, which is-enabled has looked at. Of one that has nothing but `Also=` it says `indirect`, whether
 * the others are enabled or not: they are asked. (So it says, too, of a unit that a link of another name enables, which
 * does not have it start by its own.)
 */
const askFurther = rawScript(`indirect() {
  also=$(systemctl cat -- "$1" 2>/dev/null </dev/null | sed -n 's/^[[:space:]]*Also[[:space:]]*=//p')
  on= off=
  for one in $also; do
    case $(systemctl is-enabled -- "$one" 2>/dev/null </dev/null) in
    enabled) on=1 ;;
    disabled | enabled-runtime | linked*) off=1 ;;
    esac
  done
  case $on$off in
  11) file=indirect ;;
  *) if [ -n "$on" ]; then file=enabled; else file=disabled; fi ;;
  esac
  echo "$file" $also
}
case $units in *UnitFileState=generated* | *UnitFileState=indirect*)
  id= file=
  printf '%s\\n\\n' "$units" | while IFS= read -r line; do
    case $line in
    Id=*) id=\${line#Id=} ;;
    UnitFileState=*) file=\${line#UnitFileState=} ;;
    '')
      case $file in
      generated) printf '%s %s\\n' "$id" "$(systemctl is-enabled -- "$id" 2>/dev/null </dev/null)" ;;
      indirect) printf '%s %s\\n' "$id" "$(set -f; indirect "$id")" ;;
      esac
      id= file= ;;
    esac
  done ;;
esac`);

/** Where the files stand of which systemd makes a unit (systemd.unit(5), "Unit file load path"), init scripts included. */
const unitFolders = ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"].map(
  (folder) => `${folder}/systemd/system`,
);

/**
 * An alias is there as long as its unit is enabled. Of a name that is not there, the unit files tell whose it would be;
 * where all names are there, this costs no process.
 */
function findAliases(names: readonly string[]): Script {
  const kindsAsked = [...new Set(names.map(kindOf))];
  const files = kindsAsked.flatMap((kind) => unitFolders.map((folder) => `${folder}/*${kind}`));
  return rawScript(`case $units in *LoadState=not-found*)
  grep -s '^[[:space:]]*Alias[[:space:]]*=' /dev/null ${files.join(" ")} || : ;;
esac`);
}

/** Of each alias the unit that has it, from what `grep` says: the first one counts. */
function aliasesIn(found: string): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  for (const line of found.split("\n")) {
    // a path with a name that may have a colon, another colon, and the line
    const at = line.search(/:[ \t]*Alias[ \t]*=/);
    if (at < 0) continue;
    const id = line.slice(line.lastIndexOf("/", at) + 1, at);
    for (const alias of line.slice(line.indexOf("=", at) + 1).split(/[ \t]+/))
      if (alias !== id && kindOf(alias) === kindOf(id) && !aliases.has(alias)) aliases.set(alias, id);
  }
  return aliases;
}

/** `.service`, `.timer`, … */
function kindOf(name: string): string {
  return kinds.exec(name)?.[0] ?? "";
}

/** The files, and folders of such, that decide what a unit is. */
export function unitFiles(name: string): string[] {
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

/** The files of each folder, each with the slash before its name. */
function byFolder(files: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const folders = new Map<string, string[]>();
  for (const path of files) {
    const at = path.lastIndexOf("/");
    const folder = folders.get(path.slice(0, at));
    if (folder) folder.push(path.slice(at));
    else folders.set(path.slice(0, at), [path.slice(at)]);
  }
  return folders;
}

/** Whether there is a drop-in that systemd would load, if it looked, and has not. */
function hasUnseen(
  name: string,
  files: ReadonlyMap<string, readonly string[]>,
  loaded: ReadonlySet<string>,
): boolean {
  const folders = dropInFolders(name);
  return folders.some((folder, index) => {
    const atLeastAsStrong = folders.slice(0, index + 1);
    return (files.get(folder) ?? []).some((file) => !atLeastAsStrong.some((one) => loaded.has(one + file)));
  });
}

function listDropIns(folder: string): Script {
  return sh`for file in ${folder}/*.conf; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done`;
}

/** @param further what was asked of units of which the manager's word leaves it open, by their own names */
function unitState(
  name: string,
  block: string,
  files: ReadonlyMap<string, readonly string[]>,
  further: ReadonlyMap<string, string>,
): UnitState {
  const properties = new Map(block.split("\n").map((line) => splitAt(line, "=")));
  const id = properties.get("Id") || name;
  const file = properties.get("UnitFileState") ?? "";
  const loaded = new Set((properties.get("DropInPaths") ?? "").split(" "));
  const unseen = hasUnseen(name, files, loaded);
  return {
    id,
    load: properties.get("LoadState") ?? "",
    active: activity(properties.get("ActiveState") ?? ""),
    oneshot: properties.get("Type") === "oneshot" && properties.get("RemainAfterExit") !== "yes",
    ...fileState(file, further.get(id) ?? ""),
    // what is not there, or is masked, loads no drop-ins
    stale:
      properties.get("NeedDaemonReload") === "yes" || (properties.get("LoadState") === "loaded" && unseen),
  };
}

/** @param asked what was asked beside systemd's own word */
function fileState(file: string, asked: string): Pick<UnitState, "file" | "also" | "generated"> {
  if (file === "generated") return { file: asked || file, generated: true };
  if (file !== "indirect") return { file };
  const [state = "", ...also] = asked.split(" ");
  return { file: state || file, also };
}

function splitAt(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return [line.slice(0, at), line.slice(at + 1)];
}

function activity(state: string): UnitState["active"] {
  if (["active", "reloading", "refreshing"].includes(state)) return "active";
  return ["activating", "deactivating"].includes(state) ? "between" : "inactive";
}
