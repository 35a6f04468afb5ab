/** How package lists are fetched, by a stand-in for apt-get. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { updateLists } from "../../../src/modules/packages/apt-get.ts";
import { shellWith } from "../../facts/stub-commands.ts";

const directory = mkdtempSync(join(tmpdir(), "apt-get-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Its lock is free at the third try. */
const [command = "sh", ...words] = shellWith({
  "apt-get": `#!/bin/sh
echo tried >>"$TRIES"
[ $(grep -c . "$TRIES") -lt 3 ] || exit 0
case \${LC_ALL:-$LANG} in
C) echo "E: Could not get lock /var/lib/apt/lists/lock" >&2 ;;
*) echo "E: Konnte Sperre /var/lib/apt/lists/lock nicht bekommen" >&2 ;;
esac
exit 100`,
  sleep: "#!/bin/sh",
  touch: "#!/bin/sh",
});

function run(lockTimeout: number, name: string) {
  const TRIES = join(directory, name);
  const { status, stderr } = spawnSync(command, [...words, "-c", updateLists(lockTimeout).text], {
    env: { ...process.env, LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8", TRIES },
  });
  const tries = existsSync(TRIES) ? readFileSync(TRIES, "utf8").trim().split("\n").length : 0;
  return { status, tries, said: stderr.toString() };
}

describe("package lists that another apt fetches", () => {
  it("are waited for, on a host of whatever language", () => {
    expect(run(60, "patient")).toEqual({ status: 0, tries: 3, said: "" });
  });

  it("are waited for as long as was said, and then apt's reason is told", () => {
    expect(run(3, "hurried")).toMatchObject({ status: 100, tries: 2, said: expect.stringContaining("lock") });
  });
});
