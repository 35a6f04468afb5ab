/** What enabling a systemd unit makes: the section [Install] of its unit file and drop-ins. */
import { defineFact, lines, rawScript, sh } from "../kit/index.ts";
import { unitFiles } from "./systemd.ts";

/** What comes and goes with enabling a unit. */
interface UnitInstall {
  /** The links that are made, by their paths below a folder of unit files: `multi-user.target.wants/nginx.service`. */
  readonly links: readonly string[];
  /** The units that are enabled and disabled along with it (`Also=`). */
  readonly also: readonly string[];
}

/** The folder that has the links of each setting (systemd.unit(5), "[Install] Section Options"). */
const folders = { WantedBy: "wants", RequiredBy: "requires", UpheldBy: "upholds" } as const;

const end = "== end of unit";

/** What enabling a unit makes, by the unit's own full name; undefined where it has no unit file. */
export const unitInstall = defineFact<string, UnitInstall | undefined>({
  name: "systemd.install",
  mayArrive: (_, value) => value === undefined,
  restsOn: unitFiles,
  script: (names) =>
    lines(
      sh`set -- ${names}`,
      rawScript(`for name; do systemctl cat -- "$name" 2>/dev/null </dev/null; echo; echo '${end}'; done`),
    ),
  parse(stdout, names) {
    const texts = stdout.toString().split(`${end}\n`);
    return new Map(
      names.map((name, index) => {
        const text = texts[index] ?? "";
        return [name, text.trim() === "" ? undefined : installOf(name, text)];
      }),
    );
  },
});

/**
 * What a unit file says of enabling.
 *
 * @param name the unit's full name
 * @param text its unit file, and its drop-ins behind it
 */
export function installOf(name: string, text: string): UnitInstall {
  const settings = installSettings(text);
  const expanded = (setting: string) =>
    (settings.get(setting) ?? []).map((value) => withSpecifiers(value, name));
  const [instance = ""] = expanded("DefaultInstance");
  const linked = instance === "" ? name : name.replace(/@(?=\.\w+$)/, `@${instance}`);
  const links = Object.entries(folders).flatMap(([setting, folder]) =>
    expanded(setting).map((target) => `${target}.${folder}/${linked}`),
  );
  return { links: [...new Set([...links, ...expanded("Alias")])], also: expanded("Also") };
}

/** The words of each setting in [Install]; an empty one takes back those before it. */
function installSettings(text: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, readonly string[]>();
  let section = "";
  for (const line of text.replaceAll(/\\\n/g, " ").split("\n")) {
    section = /^\s*\[(.*)\]\s*$/.exec(line)?.[1] ?? section;
    const [, name, value = ""] = /^\s*(\w+)\s*=(.*)$/.exec(line) ?? [];
    if (section !== "Install" || name === undefined) continue;
    const words = value.split(/\s+/).filter((word) => word !== "");
    settings.set(name, words.length === 0 ? [] : [...(settings.get(name) ?? []), ...words]);
  }
  return settings;
}

/** Those that stand for the unit's own name, or parts of it. */
function withSpecifiers(text: string, name: string): string {
  const full = name.replace(/\.\w+$/, "");
  const [prefix = "", instance = ""] = full.split(/@(.*)/s);
  const meanings: Readonly<Record<string, string>> = {
    n: name,
    N: full,
    p: prefix,
    i: instance,
    j: prefix.split("-").at(-1) ?? "",
    "%": "%",
  };
  return text.replaceAll(/%(.)/g, (all, letter: string) => meanings[letter] ?? all);
}
