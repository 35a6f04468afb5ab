import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project, run, twoHosts } from "./helpers.ts";

const site = `import { command, copy, play, playbook } from "showrunner";
export default playbook([
  play("work", { hosts: "web1" }, {
    write: () => copy({ dest: "FOLDER/greeting", content: "hello\\n" }),
    look: () => command({ argv: ["echo", "seen"] }),
    fail: () => command({ argv: ["sh", "-c", "echo it is broken >&2; exit 3"] }),
  }),
]);
`;

function made(): string {
  const folder = project({ "inventory/lab.ts": twoHosts });
  mkdirSync(join(folder, "playbooks"));
  writeFileSync(join(folder, "playbooks/site.ts"), site.replace("FOLDER", folder));
  return folder;
}

describe("history and show", () => {
  it("say so where nothing ever ran", async () => {
    const folder = made();
    expect(await run(folder, ["history"])).toMatchObject({
      status: 0,
      stdout: `No run is kept in ${join(folder, ".showrunner/runs")}.\n`,
    });
    expect(await run(folder, ["show", "last"])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining("no run is kept"),
    });
  });

  it("know every run of playbook, task and exec, and what each did", async () => {
    const folder = made();
    expect((await run(folder, ["playbook", "site", "--check"])).status).toBe(0);
    expect((await run(folder, ["playbook", "site"])).status).toBe(2);
    expect((await run(folder, ["task", "command", "{argv: [echo, hi]}", "--hosts", "all"])).status).toBe(0);
    expect((await run(folder, ["exec", "web2", "--", "true"])).status).toBe(0);

    const { status, stdout } = await run(folder, ["history"]);
    expect(status).toBe(0);
    const [heading, ...rows] = stdout.trimEnd().split("\n");
    expect(heading).toMatch(/^run +when +playbook +inventory +mode +result +took +exit$/);
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatch(/ exec +inventory\/lab\.ts +run +0 ok, 1 changed +[\d.]+ s +0$/);
    expect(rows[1]).toMatch(/ task command +inventory\/lab\.ts +run +0 ok, 2 changed /);
    expect(rows[2]).toMatch(/ site +inventory\/lab\.ts +run +0 ok, 2 changed, 1 failed +[\d.]+ s +2$/);
    expect(rows[3]).toMatch(/ site +inventory\/lab\.ts +check +0 ok, 3 would change/);
    const some = (await run(folder, ["history", "-n", "1"])).stdout.trimEnd().split("\n");
    expect(some).toHaveLength(3);
    expect(some[2]).toBe("and 3 before");

    const [id = ""] = (rows[2] ?? "").split(" ");
    const shown = (await run(folder, ["show", id])).stdout;
    expect(shown).toContain("Playbook site on 1 host of inventory/lab.ts");
    expect(shown).toMatch(/changed {6}web1 {2}copy .*greeting/);
    expect(shown).toContain("+hello");
    expect(shown).not.toContain("│ seen");
    expect(shown).toContain("it is broken");
    expect(shown).toMatch(/^host +ok +changed +failed +unreachable +round trips$/m);
    expect((await run(folder, ["show", id, "-v"])).stdout).toContain("│ seen");
    expect((await run(folder, ["show", "last"])).stdout).toContain("Playbook exec on 1 host");

    const runs = join(folder, ".showrunner/runs");
    const file = readdirSync(runs).find((name) => name.startsWith(id)) ?? "";
    expect((await run(folder, ["show", file, "--json"])).stdout).toBe(readFileSync(join(runs, file), "utf8"));
    expect(await run(folder, ["show", "20"])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('4 runs begin with "20": '),
    });
    expect(await run(folder, ["show", "1999"])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('there is no run "1999"'),
    });

    truncateSync(join(runs, file), readFileSync(join(runs, file), "utf8").indexOf('{"type":"run:end"') + 30);
    expect((await run(folder, ["history"])).stdout).toMatch(/site +inventory\/lab\.ts +run +did not end/);
    const killed = (await run(folder, ["show", id])).stdout;
    expect(killed).toContain("+hello");
    expect(killed).toContain("This run did not end: it was killed, or is still running.");
  });
});
