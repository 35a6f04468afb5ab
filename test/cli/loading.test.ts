/** What a command reads of Showrunner itself: as many files as it needs, and none of what it does not use. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { main, project, run, twoHosts } from "./helpers.ts";

const dist = join(main, "../../..");

/** The files of the build that a command line loads, and of libraries beside it, once playbooks have been compiled. */
async function filesRead(folder: string, ...args: readonly string[]): Promise<string[]> {
  const list = join(folder, "loaded.json");
  const hook = join(folder, "hook.cjs");
  writeFileSync(
    hook,
    `process.on("exit", () => require("fs").writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache))));`,
  );
  const env = {
    ...process.env,
    XDG_CACHE_HOME: join(folder, "cache"),
    SHOWRUNNER_STATE: join(folder, "state"),
  };
  for (const _ of ["cold", "warm"])
    await promisify(execFile)(process.execPath, ["--require", hook, main, ...args], { cwd: folder, env });
  const files: string[] = JSON.parse(readFileSync(list, "utf8"));
  return files
    .filter((file) => !file.startsWith(folder))
    .map((file) => (file.startsWith(dist) ? relative(dist, file) : file.replace(/.*\/node_modules\//, "")));
}

const site = (uses: string, body: string) =>
  project({
    "inventory/lab.ts": twoHosts,
    "playbooks/site.ts": `import { ${uses}, play, playbook } from "showrunner";
export default playbook([play("site", { hosts: "all" }, { only: async () => { ${body} } })]);
`,
  });

describe("what is read", () => {
  it("is next to nothing for the version", async () => {
    expect(await filesRead(project({}), "--version")).toEqual(["src/cli/main.cjs", "src/chunks/first.cjs"]);
  });

  it("is nothing for the help that only a run needs", async () => {
    const files = await filesRead(project({}), "--help");
    expect(files.filter((file) => /common|vendor|modules/.test(file))).toEqual([]);
    expect(files.length).toBeLessThan(6);
  });

  it("is few files for a playbook that is listed, and no module", async () => {
    const folder = site("copy, mysqlUser", "await copy({ dest: '/nowhere', content: '' })");
    const files = await filesRead(folder, "playbook", "site", "-i", "inventory/lab.ts", "--list-steps");
    expect(files.length).toBeLessThan(8);
    expect(files.filter((file) => /^(src\/(modules|facts)|roles|vendor)\//.test(file))).toEqual([]);
  });

  it("holds of modules and roles those that the playbook uses, whatever it imports", async () => {
    const folder = site("copy, mysqlUser, apt", "await copy({ dest: `${process.cwd()}/it`, content: '' })");
    const files = await filesRead(folder, "playbook", "site", "-i", "inventory/lab.ts", "--limit", "web1");
    expect(files.filter((file) => /^(src\/modules|roles)\//.test(file))).toEqual([
      "src/modules/files/copy.cjs",
    ]);
    expect(
      files.filter((file) => /mysql|packages|systemd|ssh|lab|yaml|ejs|tty|babel|vendor.ajv/.test(file)),
    ).toEqual([]);
    expect(files.length).toBeLessThan(32);
  });

  it("holds ajv where a module of the user's own is checked", async () => {
    const folder = project({
      "inventory/lab.ts": twoHosts,
      "playbooks/site.ts": `import { defineModule, play, playbook, Type } from "showrunner";
const mine = defineModule({ name: "mine", summary: "", params: { port: Type.Integer() }, async *plan() {} });
export default playbook([play("site", { hosts: "all" }, { only: () => mine({ port: 80 }) })]);
`,
    });
    const files = await filesRead(folder, "playbook", "site", "-i", "inventory/lab.ts");
    expect(files.filter((file) => /ajv/.test(file))).toContain("vendor/ajv.cjs");
  });

  it("grows by what is used", async () => {
    const folder = site("assert, debug", "await debug({ message: 'here' })");
    const wanted = ["playbook", "site", "-i", "inventory/lab.ts"];
    const modules = (await filesRead(folder, ...wanted)).filter((file) => file.startsWith("src/modules/"));
    expect(modules).toEqual(["src/modules/util/debug.cjs"]);
  });
});

describe("what is found by its name", () => {
  it("is there for a user's own of that name, although nothing has used it yet", async () => {
    const folder = project({
      "inventory/lab.ts": twoHosts,
      "playbooks/site.ts": `import { debug, defineFact, play, playbook, sh } from "showrunner";
const mine = defineFact<string, string>({
  name: "systemd.unit",
  script: (keys) => sh\`echo \${keys}\`,
  parse: (_, keys) => new Map(keys.map((key) => [key, ""])),
});
export default playbook([play("site", { hosts: "all" }, { only: () => debug({ message: mine.name }) })]);
`,
    });
    const { status, stderr } = await run(folder, ["playbook", "site"]);
    expect(status).toBe(5);
    expect(stderr).toContain('there is a fact of the name "systemd.unit" already');
    expect(stderr).toContain("at playbooks/site.ts:2");
  });
});
