/** What is asked of systemctl, by a stand-in for it: this machine need not be run by systemd. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { unit } from "../../src/facts/systemd.ts";
import { readHere } from "./parsed.ts";
import { shellWith } from "./stub-commands.ts";

/** Knows the states of unit files by the units' names, and notes whom is-enabled is asked about. */
const systemctl = `#!/bin/sh
verb=$1
while [ "$1" != -- ]; do shift; done
shift
if [ "$verb" = is-enabled ]; then
  echo "$1" >>"$ASKED"
  case $1 in
  on.service) echo "on.service is not a native service" >&2; echo enabled ;;
  off.service) cat; echo disabled; exit 1 ;;
  mnt.mount) echo generated ;;
  esac
  exit
fi
for name; do
  case $name in native.service) file=static ;; *) file=generated ;; esac
  case $name in alias.service) name=on.service ;; esac
  printf 'Type=forking\nId=%s\nLoadState=loaded\nActiveState=active\nUnitFileState=%s\nDropInPaths=\n\n' "$name" "$file"
done`;

describe("a unit that a generator made", () => {
  const shell = shellWith({ systemctl });
  const directory = mkdtempSync(join(tmpdir(), "systemctl-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const asked = join(directory, "asked");
  const read = (names: readonly string[]) => readHere(unit, names, ["env", `ASKED=${asked}`, ...shell]);

  it("is enabled if the links to its init script say so, and is the only one that is asked for by itself", () => {
    expect(read(["native.service"]).get("native.service")?.file).toBe("static");
    expect(existsSync(asked)).toBe(false);
    const names = ["native.service", "on.service", "off.service", "mnt.mount", "alias.service"];
    const units = read(names);
    expect(names.map((name) => [name, units.get(name)?.file, units.get(name)?.generated])).toEqual([
      ["native.service", "static", undefined],
      ["on.service", "enabled", true],
      ["off.service", "disabled", true],
      ["mnt.mount", "generated", true],
      ["alias.service", "enabled", true],
    ]);
    expect(readFileSync(asked, "utf8")).toBe("on.service\noff.service\nmnt.mount\non.service\n");
  });
});
