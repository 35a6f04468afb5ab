import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ended, project, run, twoHosts } from "./helpers.ts";

/** Writes files into a folder `out` of the project, one for each of the two hosts. */
const site = `/** The site. */
import { command, copy, file, play, playbook, SecretString, Type } from "showrunner";

const out = new URL("../out", import.meta.url).pathname;

export default playbook([
  play("site", { hosts: "web", vars: { version: Type.String(), password: Type.Optional(SecretString()) } }, {
    files: async ({ vars, host }) => {
      await file({ path: \`\${out}/\${host.name}\`, state: "directory" });
      await copy(
        { dest: \`\${out}/\${host.name}/version\`, content: \`\${vars.version}\\n\` },
        { notify: command({ argv: ["touch", \`\${out}/\${host.name}/handled\`] }) },
      );
      if (vars.password) await copy({ dest: \`\${out}/\${host.name}/password\`, content: vars.password });
    },
  }),
]);
`;

interface Site {
  readonly folder: string;
  run(...args: readonly string[]): Promise<Ended>;
  /** A file that the playbook writes. */
  out(host: string, name: string): string;
}

function newSite(files: Readonly<Record<string, string>> = {}): Site {
  const folder = project({ "inventory/lab.ts": twoHosts, "playbooks/site.ts": site, ...files });
  mkdirSync(join(folder, "out"));
  return {
    folder,
    run: (...args) => run(folder, args),
    out: (host, name) => join(folder, "out", host, name),
  };
}

describe("plan", () => {
  it("shows what would change with diffs, keeps it for its owner's eyes, and changes nothing", async () => {
    const { folder, run, out } = newSite();
    const planned = await run("plan", "site", "-e", "version=1", "-o", "plan.json");
    expect(planned).toMatchObject({ status: 0, stderr: "" });
    expect(planned.stdout).toContain("+1\n");
    expect(planned.stdout).toContain(
      "Plan: 6 changes certain on 2 hosts; written to plan.json; apply it with: npx run apply plan.json\n",
    );
    expect(existsSync(out("web1", ""))).toBe(false);
    expect(statSync(join(folder, "plan.json")).mode & 0o777).toBe(0o600);
    const shown = await run("plan", "--show", "plan.json");
    expect(shown.stdout).toMatch(/^Plan of playbook site on inventory\/lab.ts, made \d{4}-/);
    expect(shown.stdout).toMatch(/would change {2}web2 {2}copy .*\/version: created/);
    expect(shown.stdout).toContain("+1\n");
    expect(shown.stdout).toContain("Plan: 6 changes certain on 2 hosts\n");
  });

  it("only shows it where no file is named", async () => {
    const { folder, run } = newSite();
    const planned = await run("plan", "site", "-e", "version=1", "-l", "web1");
    expect(planned.stdout).toMatch(/\nPlan: 3 changes certain on 1 host\n$/);
    expect(existsSync(join(folder, "plan.json"))).toBe(false);
  });

  it("writes no plan for no host, says why, and leaves no earlier one in its place", async () => {
    const { folder, run } = newSite();
    expect((await run("plan", "site", "-e", "version=0", "-o", "plan.json")).status).toBe(0);
    rmSync(join(folder, "out"), { recursive: true });
    writeFileSync(join(folder, "out"), "a file in the way");
    const planned = await run("plan", "site", "-e", "version=1", "-o", "plan.json");
    expect(planned.status).toBe(2);
    expect(planned.stdout).toContain("web1 could not be planned for:");
    expect(planned.stdout).toMatch(
      /\nPlan: .*; no plan was written to plan.json: there is no host that could be planned for\n$/,
    );
    expect(existsSync(join(folder, "plan.json"))).toBe(false);
    expect((await run("apply", "plan.json")).stderr).toContain("there is no such file");
  });

  it("leaves no earlier plan where the command itself is refused, and takes away nothing else", async () => {
    const { folder, run } = newSite();
    expect((await run("plan", "site", "-e", "version=0", "-o", "plan.json")).status).toBe(0);
    expect((await run("plan", "site", "-o", "plan.json")).status).toBe(5);
    expect(existsSync(join(folder, "plan.json"))).toBe(false);
    expect((await run("plan", "site", "-o", "package.json")).status).toBe(5);
    expect(existsSync(join(folder, "package.json"))).toBe(true);
  });

  it.each([
    [["plan"], "expected a playbook"],
    [["plan", "site", "--show", "plan.json"], "takes no playbook"],
    [["plan", "site", "-e", "version=1", "-o", "no/where/plan.json"], "there is no folder no/where"],
    [["plan", "nosite"], 'there is no playbook "nosite"'],
    [["apply", "none.json"], "the plan none.json can't be read: there is no such file"],
    [["apply", "package.json"], "package.json is no plan"],
  ])("run %j is bad usage", async (args, message) => {
    const { run } = newSite();
    const ended = await run(...args);
    expect(ended.status).toBe(5);
    expect(ended.stderr).toContain(message);
  });
});

