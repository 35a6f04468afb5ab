import { describe, expect, it } from "vitest";
import { type FileState, file, fileContent } from "../../../src/facts/files.ts";
import { type UnitState, unit } from "../../../src/facts/systemd.ts";
import { unitInstall } from "../../../src/facts/unit-install.ts";
import { systemd } from "../../../src/modules/services/systemd.ts";
import { systemdUnit } from "../../../src/modules/services/systemd-unit.ts";
import { stateWhenNotEnabled } from "../../../src/modules/services/unit-file.ts";
import { idempotenceLaw, planTask } from "../../../src/testing/plan.ts";

const name = "app.service";
const path = "/etc/systemd/system/app.service";
const written: FileState = { type: "file", mode: "0644", owner: "root", group: "root" };
const missing: UnitState = {
  id: name,
  load: "not-found",
  active: "inactive",
  oneshot: false,
  file: "",
  stale: false,
};
const loaded: UnitState = {
  id: name,
  load: "loaded",
  active: "active",
  oneshot: false,
  file: "enabled",
  stale: false,
};
const sections = {
  unit: { Description: "An application", After: ["network-online.target", "mysql.service"] },
  service: { ExecStart: "/usr/bin/app", PrivateTmp: true, TimeoutStopSec: 5 },
  install: { WantedBy: "multi-user.target" },
};
const text = `[Unit]
Description=An application
After=network-online.target
After=mysql.service

[Service]
ExecStart=/usr/bin/app
PrivateTmp=yes
TimeoutStopSec=5

[Install]
WantedBy=multi-user.target
`;

const link = "multi-user.target.wants/app.service";
const facts = (state: FileState, content: string | undefined, now: UnitState) => [
  file.is(path, state),
  fileContent.is(path, content === undefined ? undefined : Buffer.from(content)),
  unit.is(name, now),
  unitInstall.is(name, now.load === "loaded" ? { links: [link], also: [] } : undefined),
  file.is("/etc/init.d/app", { type: "absent" }),
];
const present = () => systemdUnit({ name, ...sections });

