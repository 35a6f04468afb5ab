/** Package files: what is in one, and whether it is installed. */
import { defineFact, rawScript, sh } from "../kit/index.ts";
import { printAutomatic } from "./apt-records.ts";

interface DebFile {
  readonly name: string;
  readonly version: string;
  /** What is installed of that package, beside the file's version. */
  readonly installed: "none" | "earlier" | "same" | "later";
  /** Whether what is installed came along with other packages. */
  readonly automatic: boolean;
}

/** The package in a file, by its path on the host; undefined where there is no such file. */
export const debFile = defineFact<string, DebFile | undefined>({
  name: "deb.file",
  about: "world", // the file may be written anew, and packages come with others
  mostlyOwn: true,
  script: (paths) =>
    rawScript(`native=$(dpkg --print-architecture)
for path in ${sh`${paths}`.text}; do
  fields=$(dpkg-deb -W --showformat='\${Package} \${Version} \${Architecture}' "$path" 2>/dev/null) || { echo; continue; }
  IFS=' ' read -r name version architecture <<END
$fields
END
  now=$(dpkg-query -W -f '\${db:Status-Abbrev}|\${Architecture}|\${Version}\n' -- "$name" 2>/dev/null |
    while IFS='|' read -r status installed version; do
      case $status in ?[iWt]*) ;; *) continue ;; esac
      case $installed in "$architecture" | all) echo "$version" ;; "$native") [ "$architecture" != all ] || echo "$version" ;; esac
    done)
  if [ -z "$now" ]; then state=none
  elif dpkg --compare-versions "$now" lt "$version"; then state=earlier
  elif dpkg --compare-versions "$now" gt "$version"; then state=later
  else state=same
  fi
  [ "$architecture" != all ] || architecture=$native
  case $(${printAutomatic(rawScript('"$name"')).text}) in *":$architecture"*) mark=automatic ;; *) mark=manual ;; esac
  printf '%s\\t%s\\t%s\\t%s\\n' "$name" "$version" "$state" "$mark"
done`),
  parse(stdout, paths) {
    const answers = stdout.toString().split("\n");
    return new Map(paths.map((path, index) => [path, asDebFile(answers[index] ?? "")]));
  },
});

function asDebFile(line: string): DebFile | undefined {
  const [name, version, state, mark] = line.split("\t");
  const installed = (["none", "earlier", "same", "later"] as const).find((one) => one === state);
  return name && version && installed
    ? { name, version, installed, automatic: mark === "automatic" }
    : undefined;
}
