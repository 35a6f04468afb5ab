import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project, run, twoHosts } from "./helpers.ts";

function load(playbook: string, files: Readonly<Record<string, string>> = {}) {
  const folder = project({ "inventory/lab.ts": twoHosts, "playbooks/site.ts": playbook, ...files });
  return { folder, ended: run(folder, ["playbook", "site"]) };
}

describe("a playbook in TypeScript", () => {
  it("works on the very modules that the command runs on, and so do the roles that it imports", async () => {
    const { folder, ended } = load(
      `import { writeFileSync } from "node:fs";
import * as sdk from "showrunner";
import { command } from "showrunner/modules";
import { planTask } from "showrunner/testing";
import { hello, Hello } from "../roles/hello/index.ts";

export default sdk.playbook([
  sdk.play("one", { hosts: "web1" }, { step: async () => {
    const caught = await command({ argv: ["false"] }).then(() => undefined, (error: unknown) => error);
    // a task that finds its host shows that the current host is shared
    const result = await hello({});
    writeFileSync("seen.json", JSON.stringify({
      error: caught instanceof sdk.ShowrunnerError,
      module: command === sdk.command,
      role: Hello === sdk.ShowrunnerError,
      testing: typeof planTask,
      result,
    }));
  } }),
]);
`,
      {
        "roles/hello/index.ts": `import { command, defineRole, ShowrunnerError } from "showrunner";
export const Hello = ShowrunnerError;
export const hello = defineRole({
  name: "hello",
  vars: {},
  async run(): Promise<string> {
    const { value } = await command({ argv: ["echo", "hello"] });
    return value.stdout;
  },
});
`,
      },
    );
    expect(await ended).toMatchObject({ status: 0 });
    expect(JSON.parse(readFileSync(join(folder, "seen.json"), "utf8"))).toEqual({
      error: true,
      module: true,
      role: true,
      testing: "function",
      result: "hello\n",
    });
  });

  it("shares them with roles from an installed package, which find their own files", async () => {
    const { folder, ended } = load(
      `import { writeFileSync } from "node:fs";
import { play, playbook, ShowrunnerError } from "showrunner";
import { company, Theirs } from "company-roles";
export default playbook([play("one", { hosts: "web1" }, { step: async () => {
  const result = await company({});
  writeFileSync("seen.json", JSON.stringify({ same: Theirs === ShowrunnerError, ...result }));
} })]);
`,
      {
        "node_modules/company-roles/package.json": `{ "name": "company-roles", "type": "module", "exports": "./index.js" }`,
        "node_modules/company-roles/index.js": `import { command, defineRole, ShowrunnerError } from "showrunner";
export const Theirs = ShowrunnerError;
export const company = defineRole({ name: "company", vars: {}, async run({ role }) {
  await command({ argv: ["true"] });
  return { template: role.template("x.ejs") };
} });
`,
      },
    );
    expect(await ended).toMatchObject({ status: 0 });
    expect(JSON.parse(readFileSync(join(folder, "seen.json"), "utf8"))).toEqual({
      same: true,
      template: join(folder, "node_modules/company-roles/templates/x.ejs"),
    });
  });

  it("may import what comes with Node, CommonJS and ES modules, and other files without their types", async () => {
    const { ended } = load(
      `import fs, { existsSync } from "node:fs";
import old from "./old.cjs";
import { modern, type Modern } from "./modern.mjs";
import { command, play, playbook } from "showrunner";
const check: Modern = { found: fs.existsSync === existsSync, old: old.name, modern };
export default playbook([play("one", { hosts: "web1" }, { step: () => command({ argv: ["echo", JSON.stringify(check)] }, { name: JSON.stringify(check) }) })]);
`,
      {
        "playbooks/old.cjs": `module.exports = { name: "old" };`,
        "playbooks/modern.mjs": `export const modern = "modern";`,
      },
    );
    expect((await ended).stdout).toContain('{"found":true,"old":"old","modern":"modern"}');
  });

  it("that has a syntax error is told its place", async () => {
    const { ended } = load(`import { play } from "showrunner";\n\nexport default playbook([;\n`);
    const { status, stderr } = await ended;
    expect(status).toBe(5);
    expect(stderr).toMatch(/^error: syntax error: .*\n {2}at playbooks\/site\.ts:3:\d+\n$/);
  });

  it("that imports a file or a package that is not there is told the import's line", async () => {
    const file = await load(
      `import { play } from "showrunner";\nimport { x } from "./nowhere.ts";\nexport default x;\n`,
    ).ended;
    expect(file.status).toBe(5);
    expect(file.stderr).toContain(
      'cannot find "./nowhere.ts", which is imported here\n  at playbooks/site.ts:2\n',
    );
    expect(file.stderr).not.toContain("node_modules");
    const library = await load(`import x from "@some/library/part";\nexport default x;\n`).ended;
    expect(library.stderr).toContain("at playbooks/site.ts:1\n");
    expect(library.stderr).toContain("npm install @some/library");
  });

  it("that imports what the SDK does not export is told the name that was meant", async () => {
    const { stderr, status } = await load(
      `import { play, playbook, comand } from "showrunner";\nexport default playbook([\n  play("one", { hosts: "all" }, { step: comand }),\n]);\n`,
    ).ended;
    expect(status).toBe(5);
    expect(stderr).toContain('"showrunner" exports no comand (did you mean "command"?)');
    expect(stderr).toContain("at playbooks/site.ts:3");
  });

  it("that throws while it is loaded is told the line, in what it imports too", async () => {
    const { stderr, status } = await load(`import { x } from "./part.ts";\nexport default x;\n`, {
      "playbooks/part.ts": `interface Unused {\n  a: string;\n}\n\nconst list: string[] | undefined = JSON.parse("null");\nexport const x = list.length;\n`,
    }).ended;
    expect(status).toBe(5);
    expect(stderr).toContain("at playbooks/part.ts:6\n");
    expect(stderr).toContain("TypeError: Cannot read properties of null");
  });

  it("that is not UTF-8 is refused, in what it imports too, since other bytes would get onto hosts", async () => {
    const folder = project({
      "inventory/lab.ts": twoHosts,
      "playbooks/site.ts": `import { x } from "./part.ts";\nexport default x;\n`,
    });
    const part = Buffer.from(`// a text\nexport const x="\xe9";\n`, "latin1");
    writeFileSync(join(folder, "playbooks/part.ts"), part);
    const { stderr, status } = await run(folder, ["playbook", "site"]);
    expect(status).toBe(5);
    expect(stderr).toContain("the file is not UTF-8: byte 26 is 0xE9");
    expect(stderr).toContain("at playbooks/part.ts:2\n");
  });

  it("that exports no playbook is told what to write", async () => {
    const { stderr, status } = await load(`export const x = 1;\n`).ended;
    expect(status).toBe(5);
    expect(stderr).toContain("site exports no playbook as its default\n  at playbooks/site.ts:1\n");
  });
});

it("a syntax error in an inventory is told its place", async () => {
  const folder = project({ "inventory/lab.ts": "export default inventory({,});\n" });
  const { status, stderr } = await run(folder, ["inventory"]);
  expect(status).toBe(5);
  expect(stderr).toContain("at inventory/lab.ts:1:");
});
