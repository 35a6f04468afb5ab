/** What enabling a unit alters beside the unit itself. */
import { posix } from "node:path";
import { fileFacts, linksAltered } from "../../facts/file-effects.ts";
import { file } from "../../facts/files.ts";
import { unit } from "../../facts/systemd.ts";
import { unitInstall } from "../../facts/unit-install.ts";
import { type Effects, effects, lines, type PlanHost, type Script, sh } from "../../kit/index.ts";

/** Where a link makes a unit known whose file stands elsewhere, and systemd's word for a unit that has one and no more. */
export const linkFolders = {
  "/etc/systemd/system": "linked",
  "/run/systemd/system": "linked-runtime",
} as const;

interface Enabling {
  /** The unit, and those that are enabled and disabled along with it. */
  readonly units: readonly string[];
  /** What else is altered by enabling and disabling. */
  readonly effects: Effects;
}

/** systemd's word for a unit that a link to its own file makes known, if one does. Other links come and go with enabling. */
export async function linkedAs(host: PlanHost, id: string): Promise<string | undefined> {
  const folders = Object.entries(linkFolders);
  const found = await Promise.all(folders.map(([folder]) => host.fact(file, `${folder}/${id}`)));
  const at = found.findIndex((one) => one.type === "link" && posix.basename(one.target) === id);
  return folders[at]?.[1];
}

/** What enabling a unit makes, and disabling it takes away, for good or until the next boot. */
export async function enablingOf(host: PlanHost, id: string): Promise<Enabling> {
  const [initScript] = await Promise.all([
    host.fact(file, `/etc/init.d/${posix.basename(id, ".service")}`),
    host.fact(unitInstall, id),
  ]);
  const units = [id];
  const links: string[] = [];
  // those that come along may bring others
  for (const one of units) {
    const install = await host.fact(unitInstall, one);
    units.push(...(install?.also ?? []).filter((other) => !units.includes(other)));
    links.push(...(install?.links ?? []));
  }
  const paths = Object.keys(linkFolders).flatMap((folder) =>
    links.flatMap((link) => directoriesTo(link).map((path) => `${folder}/${path}`)),
  );
  const others = units.slice(1);
  const hasInitScript = id.endsWith(".service") && initScript.type !== "absent";
  return {
    units,
    effects: effects(
      { sets: [], touches: others.length > 0 ? [unit.of(...others)] : [] },
      paths.length > 0 ? linksAltered(...new Set(paths)) : {},
      { touches: hasInitScript ? runLevels.flatMap((level) => fileFacts(`/etc/rc${level}.d`)) : [] },
    ),
  };
}

/** Where links to an init script are, which systemctl has update-rc.d keep as it keeps its own. */
const runLevels = [..."0123456S"];

/** A link in a folder of its own, and that folder: it comes with its first link, and goes with its last. */
function directoriesTo(link: string): string[] {
  const folder = posix.dirname(link);
  return folder === "." ? [link] : [folder, link];
}

/**
 * Takes the links away that have units start which a link makes known. systemctl would take that one along, and there
 * would be no unit any more, none to start and none to disable again.
 */
export function removeEnabling(units: readonly string[]): Script {
  const remove = units.map((name) => {
    // a backslash is part of a name, and in a pattern would stand before a character that is meant as it is
    const pattern = name.replaceAll("\\", "\\\\");
    const [etc, run] = [`/etc/systemd/system/${pattern}`, `/run/systemd/system/${pattern}`];
    return sh`find /etc/systemd/system /run/systemd/system -type l ! -path ${etc} ! -path ${run} \\( -name ${pattern} -o -lname ${`*/${pattern}`} \\) -exec rm -f -- {} + || exit`;
  });
  return lines(...remove, sh`systemctl daemon-reload`);
}
