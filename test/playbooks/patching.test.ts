import { describe, expect, it } from "vitest";
import { upgradePlan } from "../../playbooks/parts/patching.ts";

/** What apt printed on Debian hosts. */
function planOf(said: string, status = 0, journal = "") {
  const { source } = upgradePlan;
  if (!("parse" in source)) throw new Error("the plan is read by no script");
  return source.parse(Buffer.from(`${said}\n== status ${status}\n${journal}`), [""]).get("");
}

describe("the plan of an upgrade", () => {
  it.each([
    ["nothing is newer", "Calculating upgrade...\n0 upgraded, 0 newly installed\n", false],
    ["a package is newer", "Inst curl [7] (8 Debian:12 [amd64])\nConf curl (8 Debian:12 [amd64])\n", true],
    [
      "a package was left half-configured",
      "1 not fully installed or removed.\nConf curl (8 Debian:12)\n",
      true,
    ],
  ])("where %s", (_, said, isDue) => {
    expect(planOf(said)).toEqual({ isDue, refusal: undefined });
  });

  it("is refused where a package would be removed, or where apt refuses", () => {
    expect(planOf("Remv tool [1]\nRemv lib [2]\nInst foe (1)\n")).toEqual({
      isDue: true,
      refusal: "apt would remove tool, lib",
    });
    const unmet = "E: Unmet dependencies. Try 'apt --fix-broken install'.\n";
    expect(planOf(unmet, 100)).toEqual({
      isDue: true,
      refusal: "Unmet dependencies. Try 'apt --fix-broken install'.",
    });
  });

  it("is not known before dpkg has finished what it was cut off in", () => {
    expect(planOf("E: Unmet dependencies.\n", 100, "0001\n")).toEqual({ isDue: true, refusal: undefined });
  });
});
