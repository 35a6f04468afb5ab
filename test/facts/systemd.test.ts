import { describe, expect, it } from "vitest";
import { unit, unitName } from "../../src/facts/systemd.ts";
import { parsed } from "./parsed.ts";

/** What `systemctl show` of systemd 252 prints for these names, in this order. */
const shown = `Id=mariadb.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
DropInPaths=/etc/systemd/system/mariadb.service.d/migrated-from-my.cnf-settings.conf
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

Id=crashing.service
LoadState=loaded
ActiveState=activating
UnitFileState=static
DropInPaths=/etc/systemd/system/crashing.service.d/a.conf
NeedDaemonReload=no

Id=worker@1.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
DropInPaths=
NeedDaemonReload=no

Type=oneshot
RemainAfterExit=no
Id=backup.service
LoadState=loaded
ActiveState=inactive
UnitFileState=static
NeedDaemonReload=no

Type=oneshot
RemainAfterExit=yes
Id=rules.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=no

== drop-ins
/etc/systemd/system/crashing.service.d/a.conf
/run/systemd/system/worker@.service.d/b.conf
`;

describe("systemd's units", () => {
  it("are told by their place, whatever name they answer under", () => {
    const names = [
      "mysql.service",
      "nosuch.service",
      "nginx.service",
      "apache2.service",
      "crashing.service",
      "worker@1.service",
      "backup.service",
      "rules.service",
    ];
    const units = parsed(unit, names, shown);
    expect(names.map((name) => units.get(name))).toEqual([
      {
        id: "mariadb.service",
        load: "loaded",
        active: "active",
        oneshot: false,
        file: "enabled",
        stale: false,
      },
      { id: "nosuch.service", load: "not-found", active: "inactive", oneshot: false, file: "", stale: false },
      { id: "nginx.service", load: "loaded", active: "active", oneshot: false, file: "enabled", stale: true },
      {
        id: "apache2.service",
        load: "masked",
        active: "inactive",
        oneshot: false,
        file: "masked",
        stale: false,
      },
      {
        id: "crashing.service",
        load: "loaded",
        active: "between",
        oneshot: false,
        file: "static",
        stale: false,
      },
      {
        id: "worker@1.service",
        load: "loaded",
        active: "active",
        oneshot: false,
        file: "enabled",
        stale: true,
      },
      {
        id: "backup.service",
        load: "loaded",
        active: "inactive",
        oneshot: true,
        file: "static",
        stale: false,
      },
      {
        id: "rules.service",
        load: "loaded",
        active: "active",
        oneshot: false,
        file: "enabled",
        stale: false,
      },
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
