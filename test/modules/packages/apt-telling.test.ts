import { describe, expect, it } from "vitest";
import { tellingMark } from "../../../src/base/telling.ts";
import { play } from "../../../src/core/plays/play.ts";
import { apt } from "../../../src/modules/packages/apt.ts";
import { toldBy } from "../../../src/modules/packages/apt-telling.ts";
import { FakeSwitches, runOn } from "../../core/harness.ts";

describe("what apt tells as it begins", () => {
  it("is what comes: new, from another version, over configuration that is left, for another architecture", () => {
    const lines = [
      "own amd64",
      "libpsl5 - - none < 0.21.2-1 amd64 same /var/cache/apt/archives/libpsl5_0.21.2-1_amd64.deb",
      "libpsl5 - - none < 0.21.2-1 amd64 same **CONFIGURE**",
      "curl 7.88.1-9 amd64 foreign < 7.88.1-10 amd64 foreign /var/cache/apt/archives/curl_7.88.1-10_amd64.deb",
      "curl 7.88.1-9 amd64 foreign < 7.88.1-10 amd64 foreign **CONFIGURE**",
      "tool 2 all none > 1 all none /srv/with a space/tool_1_all.deb",
      "cron - - none < 3.0pl1-162 amd64 none /var/cache/apt/archives/cron_3.0pl1-162_amd64.deb",
      "libc6 - - none < 2.36-9 i386 same /var/cache/apt/archives/libc6_2.36-9_i386.deb",
      "left cron:amd64",
      "left other:amd64",
    ];
    expect(toldBy(lines, ["curl"])).toEqual({
      comes: [
        { name: "libpsl5", from: undefined, to: "0.21.2-1" },
        { name: "curl", from: "7.88.1-9", to: "7.88.1-10" },
        { name: "tool", from: "2", to: "1" },
        { name: "cron", from: undefined, to: "3.0pl1-162", hasConfiguration: true },
        { name: "libc6:i386", from: undefined, to: "2.36-9" },
      ],
      goes: [],
      finishes: false,
    });
  });

  it("is what goes, and whether that was named", () => {
    const lines = [
      "own amd64",
      "tool 2.1 all none > - - none **REMOVE**",
      "lib 1 amd64 same > - - none **REMOVE**",
    ];
    expect(toldBy(lines, ["lib"])).toEqual({
      comes: [],
      goes: [
        { name: "tool", version: "2.1", named: false },
        { name: "lib", version: "1", named: true },
      ],
      finishes: false,
    });
  });

  it.each([
    ["is configured at last", "lib 1 amd64 same = 1 amd64 same **CONFIGURE**"],
    ["is unpacked once more", "lib 1 amd64 same = 1 amd64 same /var/cache/apt/archives/lib_1_amd64.deb"],
  ])("is that a package %s", (_, line) => {
    expect(toldBy(["own amd64", line], ["lib"])).toEqual({ comes: [], goes: [], finishes: true });
  });

  it("is nothing where apt finds nothing to do", () => {
    expect(toldBy([], ["lib"])).toEqual({ comes: [], goes: [], finishes: false });
  });

  it("is read in a time that grows with its length, whatever a host says", () => {
    const odd = ["own amd64", ...Array.from({ length: 20_000 }, (_, at) => `left ${at} = < ** - - ${at}`)];
    const started = performance.now();
    toldBy(odd, ["lib"]);
    toldBy([odd.join(" ")], ["lib"]);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

/** A host without curl: its apt answers as bookworm's does. */
class WithoutCurl extends FakeSwitches {
  override respond(script: string) {
    if (script.includes("apt-cache"))
      return { stdout: "amd64\ncurl:\n  Installed: (none)\n  Candidate: 8\n== provided\n== end\n" };
    if (script.includes("-y -q"))
      return { stderr: `${tellingMark}own amd64\n${tellingMark}curl - - none < 8 amd64 none /curl.deb\n` };
    if (script.includes("dpkg-query")) return { stdout: "ii \tdpkg\tamd64\t1\n\n== automatic\n" };
    return { stdout: "" };
  }
}

it("needs no dry run before an installation", async () => {
  const a = new WithoutCurl();
  const { of } = await runOn({ a }, [play("p", { hosts: "all" }, { one: () => apt({ name: "curl" }) })]);
  expect(of("task:end")[0]).toMatchObject({
    status: "changed",
    changes: [{ what: "install curl", after: "curl 8" }],
  });
  expect(a.connection.scripts.filter((script) => script.includes("simulate"))).toEqual([]);
});
