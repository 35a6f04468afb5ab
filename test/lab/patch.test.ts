/** What the playbook `patch` does to one host: newer packages of a repository of its own, and reboots. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { patchHost } from "../../playbooks/parts/patch-host.ts";
import { takeReads } from "../../playbooks/parts/reads.ts";
import { serviceOf } from "../../roles/app/unit.ts";
import { copy, file, play, service, systemdUnit } from "../../src/index.ts";
import { inventory } from "../../src/inventory/index.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { testLab } from "./support.ts";

const lab = testLab("srpatch", 165, ["one"]);
const inside = async (script: string) => (await runInside(lab.spec, "one", ["sh", "-c", script])).trim();
const site = inventory({
  hosts: { one: { address: lab.settings("one").address } },
  groups: { lb: { hosts: [] }, web: { hosts: [] }, app: { hosts: [] } },
});
const patch = (check = false) =>
  lab.run(
    [
      play(
        "patch",
        { hosts: "one", become: true },
        { patch: ({ host, inventory }) => patchHost(host, { inventory, check, allowOutage: false }) },
      ),
    ],
    { inventory: site, check },
  );
const boot = () => inside("cat /proc/sys/kernel/random/boot_id");
const version = () => inside("dpkg-query -W -f '${db:Status-Abbrev}${Version}' probe");

/** `package VERSION DEPENDS SCRIPT` makes a package, which the repository has. */
const repository = `set -e
mkdir /srv/repository; cd /srv/repository
package() {
  rm -rf files; mkdir -p files/DEBIAN
  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nDepends: %s\\nMaintainer: a <a@example.org>\\nDescription: probe\\n' "$1" "$2" "$3" >files/DEBIAN/control
  printf '#!/bin/sh\\n%s\\n' "$4" >files/DEBIAN/postinst; chmod 755 files/DEBIAN/postinst
  dpkg-deb -b files "$1_$2.deb" >/dev/null
}
package probe 1 base-files :
package probe 2 base-files '[ -e /srv/was-killed ] || { touch /srv/was-killed; kill -9 $PPID; }'
package broken 1 nowhere :
dpkg -i probe_1.deb
{ cat files/DEBIAN/control | sed -e 's/broken/probe/' -e 's/nowhere/base-files/' -e 's/Version: 1/Version: 2/'
  printf 'Filename: ./probe_2.deb\\nSize: %s\\nSHA256: %s\\n' $(stat -c %s probe_2.deb) $(sha256sum <probe_2.deb | cut -d' ' -f1)
} >Packages
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/repository ./' >/etc/apt/sources.list.d/own.list
apt-get -q update`;

beforeAll(async () => {
  await lab.up();
  await inside(repository);
}, 120_000);
afterAll(() => lab.down(), 60_000);

describe("the playbook patch", { timeout: 120_000 }, () => {
  it("leaves a host as it is where apt refuses the upgrade", async () => {
    await inside("touch /run/reboot-required; dpkg -i --force-depends /srv/repository/broken_1.deb");
    const before = await boot();
    const { errors, exitCode } = await patch();
    expect(exitCode).toBe(2);
    expect(errors.join()).toContain("one can't be upgraded, and was left as it is: Unmet dependencies");
    expect([await boot(), await version()]).toEqual([before, "ii 1"]);
    await inside("dpkg -r broken");
  });

  it("foretells an upgrade and a reboot, and does neither in a check", async () => {
    const before = await boot();
    const { statuses } = await patch(true);
    expect(statuses.filter((status) => status.endsWith(": changed"))).toHaveLength(2);
    expect([await boot(), await version()]).toEqual([before, "ii 1"]);
  });

  it("finishes what an upgrade that was killed has left, and reboots", async () => {
    const before = await boot();
    expect((await patch()).exitCode).toBe(2);
    expect(await version()).not.toBe("ii 2");
    expect(await boot()).toBe(before);
    expect((await patch()).errors).toEqual([]);
    expect(await version()).toBe("ii 2");
    expect(await boot()).not.toBe(before);
    const again = await patch();
    expect(again.errors).toEqual([]);
    expect(again.statuses.filter((status) => !status.endsWith(": ok"))).toEqual([]);
  });

  it("neither starts nor waits for an application that was ended", async () => {
    const { address } = lab.settings("one");
    const inventoryOfApp = inventory({
      hosts: { one: { address }, db1: { address: "10.165.0.31" }, db2: { address: "10.165.0.32" } },
      groups: {
        lb: { hosts: [] },
        web: { hosts: [] },
        app: { hosts: ["one"] },
        db_primary: { hosts: ["db1"] },
        db_replica: { hosts: ["db2"] },
      },
    });
    const { unit, install } = serviceOf({
      name: "guestbook",
      command: ["/bin/sleep", "infinity"],
      prepare: [],
      serviceSettings: {},
    });
    const { errors } = await lab.run(
      [
        play(
          "an application",
          { hosts: "one", become: true },
          {
            units: async ({ inventory, host }) => {
              await file({ path: "/srv/guestbook", state: "directory" });
              await file({ path: "/etc/guestbook", state: "directory" });
              await copy({ dest: "/etc/guestbook/environment", content: 'DB_REPLICA="10.165.0.32"\n' });
              await systemdUnit({
                name: "guestbook.service",
                unit,
                service: { ExecStart: "/bin/sleep infinity" },
                install,
              });
              await service({ name: "guestbook", state: "started", enabled: true });
              await copy({ dest: "/srv/guestbook/out-of-service", content: "maintenance\n" });
              await service({ name: "guestbook", state: "stopped" });
              for (const again of [1, 2]) await takeReads(inventory.host("db2"), inventory, `reason${again}`);
              await file({ path: "/run/reboot-required", state: "touch" });
              await patchHost(host, { inventory, check: false, allowOutage: true });
            },
          },
        ),
      ],
      { inventory: inventoryOfApp },
    );
    expect(errors).toEqual([]);
    expect(await inside("cat /etc/guestbook/environment")).toBe('DB_REPLICA="10.165.0.31"');
    expect(
      await inside(
        "systemctl is-active guestbook; systemctl is-enabled guestbook; ls /run/reboot-required 2>&1 || :",
      ),
    ).toMatch(/^inactive\nenabled\n.*No such file/);
  });

  it("says so where a reboot does not help", async () => {
    await inside("touch /boot/vmlinuz-$(uname -r) /boot/vmlinuz-999");
    const before = await boot();
    const { errors } = await patch();
    expect(errors.join()).toContain("one was rebooted, and still needs a reboot: kernel 999");
    expect(await boot()).not.toBe(before);
  });
});
