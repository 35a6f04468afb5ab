import { describe, expect, it } from "vitest";
import { file } from "../../../src/facts/files.ts";
import { type UnitState, unit } from "../../../src/facts/systemd.ts";
import { unitInstall } from "../../../src/facts/unit-install.ts";
import { systemd } from "../../../src/modules/services/systemd.ts";
import { idempotenceLaw, planTask } from "../../../src/testing/plan.ts";

const id = "nginx.service";
const running: UnitState = {
  id,
  load: "loaded",
  active: "active",
  oneshot: false,
  file: "enabled",
  stale: false,
};
const stopped: UnitState = { ...running, active: "inactive", file: "disabled" };
const missing: UnitState = {
  id,
  load: "not-found",
  active: "inactive",
  oneshot: false,
  file: "",
  stale: false,
};
const masked: UnitState = { ...stopped, load: "masked", file: "masked" };

type Params = Omit<Parameters<typeof systemd>[0], "name">;

const folders = ["/etc/systemd/system", "/run/systemd/system"] as const;
/** What stands where links to unit files stand, by the folder. */
const links = (targets: Readonly<Record<string, string>>) =>
  folders.map((folder) => {
    const target = targets[folder];
    return file.is(
      `${folder}/${id}`,
      target === undefined ? { type: "absent" } : { type: "link", target, owner: "root", group: "root" },
    );
  });

/** What enabling these services makes; none of them has an init script. */
const installs = ["nginx", "mariadb", "ssh"].flatMap((name) => [
  unitInstall.is(`${name}.service`, { links: [`multi-user.target.wants/${name}.service`], also: [] }),
  file.is(`/etc/init.d/${name}`, { type: "absent" }),
]);

const cases: readonly [
  name: string,
  params: Params,
  now: UnitState,
  changes: readonly string[],
  after?: UnitState,
][] = [
  ["leaves a running unit alone", { state: "started", enabled: true }, running, []],
  ["starts and enables", { state: "started", enabled: true }, stopped, ["enabled", "started"], running],
  [
    "starts what waits to be started again",
    { state: "started" },
    { ...running, active: "between" },
    ["started"],
    running,
  ],
  [
    "runs a unit that does its work and ends, each time anew",
    { state: "started" },
    { ...stopped, oneshot: true },
    ["started"],
    { ...stopped, oneshot: true },
  ],
  ["stops and disables", { state: "stopped", enabled: false }, running, ["disabled", "stopped"], stopped],
  [
    "stops what waits to be started again",
    { state: "stopped" },
    { ...stopped, active: "between" },
    ["stopped"],
    stopped,
  ],
  [
    "masks what is not there, with its state",
    { masked: true, state: "stopped" },
    missing,
    ["masked"],
    { ...missing, load: "masked", file: "masked" },
  ],
  [
    "enables the units through which it is enabled",
    { enabled: true },
    { ...stopped, also: ["nginx.socket"] },
    ["enabled"],
    { ...stopped, file: "enabled", also: ["nginx.socket"] },
  ],
  [
    "enables what is enabled in part",
    { enabled: true },
    { ...stopped, file: "indirect", also: ["a.socket", "b.socket"] },
    ["enabled"],
    { ...stopped, file: "enabled", also: ["a.socket", "b.socket"] },
  ],
  [
    "disables what is enabled in part",
    { enabled: false },
    { ...stopped, file: "indirect", also: ["a.socket", "b.socket"] },
    ["disabled"],
    { ...stopped, also: ["a.socket", "b.socket"] },
  ],
  [
    "disables what is enabled until the next boot",
    { enabled: false },
    { ...running, file: "enabled-runtime" },
    ["disabled"],
    { ...running, file: "disabled" },
  ],
  [
    "masks for good what is masked until the next boot",
    { masked: true },
    { ...masked, file: "masked-runtime" },
    ["masked"],
    masked,
  ],
  [
    "has nothing to disable in a unit that nothing can enable",
    { enabled: false },
    { ...running, file: "static" },
    [],
  ],
  [
    "enables an init script that is disabled",
    { enabled: true },
    { ...running, file: "disabled", generated: true },
    ["enabled"],
    { ...running, generated: true },
  ],
  [
    "disables an init script that is enabled",
    { enabled: false },
    { ...running, generated: true },
    ["disabled"],
    { ...running, file: "disabled", generated: true },
  ],
  [
    "enables for good what is enabled until the next boot",
    { enabled: true },
    { ...running, file: "enabled-runtime" },
    ["enabled"],
    running,
  ],
  ["masks", { state: "stopped", masked: true }, stopped, ["masked"], masked],
  [
    "masks what is not there yet",
    { masked: true },
    missing,
    ["masked"],
    { ...missing, load: "masked", file: "masked" },
  ],
  [
    "reads an altered unit file",
    { daemonReload: true },
    { ...running, stale: true },
    ["daemon-reload"],
    running,
  ],
  [
    "has systemd read an altered unit file before it starts it",
    { state: "started" },
    { ...stopped, stale: true },
    ["started"],
    { ...stopped, active: "active" },
  ],
];

const unitFile = `/etc/systemd/system/${id}`;