describe("systemdUnit", () => {
  it("writes its sections and loads them, so that starting it is certain", async () => {
    const given = { facts: facts({ type: "absent" }, undefined, missing) };
    const { changes } = await planTask(present(), given);
    expect(changes.map(({ what, diff }) => [what, diff?.after])).toEqual([["content", text]]);
    const after = [...given.facts, ...changes.flatMap(({ sets }) => sets)];
    const start = await planTask(systemd({ name: "app", state: "started", enabled: true }), { facts: after });
    expect(start.changes.map(({ what }) => what)).toEqual(["enabled", "started"]);
    await idempotenceLaw(present(), given);
  });

  it.each([
    ["leaves what is right alone", facts(written, text, loaded), []],
    ["notices another content", facts(written, "[Unit]\n", loaded), ["content"]],
    ["notices another mode", facts({ ...written, mode: "0600" }, text, loaded), ["mode and owner"]],
    [
      "takes a mask away",
      facts({ type: "link", target: "/dev/null", owner: "root", group: "root" }, undefined, {
        ...missing,
        load: "masked",
        file: "masked",
      }),
      ["content"],
    ],
    [
      "has systemd load what an earlier run only wrote",
      facts(written, text, { ...loaded, stale: true }),
      ["daemon-reload"],
    ],
  ])("%s", async (_, given, changes) => {
    const planned = await planTask(present(), { facts: given });
    expect(planned.changes.map(({ what }) => what)).toEqual(changes);
    await idempotenceLaw(present(), { facts: given });
  });

  it("keeps an enabled unit enabled", async () => {
    const { changes } = await planTask(present(), { facts: facts(written, "[Unit]\n", loaded) });
    expect(changes[0]?.sets).toContainEqual(unit.is(name, loaded));
  });

  it("is not enabled by the links of the init script in whose place it comes", async () => {
    const given = facts({ type: "absent" }, undefined, { ...loaded, generated: true });
    const { changes } = await planTask(present(), { facts: given });
    expect(changes[0]?.sets).toContainEqual(unit.is(name, { ...loaded, file: "disabled" }));
  });

  it.each([
    ["[Service]\nType=oneshot\n", true],
    ["[Service]\nType = oneshot\nRemainAfterExit=true\n", false],
    ["[Service]\nType=oneshot\nType=simple\n", false],
    ["[Service]\nExecStart=/bin/true\n", false],
  ])("knows whether a unit of %j is inactive again once it has done its work", async (content, oneshot) => {
    const given = { facts: facts({ type: "absent" }, undefined, missing) };
    const { changes } = await planTask(systemdUnit({ name, content }), given);
    expect(changes[0]?.sets).toContainEqual(
      unit.is(name, { ...missing, load: "loaded", file: "static", oneshot }),
    );
  });

  it("stops and removes", async () => {
    const absent = () => systemdUnit({ name, state: "absent" });
    const given = { facts: facts(written, text, loaded) };
    const { changes } = await planTask(absent(), given);
    expect(changes.map(({ what }) => what)).toEqual(["stopped", "removed"]);
    expect(changes[1]?.touches).toContainEqual(
      file.of(
        ...["/etc", "/run"].flatMap((folder) => [
          `${folder}/systemd/system/multi-user.target.wants`,
          `${folder}/systemd/system/${link}`,
        ]),
      ),
    );
    await idempotenceLaw(absent(), given);
    const nothing = await planTask(absent(), { facts: facts({ type: "absent" }, undefined, missing) });
    expect(nothing.changes).toEqual([]);
  });

  it("stops the instances of a template that it removes, and forgets no other unit's failure", async () => {
    const template = (name: string) => {
      const at = `/etc/systemd/system/${name}`;
      const facts = [file.is(at, written), fileContent.is(at, Buffer.from(text))];
      return planTask(systemdUnit({ name, state: "absent" }), { facts });
    };
    const script = ({ changes: [removal] }: Awaited<ReturnType<typeof template>>) =>
      removal?.action.kind === "script" ? removal.action.script.text.split("\n") : [];
    const worker = await template("worker@.service");
    expect(script(worker)).toEqual([
      "systemctl stop -- 'worker@*.service' || exit",
      "systemctl disable -- worker@.service || exit",
      "rm -f -- /etc/systemd/system/worker@.service && systemctl daemon-reload",
      "systemctl reset-failed -- 'worker@*.service' 2>/dev/null; :",
    ]);
    expect(worker.changes[0]?.touches).toEqual([unit.of(), "services"]);
    expect(script(await template("a\\x2db@.timer"))[0]).toBe("systemctl stop -- 'a\\\\x2db@*.timer' || exit");
  });

  it.each([
    ["[Install]\nWantedBy=multi-user.target\n", "disabled"],
    ["[Install]\n# WantedBy=x\nAlso=b.service\n[Service]\n", "indirect"],
    ["[Service]\nExecStart=/bin/true\n", "static"],
    ["[Install]\nAlias=a.service\n[Service]\nWantedBy=x\n", "disabled"],
    ["[Install]\n[Service]\nWantedBy=x\n", "static"],
  ])("knows that %j is %s until it is enabled", (content, state) => {
    expect(stateWhenNotEnabled(content)).toBe(state);
  });

  it.each([
    [{ name }, "the unit has no content"],
    [{ name, content: "x", service: { A: "b" } }, "exclude each other"],
    [{ name, state: "absent", content: "x" }, "has no content"],
    [{ name: "app", content: "x" }, "name"],
    [{ name: "../app.service", content: "x" }, "name"],
    [{ name, service: { ExecStart: "/bin/true\nUser=root" } }, "service"],
    [{ name, service: { "User=root\nA": "b" } }, "service"],
  ])("refuses %j", (params, message) => {
    expect(() => systemdUnit.fromData(params)).toThrow(message);
  });
});
