/** What is asked of apt, by a stand-in for it. */
import { describe, expect, it } from "vitest";
import { type Upgrade, upgradablePackages } from "../../src/facts/package-lists.ts";
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
