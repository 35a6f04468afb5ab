import { rmSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newSalt, planFile, readPlan, writePlan } from "../../src/core/plans/plan-file.ts";
import { PlanGuard } from "../../src/core/plans/plan-guard.ts";
import { PlanRecorder } from "../../src/core/plans/plan-record.ts";
import type { PlanFile } from "../../src/core/plans/plan-schema.ts";
import { play } from "../../src/core/plays/play.ts";
import { apt, copy, file, secret, service, shell, systemdUnit, user } from "../../src/index.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("planlab", 92, ["one", "two"]);
const canary = "Lab-canary-92";

/** A handler that a killed run of another playbook left. */
const pending = JSON.stringify({ id: "1", label: "x", module: "x", playbook: "x", play: "x", since: 1 });

const site = (text: string) => [
  play(
    "site",
    { hosts: "all", become: true },
    {
      base: async ({ host }) => {
        await apt({ name: "tree" });
        await user({ name: "worker", system: true });
        await file({ path: "/srv/work", state: "directory", owner: "worker", mode: "0750" });
        const restart = service({ name: "worker", state: "restarted" });
        await copy({ dest: "/srv/work/text", content: `${text} of ${host.name}\n` }, { notify: restart });
        await copy({ dest: "/srv/work/secret", content: secret(canary), mode: "0600" });
        await systemdUnit(
          { name: "worker.service", content: "[Service]\nExecStart=/bin/sleep infinity\nUser=worker\n" },
          { notify: restart },
        );
        await service({ name: "worker", state: "started" });
      },
    },
  ),
];

describe.skipIf(process.getuid?.() !== 0)("a plan for real hosts", () => {
  let folder: string;
  const path = () => join(folder, "plan.json");

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "planlab-"));
    await lab.up();
  });
  afterAll(async () => {
    await lab.down();
    rmSync(folder, { recursive: true });
  });

  async function plan(text: string): Promise<PlanFile> {
    const recorder = new PlanRecorder(newSalt());
    const ran = await lab.run(site(text), { check: true, hooks: recorder });
    expect(ran.errors).toEqual([]);
    const request = {
      playbook: "site",
      playbookFile: "site.ts",
      inventories: ["planlab"],
      inventoryFiles: ["planlab.ts"],
      hosts: ["one", "two"],
      vars: [],
    };
    writePlan(path(), planFile(recorder.plan, { request, code: { files: {} } }, "1"));
    return readPlan(path(), "1");
  }

  function apply(plan: PlanFile, text: string): Promise<Ran> {
    return lab.run(site(text), { hooks: new PlanGuard(plan, { again: "npx run plan site" }) });
  }

  it("is made on empty hosts, holds no secret, and is carried out: then there is nothing left to do", async () => {
    const first = await plan("first");
    expect(new Set(first.tasks.map(({ status }) => status))).toContain("changed");
    expect(await readFile(path(), "utf8")).not.toContain(canary);
    const applied = await apply(first, "first");
    expect(applied.errors).toEqual([]);
    expect(applied.of("warning")).toEqual([]);
    expect(applied.totals.changed).toBeGreaterThan(10);
    const again = await plan("first");
    expect(again.tasks).toEqual([]);
    expect((await apply(again, "first")).totals.changed).toBe(0);
  });

  it.each([
    ["a file's content", "echo drift >> /srv/work/text", "/srv/work/text, read for"],
    ["a file's mode", "chmod 700 /srv/work", "/srv/work, read for file /srv/work"],
    ["a service's state", "systemctl stop worker", "systemd.unit worker.service"],
    ["a package", "dpkg -r tree", "dpkg.package tree, read for apt tree"],
    [
      "which handlers are pending",
      `mkdir -p /var/lib/showrunner/owed && echo '${pending}' >/var/lib/showrunner/owed/1-1.json`,
      "the handlers that are pending there",
    ],
  ])("is refused on a host where %s has moved, and carried out on the other", async (what, drift, moved) => {
    const changed = await plan(what);
    const byHand = await lab.run([
      play("by hand", { hosts: "two", become: true }, { drift: () => shell({ cmd: drift }) }),
    ]);
    expect(byHand.errors).toEqual([]);
    const applied = await apply(changed, what);
    expect(applied.exitCode).toBe(2);
    const failed = applied.of("host:failed").map(({ host, error }) => ({ host, ...error }));
    expect(failed).toMatchObject([{ host: "two", code: "plan.moved" }]);
    expect(failed[0]?.details.join("\n")).toContain(moved);
    expect(applied.hosts["two"]?.changed).toBe(0);
    expect(applied.hosts["one"]?.changed).toBe(2); // the text, and the handler
    const fixed = await apply(await plan(what), what);
    expect(fixed.errors).toEqual([]);
    expect((await plan(what)).tasks).toEqual([]);
  });

  it("is carried out only as far as the playbook still says the same", async () => {
    const planned = await plan("planned");
    const applied = await apply(planned, "another");
    expect(applied.exitCode).toBe(2);
    expect(applied.of("host:failed").map(({ error }) => error.code)).toEqual([
      "plan.diverged",
      "plan.diverged",
    ]);
    expect(applied.totals.changed).toBe(0);
  });
});
