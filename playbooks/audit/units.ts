/** Which units run. */
import { defineFact, sh } from "showrunner";

/** The names of the services that run. Its one key is `""`. */
export const runningUnits = defineFact<string, readonly string[]>({
  name: "audit.running-units",
  about: "services",
  script: () => sh`systemctl list-units --type=service --state=running --plain --no-legend --no-pager`,
  parse(stdout, keys) {
    const names = stdout
      .toString()
      .split("\n")
      .flatMap((line) => line.split(" ", 1)[0] || []);
    return new Map(keys.map((key) => [key, names]));
  },
});
