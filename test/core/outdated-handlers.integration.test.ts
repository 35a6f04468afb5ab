/** Pending handlers that the code has corrected or dropped since, and those that can't succeed. */
import { existsSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { play } from "../../src/core/plays/play.ts";
import type { Task } from "../../src/core/tasks/task.ts";
import { shell } from "../../src/modules/commands/shell.ts";
import { copy } from "../../src/modules/files/copy.ts";
import { HostsOfThisMachine } from "./hosts-of-this-machine.ts";

let here: HostsOfThisMachine;
beforeEach(() => {
  here = new HostsOfThisMachine(["h1"]);
});
afterEach(() => here.remove());

const wrong = (name?: string) =>
  shell({ cmd: `echo wrong >>${here.at("log")}; false` }, name ? { name } : {});
const right = (name?: string) => shell({ cmd: `echo right >>${here.at("log")}` }, name ? { name } : {});

/** A play that may notify, and one behind it. */
const site = (notify: readonly Task<unknown>[], dest = "conf") => [
  play("site", { hosts: "h1" }, { conf: () => copy({ dest: here.at(dest), content: "x" }, { notify }) }),
  play("next", { hosts: "h1" }, { next: () => shell({ cmd: `echo next >>${here.at("log")}` }) }),
];

async function leavePending(...handlers: Task<unknown>[]) {
  expect((await here.run(site(handlers))).exitCode).toBe(2);
  expect(here.pending("h1")).toHaveLength(handlers.length);
  await rm(here.at("log"));
}

describe("a handler that was corrected since it failed", () => {
  test.each([["reload"], [undefined]])("takes the place of the pending one (name %s)", async (name) => {
    await leavePending(wrong(name));
    const check = await here.run(site([right(name)]), { check: true });
    expect(check.totals).toMatchObject({ failed: 0, changed: 2 });
    const { exitCode, warnings } = await here.run(site([right(name)]));
    expect([exitCode, here.log, here.pending("h1")]).toEqual([0, ["right", "next"], []]);
    expect(warnings).toEqual([
      expect.stringMatching(/^an earlier run left pending handlers, which are due now: /),
    ]);
    expect((await here.run(site([right(name)]))).warnings).toEqual([]);
  });

  test("runs once where it is notified in that run, too", async () => {
    await leavePending(wrong("reload"));
    writeFileSync(here.at("conf"), "y");
    await here.run(site([right("reload")]));
    expect([here.log, here.pending("h1")]).toEqual([["right", "next"], []]);
  });

  test("takes the place of the one with its name, where several are notified", async () => {
    const other = () => shell({ cmd: `echo other >>${here.at("log")}` }, { name: "other" });
    await here.run(site([wrong("reload"), other()]));
    await rm(here.at("log"));
    await here.run(site([right("reload"), other()]));
    expect([here.log, here.pending("h1")]).toEqual([["right", "next"], []]);
  });
});

describe("a pending handler that the code does not have any more", () => {
  test("is told of, not run, and stops nothing", async () => {
    await leavePending(wrong("reload"));
    const { exitCode, warnings } = await here.run(site([]));
    expect([exitCode, here.log]).toEqual([0, ["next"]]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^an earlier run left pending handlers that the playbook does not have any more: shell reload \(site, .*; not run; `npx run handlers --forget h1` removes them$/,
      ),
    ]);
  });

  test("is run as it was written down where nobody can know, and stops nothing where it fails", async () => {
    await leavePending(wrong("reload"));
    const { exitCode, warnings } = await here.run(site([right("reload")], "moved"));
    expect([exitCode, here.log]).toEqual([
      0,
      ["right", "wrong", "next"].toSorted((a, b) => here.log.indexOf(a) - here.log.indexOf(b)),
    ]);
    expect(here.pending("h1")).toHaveLength(1);
    expect(warnings.join("\n")).toMatch(
      /shell reload, which an earlier run left and no task of this one names, failed: .*`npx run handlers --forget h1` removes it/,
    );
  });
});

test("a pending handler that fails as the code has it fails its host, and says what there is to do", async () => {
  await leavePending(wrong("reload"));
  const { errors, exitCode } = await here.run(site([wrong("reload")]));
  expect(exitCode).toBe(2);
  expect(errors[0]?.hint).toContain("`npx run handlers --forget h1`");
});

test("what there is to do names the inventories that the run was given", async () => {
  await leavePending(wrong("reload"));
  const givenInventories = ["lab", "my hosts/more.ts"];
  const command = "`npx run handlers --forget h1 -i lab -i 'my hosts/more.ts'`";
  const { errors } = await here.run(site([wrong("reload")]), { givenInventories });
  expect(errors[0]?.hint).toContain(command);
  const { warnings } = await here.run(site([]), { givenInventories });
  expect(warnings.join()).toContain(command);
});

test("a corrected handler that fails as well is still pending by its own name", async () => {
  await leavePending(wrong());
  const corrected = shell({ cmd: `echo corrected >>${here.at("log")}; false` });
  const { warnings } = await here.run(site([corrected]));
  const told = warnings.find((text) => text.startsWith("run, and still pending: "));
  expect(told).toContain("echo corrected");
  expect(told).not.toContain("echo wrong");
});

test("a handler whose user is refused was not run, and is told as such", async () => {
  const nobody = shell({ cmd: "true" }, { name: "reload", become: "no-such-user-here" });
  const { warnings } = await here.run(site([nobody]));
  expect(warnings).toEqual(["pending, and not run: shell reload; kept on the host for the next run"]);
});

test("what a playbook left that the project does not have any more is told for a week only", async () => {
  await leavePending(wrong("reload"));
  const other = [
    play("other", { hosts: "h1" }, { look: () => copy({ dest: here.at("conf"), content: "x" }) }),
  ];
  const told = async (hasPlaybook: () => boolean) =>
    (await here.run(other, { name: "other", hasPlaybook })).warnings;
  expect(await told(() => true)).toEqual([expect.stringContaining("which its playbook runs next time")]);
  expect(await told(() => false)).toEqual([
    expect.stringMatching(
      /of playbooks that this project does not have: .*`npx run handlers --forget h1` removes them/,
    ),
  ]);
  expect(existsSync(here.at("h1", "lib/owed"))).toBe(true);
});
