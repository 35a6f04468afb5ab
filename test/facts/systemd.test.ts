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

  const etc = "/etc/systemd/system";
  const run = "/run/systemd/system";
  it.each([
    ["one that is loaded", `${etc}/w@1.service.d/a.conf`, [`${etc}/w@1.service.d/a.conf`], false],
    ["one that came", `${etc}/w@1.service.d/b.conf`, [`${etc}/w@1.service.d/a.conf`], true],
    ["one that a stronger one hides", `${run}/w@1.service.d/a.conf`, [`${etc}/w@1.service.d/a.conf`], false],
    [
      "a template's that a stronger one hides",
      `${run}/w@.service.d/a.conf`,
      [`${etc}/w@.service.d/a.conf`],
      false,
    ],
    [
      "a template's that the unit's own hides",
      `${etc}/w@.service.d/a.conf`,
      [`${etc}/w@1.service.d/a.conf`],
      false,
    ],
    [
      "the unit's own that a stronger folder's hides",
      `${run}/w@1.service.d/a.conf`,
      [`${etc}/w@.service.d/a.conf`],
      false,
    ],
    ["one that came over a weaker one", `${etc}/w@1.service.d/a.conf`, [`${run}/w@1.service.d/a.conf`], true],
    [
      "one that came over a package's",
      `${etc}/w@1.service.d/a.conf`,
      ["/lib/systemd/system/w@1.service.d/a.conf"],
      true,
    ],
    ["one that another unit's name begins", `${etc}/w@11.service.d/a.conf`, [], false],
  ])("are stale by drop-ins that systemd would load and has not: %s", (_, file, loaded, stale) => {
    const stdout = `Id=w@1.service\nLoadState=loaded\nDropInPaths=${loaded.join(" ")}\n\n== drop-ins\n${file}\n`;
    expect(parsed(unit, ["w@1.service"], stdout).get("w@1.service")?.stale).toBe(stale);
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
