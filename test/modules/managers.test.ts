import { describe, expect, it } from "vitest";
import { file } from "../../src/facts/files.ts";
import { packageManager, serviceManager } from "../../src/facts/managers.ts";
import { unit } from "../../src/facts/systemd.ts";
import { unitInstall } from "../../src/facts/unit-install.ts";
import { packages } from "../../src/modules/packages/packages.ts";
import { service } from "../../src/modules/services/service.ts";
import { systemd } from "../../src/modules/services/systemd.ts";
import { planTask } from "../../src/testing/index.ts";

const stopped = {
  id: "nginx.service",
  load: "loaded",
  file: "disabled",
  active: "inactive",
  stale: false,
  oneshot: false,
} as const;

describe("service", () => {
  it("does what systemd does where that manages the services", async () => {
    const enabling = [
      unitInstall.is("nginx.service", { links: ["multi-user.target.wants/nginx.service"], also: [] }),
      file.is("/etc/init.d/nginx", { type: "absent" }),
    ];
    const facts = [serviceManager.is("", "systemd"), unit.is("nginx.service", stopped), ...enabling];
    const wanted = { name: "nginx", state: "started", enabled: true } as const;
    const by = await planTask(service(wanted), { facts });
    expect(by).toEqual(await planTask(systemd(wanted), { facts }));
    expect(by.changes.map(({ what }) => what)).toEqual(["enabled", "started"]);
  });

  it.each([
    ["openrc", "services of this host are managed by openrc"],
    ["", "services of this host are managed by nothing that is known here"],
  ] as const)("says so where %j manages them", async (manager, message) => {
    const task = service({ name: "nginx", state: "started" });
    await expect(planTask(task, { facts: [serviceManager.is("", manager)] })).rejects.toThrow(message);
  });
});

describe("packages", () => {
  it.each([
    ["dnf", "this host's packages are managed by dnf"],
    ["", "this host has no package manager that is known here"],
  ] as const)("says so where %j manages them", async (manager, message) => {
    const task = packages({ name: "curl" });
    await expect(planTask(task, { facts: [packageManager.is("", manager)] })).rejects.toThrow(message);
  });
});