describe("systemd", () => {
  it("masks no unit whose file lies where the mask would, and stops none for it", async () => {
    const own = { type: "file", mode: "0644", owner: "root", group: "root" } as const;
    const facts = [unit.is(id, running), file.is(unitFile, own)];
    await expect(
      planTask(systemd({ name: "nginx", masked: true, state: "stopped" }), { facts }),
    ).rejects.toThrow("nginx.service can't be masked: /etc/systemd/system/nginx.service is its unit file");
  });

  it.each(cases)("%s", async (_, params, now, changes, after) => {
    const task = () => systemd({ name: "nginx", ...params });
    const facts = [unit.is(id, now), ...installs, ...links({}), file.is(unitFile, { type: "absent" })];
    const planned = await planTask(task(), { facts });
    expect(planned.changes.map(({ what }) => what)).toEqual(changes);
    expect(planned.value).toEqual({ unit: id });
    const units = planned.changes.at(-1)?.sets.filter(({ fact }) => fact === unit.name);
    expect(units).toEqual(after && [unit.is(id, after)]);
    // what ends by itself is there to be run again
    if (!now.oneshot) await idempotenceLaw(task(), { facts });
  });

  it.each([
    ["restarted", running, "restarted"],
    ["restarted", stopped, "restarted"],
    ["reloaded", running, "reloaded"],
    ["reloaded", stopped, "started"],
  ] as const)("acts on %s every time", async (state, now, change) => {
    const { changes } = await planTask(systemd({ name: "nginx", state }), { facts: [unit.is(id, now)] });
    expect(changes.map(({ what }) => what)).toEqual([change]);
    expect(changes[0]?.touches).toContain("services");
  });

  it.each([
    [{ [folders[0]]: "/opt/app/nginx.service" }, "linked", true],
    [{ [folders[1]]: "../../../opt/app/nginx.service" }, "linked-runtime", true],
    [{ [folders[0]]: "/opt/app/nginx.service", [folders[1]]: "/opt/app/nginx.service" }, "linked", true],
    // an instance of a template that is linked, and a mask
    [{ [folders[0]]: "/opt/app/nginx@.service" }, "disabled", false],
    [{ [folders[1]]: "/dev/null" }, "disabled", false],
  ] as const)("disables a unit that is linked, and leaves it linked: %j", async (targets, after, keeps) => {
    const facts = [unit.is(id, running), ...installs, ...links(targets)];
    const task = () => systemd({ name: "nginx", enabled: false });
    const { changes } = await planTask(task(), { facts });
    expect(changes.map(({ sets }) => sets)).toEqual([[unit.is(id, { ...running, file: after })]]);
    const action = changes[0]?.action;
    const script = action?.kind === "script" ? action.script.text : "";
    // there is no moment in which the unit is not linked
    expect(script.includes("systemctl disable")).toBe(!keeps);
    for (const folder of folders) expect(script.includes(`! -path ${folder}/${id}`)).toBe(keeps);
    await idempotenceLaw(task(), { facts });
    const linked = [unit.is(id, { ...running, file: after }), ...installs, ...links(targets)];
    expect((await planTask(task(), { facts: linked })).changes).toEqual([]);
    const enabling = await planTask(systemd({ name: "nginx", enabled: true }), { facts: linked });
    expect(enabling.changes.map(({ what }) => what)).toEqual(["enabled"]);
  });

  it("names a unit that is not there, or is masked", async () => {
    const task = () => systemd({ name: "nginx", state: "started" });
    await expect(planTask(task(), { facts: [unit.is(id, missing)] })).rejects.toThrow(
      "there is no unit nginx.service",
    );
    await expect(planTask(task(), { facts: [unit.is(id, masked)] })).rejects.toThrow("is masked");
    for (const params of [{ state: "stopped" }, { enabled: false }] as const)
      await expect(
        planTask(systemd({ name: "nginx", ...params }), { facts: [unit.is(id, missing)] }),
      ).rejects.toThrow("there is no unit nginx.service");
  });

  it.each([
    ["static", "has no section [Install]"],
    ["transient", "gone with the next boot"],
    ["bad", "is invalid"],
    ["", "has no unit file"],
  ])("refuses to enable a unit that is %j", async (file, reason) => {
    const task = systemd({ name: "nginx", enabled: true });
    await expect(planTask(task, { facts: [unit.is(id, { ...running, file })] })).rejects.toMatchObject({
      message: expect.stringMatching(`nginx.service can't be enabled: .*${reason.replace(/[[\]]/g, "\\$&")}`),
      hint: expect.stringContaining("WantedBy"),
    });
  });

  it("changes an alias under its own name", async () => {
    const facts = [unit.is("mysql.service", { ...stopped, id: "mariadb.service" }), ...installs];
    const { changes } = await planTask(systemd({ name: "mysql", enabled: true }), { facts });
    expect(changes[0]?.sets).toEqual([
      unit.is("mariadb.service", { ...stopped, id: "mariadb.service", file: "enabled" }),
    ]);
    expect(changes[0]?.touches).toContainEqual(unit.of("mysql.service"));
  });

  it("finds a unit by an alias that it has once it is enabled", async () => {
    const sshd: UnitState = { ...missing, id: "sshd.service", aliasOf: "ssh.service" };
    const ssh = unit.is("ssh.service", { ...stopped, id: "ssh.service" });
    const facts = [unit.is("sshd.service", sshd), ssh, ...installs];
    const off = await planTask(systemd({ name: "sshd", state: "stopped", enabled: false }), { facts });
    expect(off).toMatchObject({ changes: [], value: { unit: "sshd.service" } });
    const { changes } = await planTask(systemd({ name: "sshd", enabled: true }), { facts });
    expect(changes[0]?.action).toMatchObject({ script: { text: "systemctl enable -- ssh.service" } });
  });

  it.each([
    [{ name: "nginx" }, "there is nothing to do"],
    [{ name: "nginx", masked: true, state: "started" }, "masked unit can't"],
    [{ name: "worker@", state: "started" }, "is a template"],
    [{ name: "ngin*", state: "started" }, "name"],
    [{ name: "nginx", state: "running" }, "started"],
  ])("refuses %j", (params, message) => {
    expect(() => systemd.fromData(params)).toThrow(message);
  });
});