describe("apply", () => {
  it("makes the planned changes with the plan's variables, and then there is nothing left to do", async () => {
    const { run, out } = newSite();
    await run("plan", "site", "-e", "version=1", "-o", "plan.json");
    const applied = await run("apply", "plan.json");
    expect(applied).toMatchObject({ status: 0, stderr: "" });
    expect(applied.stdout).toContain("Applying plan.json: playbook site on inventory/lab.ts, made ");
    expect(applied.stdout).toContain("6 tasks changed something");
    expect(readFileSync(out("web2", "version"), "utf8")).toBe("1\n");
    expect(existsSync(out("web1", "handled"))).toBe(true);
    const again = await run("plan", "site", "-e", "version=1", "-o", "plan.json");
    expect(again.stdout).toContain("Plan: nothing to change on 2 hosts; written to plan.json");
    expect((await run("apply", "plan.json")).status).toBe(0);
    const { stdout } = await run("history");
    expect([...stdout.matchAll(/ (plan|apply|run|check) /g)].map(([, mode]) => mode)).toEqual([
      "apply",
      "plan",
      "apply",
      "plan",
    ]);
  });

  it("leaves a host alone on which something moved, names it, and goes on with the other", async () => {
    const { run, out, folder } = newSite();
    await run("plan", "site", "-e", "version=1", "-o", "plan.json");
    mkdirSync(out("web1", ""));
    const applied = await run("apply", "plan.json");
    expect(applied.status).toBe(2);
    expect(applied.stdout).toContain(
      "this host is not as it was: a fact has changed since the plan was made",
    );
    expect(applied.stdout).toContain(`  ${folder}/out/web1, read for file ${folder}/out/web1`);
    expect(applied.stdout).toContain("npx run plan site -i inventory/lab.ts -e version=1 makes a new plan");
    expect(existsSync(out("web1", "version"))).toBe(false);
    expect(existsSync(out("web2", "version"))).toBe(true);
  });

  it("names a file that moved once, however many facts tell of it", async () => {
    const { run, out } = newSite();
    await run("plan", "site", "-e", "version=1", "-o", "plan.json");
    await run("apply", "plan.json");
    await run("plan", "site", "-e", "version=2", "-o", "plan.json");
    rmSync(out("web1", "version"));
    const { status, stdout } = await run("apply", "plan.json");
    expect(status).toBe(2);
    const about = stdout
      .split("\n")
      .filter((line) => line.startsWith(`  ${out("web1", "version")}, read for`));
    expect(about).toHaveLength(1);
  });

  it("refuses what the playbook does otherwise at every run", async () => {
    const { run, out } = newSite({
      "playbooks/site.ts": site.replace("{vars.version}", `{vars.version} of process \${process.pid}`),
    });
    await run("plan", "site", "-e", "version=1", "-o", "plan.json");
    const applied = await run("apply", "plan.json");
    expect(applied.status).toBe(2);
    expect(applied.stdout).toContain("the plan lists no such change of copy");
    expect(existsSync(out("web1", ""))).toBe(true);
    expect(existsSync(out("web1", "version"))).toBe(false);
  });

  it("keeps no secret in the plan, and wants the very same one again", async () => {
    const { run, out, folder } = newSite();
    const canary = "Canary-4711";
    const planned = await run(
      "plan",
      "site",
      "-e",
      "version=1",
      "-e",
      `password=${canary}`,
      "-o",
      "plan.json",
    );
    expect(planned.status).toBe(0);
    expect(readFileSync(join(folder, "plan.json"), "utf8")).not.toContain(canary);
    const without = await run("apply", "plan.json");
    expect(without.status).toBe(5);
    expect(without.stderr).toContain("password must be given again");
    expect(without.stderr).toContain("npx run apply plan.json -e @secrets.yml");
    expect(without.stderr).not.toContain("password=");
    const other = await run("apply", "plan.json", "-e", "password=Canary-4712");
    expect(other.status).toBe(5);
    expect(other.stderr).toContain("-e password: it was another value");
    const more = await run("apply", "plan.json", "-e", `password=${canary}`, "-e", "version=2");
    expect(more.stderr).toContain("-e version: it was another value");
    writeFileSync(join(folder, "secrets.yml"), `password: ${canary}\n`, { mode: 0o600 });
    const right = await run("apply", "plan.json", "-e", "@secrets.yml");
    expect(right.status).toBe(0);
    expect(readFileSync(out("web1", "password"), "utf8")).toBe(canary);
  });

  it("runs on the hosts that the plan was made for, and says which are gone", async () => {
    const { run, out, folder } = newSite();
    await run("plan", "site", "-e", "version=1", "-l", "web1", "-o", "plan.json");
    expect((await run("apply", "plan.json")).status).toBe(0);
    expect(existsSync(out("web2", ""))).toBe(false);
    rmSync(join(folder, "playbooks/site.ts"));
    const lost = await run("apply", "plan.json");
    expect(lost.stderr).toContain("the playbook that plan.json was made from does not exist");
  });

  it("refuses a plan of another version", async () => {
    const { run, folder } = newSite();
    await run("plan", "site", "-e", "version=1", "-o", "plan.json");
    const file = join(folder, "plan.json");
    const plan: object = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...plan, showrunner: "0.0.1" }));
    const applied = await run("apply", "plan.json");
    expect(applied.status).toBe(5);
    expect(applied.stderr).toContain("plan.json was made by Showrunner 0.0.1, and this is ");
  });
});
