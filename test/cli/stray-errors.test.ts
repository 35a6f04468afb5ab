/** An error that nobody can catch ends a run in good order, and is shown like any other. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project, run, twoHosts } from "./helpers.ts";

const site = (stray: string) => `import { existsSync } from "node:fs";
import { command, play, playbook, secret } from "showrunner";
const begun = () => existsSync("begun");
const password = secret("Zc4n-stray").reveal();
export default playbook([
  play("p", { hosts: "web1" }, {
    leaves: async () => {
      ${stray}
      await command({ argv: ["sh", "-c", "echo $$ >pid; touch begun; exec sleep 60"], chdir: process.cwd() });
    },
    after: () => command({ argv: ["touch", "after"], chdir: process.cwd() }),
  }),
]);
`;

describe("an error that nobody caught", () => {
  it.each([
    [
      "of a promise that was left behind",
      `void (async () => {
        while (!begun()) await new Promise((done) => setTimeout(done, 50));
        throw new Error("no " + password);
      })();`,
      "no code waited for the promise that failed",
    ],
    [
      "of a timer",
      `const timer = setInterval(() => {
        if (!begun()) return;
        clearInterval(timer);
        throw new Error("no " + password);
      }, 50);`,
      "the error was thrown in a timer or a callback",
    ],
  ])("%s ends what runs, and says where it came from", async (_, stray, hint) => {
    const folder = project({ "inventory/lab.ts": twoHosts, "playbooks/site.ts": site(stray) });
    const { status, stdout, stderr } = await run(folder, ["playbook", "site", "--reporter", "jsonl"]);
    expect(status).toBe(1);
    expect(stderr).toContain("error: an uncaught error ends the run: no ********");
    expect(stderr).toMatch(/at playbooks\/site\.ts:\d+/);
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain("interrupted");
    expect(stderr + stdout).not.toContain("Zc4n-stray");
    expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      type: "run:end",
      exitCode: 1,
    });
    expect(stdout).not.toContain(`"touch`);
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  it("keeps no plan that it cut short", async () => {
    const stray = `setTimeout(() => { throw new Error("late"); }, 0);
      await new Promise((done) => setTimeout(done, 1000));`;
    const folder = project({ "inventory/lab.ts": twoHosts, "playbooks/site.ts": site(stray) });
    const { status, stdout } = await run(folder, ["plan", "site", "-o", "plan.json"]);
    expect(status).toBe(1);
    expect(stdout).toContain("ended by an error");
    expect(existsSync(join(folder, "plan.json"))).toBe(false);
  });

  it("before a run ends the command", async () => {
    const folder = project({
      "inventory/lab.ts": `${twoHosts}setTimeout(() => { throw new TypeError("late"); }, 0);\nawait new Promise((done) => setTimeout(done, 3000));\n`,
    });
    const { status, stderr } = await run(folder, ["inventory", "--list"]);
    expect(status).toBe(1);
    expect(stderr).toContain("error: TypeError: late");
    expect(stderr).not.toMatch(/node:internal/);
  });
});
