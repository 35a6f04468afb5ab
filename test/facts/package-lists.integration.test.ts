/** What is asked of apt, by a stand-in for it. */
import { describe, expect, it } from "vitest";
import { packageOffer, type Upgrade, upgradablePackages } from "../../src/facts/package-lists.ts";
import { readHere } from "./parsed.ts";
import { shellWith } from "./stub-commands.ts";

describe("an upgrade", () => {
  const shell = shellWith({
    "apt-get": `#!/bin/sh
case $* in *Default-Release=bookworm-backports*) echo "Inst bash [5.2] (5.3 Backports [amd64])" ;; esac
case $* in *dist-upgrade) echo "Inst linux (6.1 Debian [amd64])" ;; esac`,
  });

  it("is simulated with the release that is to be preferred", () => {
    const keys: readonly Upgrade[] = [
      { reach: "safe", release: "" },
      { reach: "safe", release: "bookworm-backports" },
      { reach: "full", release: "bookworm-backports" },
    ];
    const found = readHere(upgradablePackages, keys, shell);
    expect(keys.map((key) => found.get(key))).toEqual([[], ["bash 5.3"], ["bash 5.3", "linux 6.1"]]);
  });
});

describe("an offer", () => {
  const keys = [{ name: "bash", release: "" }];
  const dpkg = "#!/bin/sh\necho amd64";

  it("is asked for again where another apt at work has put the cache out of sync", () => {
    const shell = shellWith({
      dpkg,
      "apt-cache": `#!/bin/sh
if mkdir "$(dirname "$0")/asked" 2>/dev/null; then echo "E: Cache is out of sync" >&2; exit 100; fi
printf '%s\\n' bash: '  Candidate: 5.2' '  Version table:' '     5.2 500'`,
    });
    expect(readHere(packageOffer, keys, shell)).toEqual(
      new Map([[keys[0], { kind: "package", version: "5.2", versions: ["5.2"] }]]),
    );
  });

  it("fails with what apt says in the end", () => {
    const shell = shellWith({ dpkg, "apt-cache": "#!/bin/sh\necho 'E: Malformed entry' >&2; exit 100" });
    expect(() => readHere(packageOffer, keys, shell)).toThrow(/^status 100: E: Malformed entry\n$/);
  });
});
