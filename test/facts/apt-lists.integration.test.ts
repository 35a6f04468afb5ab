/** What is asked of apt, by a stand-in for it. */
import { describe, expect, it } from "vitest";
import { aptOffer } from "../../src/facts/apt-lists.ts";
import { type AptCommand, aptSimulation } from "../../src/facts/apt-simulation.ts";
import { readHere } from "./parsed.ts";
import { shellWith } from "./stub-commands.ts";

describe("a dry run", () => {
  it("is of the very command, with its options, and needs no lock", () => {
    const shell = shellWith({
      dpkg: "#!/bin/sh\necho amd64",
      "apt-get": `#!/bin/sh
case $* in --print-uris*Debug::NoLocking=1*"-t bookworm-backports upgrade")
  printf 'The following packages will be upgraded:\\n   bash (5.2 => 5.3)\\n' ;;
--print-uris*"install -- linux") printf 'The following NEW packages will be installed:\\n   linux (6.1)\\n' ;;
esac`,
    });
    const keys: readonly AptCommand[] = [
      { command: "upgrade", options: [], names: [] },
      { command: "upgrade", options: ["-t", "bookworm-backports"], names: [] },
      { command: "install", options: [], names: ["linux"] },
    ];
    const found = readHere(aptSimulation, keys, shell);
    expect(keys.map((key) => found.get(key)?.comes.map(({ name }) => name))).toEqual([
      [],
      ["bash"],
      ["linux"],
    ]);
  });

  it("is made again where another apt at work has put the cache out of sync, and not where apt refuses", () => {
    const asked: AptCommand = { command: "install", options: [], names: ["linux"] };
    const shell = shellWith({
      dpkg: "#!/bin/sh\necho amd64",
      sleep: "#!/bin/sh",
      "apt-get": `#!/bin/sh
if mkdir "$(dirname "$0")/asked" 2>/dev/null; then echo "E: Cache is out of sync" >&2; exit 100; fi
if mkdir "$(dirname "$0")/again" 2>/dev/null; then echo "E: Unable to locate package linux" >&2; exit 100; fi
echo "asked too often"`,
    });
    expect(readHere(aptSimulation, [asked], shell).get(asked)?.refusal).toBe(
      "Unable to locate package linux",
    );
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
    expect(readHere(aptOffer, keys, shell)).toEqual(
      new Map([[keys[0], { kind: "package", version: "5.2", versions: ["5.2"] }]]),
    );
  });

  it("fails with what apt says in the end", () => {
    const shell = shellWith({ dpkg, "apt-cache": "#!/bin/sh\necho 'E: Malformed entry' >&2; exit 100" });
    expect(() => readHere(aptOffer, keys, shell)).toThrow(/^status 100: E: Malformed entry\n$/);
  });
});
