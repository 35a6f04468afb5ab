/** Which files of a host a task alters, whatever its changes state. */
import { sh } from "../../base/script.ts";
import { emptyDirectory } from "../../facts/file-tree.ts";
import { file, fileContent, fileHash, fileText } from "../../facts/files.ts";
import { type FactOf, factOf } from "./beliefs.ts";
import { lawFolder } from "./law-folder.ts";
import type { LawHost } from "./law-host.ts";

/** Paths that other software writes to at any time. */
const moving = [
  "/proc",
  "/sys",
  "/dev",
  "/tmp",
  "/var/tmp",
  "/var/log",
  "/var/cache",
  "/var/lib/apt/lists",
  "/var/lib/systemd",
  "/var/lib/showrunner",
  "/run",
  "/usr/share/doc",
  "/usr/share/man",
  "/usr/share/locale",
  lawFolder,
];

/** The most paths that are reported. */
const most = 150;

/** The text of a file is read only where that is short. Bytes. */
const longest = 64 * 1024;

const list = `find / /run/systemd/system ${moving.map((path) => `-path '${path}' -prune -o`).join(" ")} -printf '%p\\037%i %s %C@ %m %U %G %l\\n' 2>/dev/null | LC_ALL=C sort`;

/** Records the state of all files, for `alteredFiles`. */
export async function rememberFiles(host: LawHost): Promise<void> {
  await host.script(`mkdir -p ${lawFolder} && ${list} >${lawFolder}/files`);
}

/**
 * The paths that came, went or were altered since `rememberFiles`.
 *
 * @param others paths that others write to, also below them
 */
export async function alteredFiles(host: LawHost, others: readonly string[]): Promise<string[]> {
  const text = await host.script(`${list} | LC_ALL=C comm -3 ${lawFolder}/files - | head -n 5000`);
  const paths = text.split("\n").map((line) => line.replace(/^\t/, "").split("\x1f", 1)[0] ?? "");
  const isOthers = (path: string) => others.some((other) => path === other || path.startsWith(`${other}/`));
  return [...new Set(paths.filter((path) => path !== "" && !isOthers(path)))].slice(0, most);
}

/** The facts that tasks may know about these paths. */
export async function factsOfFiles(host: LawHost, paths: readonly string[]): Promise<FactOf[]> {
  if (paths.length === 0) return [];
  const printed = await host.script(
    sh`for path in ${paths}; do
  if [ -f "$path" ] && [ ! -L "$path" ]; then stat -c %s -- "$path"; else echo 0; fi
done`.text,
  );
  const sizes = printed.split("\n").map(Number);
  return paths.flatMap((path, index) => [
    factOf(file, path),
    factOf(fileHash, path),
    factOf(emptyDirectory, path),
    ...((sizes[index] ?? 0) > longest ? [] : [factOf(fileText, path), factOf(fileContent, path)]),
  ]);
}
