import { describe, expect, it } from "vitest";
import { unit, unitName } from "../../src/facts/systemd.ts";
import { parsed } from "./parsed.ts";

/** What `systemctl show` of systemd 252 prints for these names, in this order. */
const shown = `LoadState=loaded
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=no

LoadState=not-found
ActiveState=inactive
UnitFileState=
NeedDaemonReload=no

LoadState=loaded
ActiveState=reloading
UnitFileState=enabled
NeedDaemonReload=yes

LoadState=masked
ActiveState=failed
UnitFileState=masked
NeedDaemonReload=no

LoadState=loaded
ActiveState=activating
UnitFileState=static
NeedDaemonReload=no
`;

describe("systemd's units", () => {
  it("are told by their place, whatever name they answer under", () => {
    const names = ["mysql.service", "nosuch.service", "nginx.service", "apache2.service", "crashing.service"];
    const units = parsed(unit, names, shown);
    expect(names.map((name) => units.get(name))).toEqual([
      { load: "loaded", active: "active", file: "enabled", stale: false },
      { load: "not-found", active: "inactive", file: "", stale: false },
      { load: "loaded", active: "active", file: "enabled", stale: true },
      { load: "masked", active: "inactive", file: "masked", stale: false },
      { load: "loaded", active: "between", file: "static", stale: false },
    ]);
  });

  it("are not guessed where systemctl answers for fewer than were asked", () => {
    expect(() => parsed(unit, ["a.service", "b.service"], "LoadState=loaded\n")).toThrow(
      "asked about 2 units",
    );
  });

  it("are services where the name says no kind", () => {
    expect(["nginx", "a.b", "backup.timer", "worker@1"].map(unitName)).toEqual([
      "nginx.service",
      "a.b.service",
      "backup.timer",
      "worker@1.service",
    ]);
  });
});
