/** What APT was to install when it was cut off: from its own record of what it does. */
import { rawScript } from "../core/base/script.ts";
import { defineFact } from "../core/facts/fact.ts";

/**
 * The packages that an installation which was cut off was to bring along (dependencies and recommended ones), and has
 * not. Whoever asks APT again for a package gets its dependencies, but not what the package recommends, once it is
 * unpacked. An entry of history.log without an End-Date is of an installation that was cut off, unless it still runs.
 * What was asked for by its name is left to whoever asks again: it may have been a file.
 */
export const cutOffInstallation = defineFact<"", readonly string[]>({
  name: "apt.cutOff",
  script: () =>
    rawScript(`list=$(awk '/^Start-Date:/ { open = 1; list = "" } /^Install:/ { list = $0 } /^End-Date:/ { open = 0 }
END { if (open) print list }' /var/log/apt/history.log 2>/dev/null)
[ "$list" ] || exit 0
for process in /proc/[0-9]*; do
  { read -r name <"$process/comm"; } 2>/dev/null || continue
  case $name in dpkg | apt | apt-get | aptitude) exit 0 ;; esac
done
printf '%s\\n' "$list"
dpkg --print-architecture
dpkg-query -W -f '\${db:Status-Status} \${Package} \${Architecture}\\n'`),
  parse(stdout, keys) {
    const [list = "", architecture = "", ...rows] = stdout.toString().trim().split("\n");
    const installed = new Set(
      rows.map((row) => {
        const [status, name, of] = row.split(" ");
        return status === "installed" ? `${name}:${of === "all" ? architecture : of}` : "";
      }),
    );
    const automatic = [...list.matchAll(/(\S+) \([^)]*, automatic\)/g)].map(([, name = ""]) => name);
    const lacking = automatic.filter((name) => !installed.has(name));
    return new Map(keys.map((key) => [key, lacking]));
  },
});
