/** What `new` writes works as it is: in a user's project, and in a checkout. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { scaffold } from "../../src/cli/scaffold.ts";
import { project, run, twoHosts } from "./helpers.ts";

const checkout = resolve(import.meta.dirname, "../..");

/** A project with Showrunner installed, and what checks types and runs tests. */
function installed(files: Readonly<Record<string, string>> = {}): string {
  const tsconfig = readFileSync(join(checkout, "examples/extending/tsconfig.json"), "utf8");
  const folder = project({ "tsconfig.json": tsconfig, "inventory/lab.ts": twoHosts, ...files });
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(checkout, join(folder, "node_modules/showrunner"));
  for (const name of ["jiti", "typescript", "@types/node", "undici-types"])
    symlinkSync(join(checkout, "node_modules", name), join(folder, "node_modules", name));
  return folder;
}

function node(folder: string, ...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  return { status, said: `${stdout}${stderr}` };
}

const written = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe("in a user's project", () => {
  it("a module comes with its fact and its cases, and they hold", async () => {
    const folder = installed();
    const before = written(folder);
    const made = await run(folder, ["new", "module", "logRotation"]);
    expect(made.stderr).toBe("");
    const files = [
      "facts/log-rotation.ts",
      "modules/log-rotation.ts",
      "test/cases.test.ts",
      "test/log-rotation.cases.ts",
    ];
    expect(written(folder)).toEqual([...before, ...files].sort());
    for (const file of files) expect(made.stdout).toContain(`  ${file}\n`);
    expect(made.stdout).toContain("npx showrunner law logRotation -i LAB");

    expect(node(folder, "node_modules/typescript/bin/tsc")).toEqual({ status: 0, said: "" });
    const tests = node(folder, "--import", "jiti/register", "--test", "test/cases.test.ts");
    expect(tests.said).toContain("# fail 0");
    expect(tests.said).toContain("writes the line where there is none");
    expect(tests.status).toBe(0);
    const law = await run(folder, ["law", "logRotation"]);
    expect(law.stdout).toMatch(/^logRotation +no host +4 /m);
    expect(law.status).toBe(0);
    expect((await run(folder, ["doc", "logRotation"])).stdout).toContain("What the file says: one line.");
  });

  it("a fact, a role and a playbook can be used at once", async () => {
    const folder = installed();
    for (const [kind, name] of [
      ["fact", "disk-label"],
      ["role", "frontDoor"],
      ["playbook", "greet"],
    ] as const)
      expect((await run(folder, ["new", kind, name])).stderr).toBe("");
    expect(written(folder)).toEqual(
      expect.arrayContaining([
        "facts/disk-label.ts",
        "playbooks/greet.ts",
        "roles/front-door/index.ts",
        "roles/front-door/templates/front-door.conf.ejs",
      ]),
    );
    expect(node(folder, "node_modules/typescript/bin/tsc")).toEqual({ status: 0, said: "" });
    expect((await run(folder, ["doc", "frontDoor"])).stdout).toContain("frontDoor (role)");
    const greeted = await run(folder, ["playbook", "greet", "--check"]);
    expect(greeted.stdout).toMatch(/web1 runs \w+/);
    expect(greeted.status).toBe(0);
  });

  it("nothing is overwritten", async () => {
    const folder = installed({ "facts/door-bell.ts": "export const mine = 1;\n" });
    const made = await run(folder, ["new", "module", "doorBell"]);
    expect(made.stderr).toContain("facts/door-bell.ts is there already: nothing was written");
    expect(made.status).toBe(5);
    expect(written(folder)).not.toContain("modules/door-bell.ts");
    expect(readFileSync(join(folder, "facts/door-bell.ts"), "utf8")).toBe("export const mine = 1;\n");
  });

  it("nothing is written where one of the files can't be", async () => {
    const linked = installed();
    mkdirSync(join(linked, "test"));
    symlinkSync("nowhere", join(linked, "test/door-bell.cases.ts"));
    const blocked = installed({ test: "a file\n" });
    const hanging = installed();
    symlinkSync("nowhere", join(hanging, "modules"));
    for (const [folder, message] of [
      [linked, "test/door-bell.cases.ts is there already: nothing was written"],
      [blocked, "test is no folder: nothing was written"],
      [installed({ modules: "a file\n" }), "modules is no folder: expected one, or nothing of that name"],
      [hanging, "modules is no folder: nothing was written"],
      [installed({ "package.json": "x" }), "the project's package.json can't be read"],
    ] as const) {
      const before = written(folder);
      const made = await run(folder, ["new", "module", "doorBell"]);
      expect(made.stderr).toContain(message);
      expect(made.status).toBe(5);
      expect(written(folder)).toEqual(before);
      expect(existsSync(join(folder, "facts"))).toBe(false);
    }
  });

  it.each(["fact", "role", "playbook"])("a %s is refused where its folder is a file", async (kind) => {
    const folder = project({ [`${kind}s`]: "a file\n" });
    const { stderr, status } = await run(folder, ["new", kind, "doorBell"]);
    expect(stderr).toMatch(new RegExp(`^error: ${kind}s is no folder: `));
    expect(status).toBe(5);
  });

  it.each([
    ["inventory", ["inventory"]],
    ["modules", ["doc"]],
    ["roles", ["doc"]],
    ["playbooks", ["playbook"]],
    ["test", ["law"]],
  ])("%s that is a file is no bug of ours where a command looks into it", async (name, command) => {
    const { stderr, status } = await run(project({ [name]: "a file\n" }), command);
    expect(stderr).toContain(`error: ${name} is no folder: expected one, or nothing of that name`);
    expect(status).toBe(5);
  });

  it.each([
    ["module", "apt", "there is a module apt already"],
    ["role", "nginx", "there is a role nginx already"],
    ["role", "file", "a role can't be called file"],
    ["module", "params", "a module can't be called params"],
    ["module", "path", "a module can't be called path"],
    ["module", "then", "then is a word of JavaScript"],
    ["module", "class", "class is a word of JavaScript"],
    ["fact", "../fact", '"../fact" can\'t be a name'],
    ["playbook", "Site", '"Site" can\'t be a name'],
    ["module", "net/ping", '"net/ping" can\'t be a name'],
    ["handler", "x", "Allowed choices are module, fact, role, playbook"],
  ])("%s %s is refused", async (kind, name, message) => {
    const folder = project({});
    const { stderr, status } = await run(folder, ["new", kind, name]);
    expect(stderr).toContain(message);
    expect(status).toBe(5);
    expect(written(folder)).toEqual(["package.json"]);
  });
});

describe("law", () => {
  it("says what does not hold, and where there are no cases", async () => {
    const folder = installed();
    expect((await run(folder, ["law"])).stderr).toContain("there are no cases in the folder test");
    await run(folder, ["new", "module", "doorBell"]);
    const file = join(folder, "test/door-bell.cases.ts");
    const text = readFileSync(file, "utf8").replace('changes: ["text"]', 'changes: ["words"]');
    rmSync(file);
    const broken = installed({ "test/door-bell.cases.ts": text });
    cpSync(join(folder, "facts"), join(broken, "facts"), { recursive: true });
    cpSync(join(folder, "modules"), join(broken, "modules"), { recursive: true });
    const { stdout, status } = await run(broken, ["law"]);
    expect(stdout).toContain("FAILED doorBell, pure: writes another line\n    expected words, got text");
    expect(status).toBe(1);
    expect((await run(broken, ["law", "doorBel"])).stderr).toContain('did you mean "doorBell"?');
  });

  it("does nothing to hosts that may be real ones", async () => {
    const folder = installed();
    await run(folder, ["new", "module", "doorBell"]);
    const { stderr, status } = await run(folder, ["law", "-i", "lab"]);
    expect(stderr).toContain("describes no lab");
    expect(status).toBe(5);
  });
});

describe("in a checkout", () => {
  const folder = mkdtempSync(join(tmpdir(), "showrunner-new-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(["../ping", "net/../ping", "a/b/ping"])("a module's folder is no %s", (given) => {
    const root = mkdtempSync(join(tmpdir(), "checkout-"));
    try {
      cpSync(join(checkout, "package.json"), join(root, "package.json"));
      expect(() => scaffold("module", given, root)).toThrow("can't be a name");
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it("a module lies where ours lie, and keeps the rules of the code", () => {
    for (const path of [
      "src",
      "roles",
      "scaffold",
      "test/law",
      "package.json",
      "tsconfig.json",
      "vitest.config.ts",
      "biome.json",
    ])
      cpSync(join(checkout, path), join(folder, path), { recursive: true });
    symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
    expect(() => scaffold("module", "doorBell", folder)).toThrow("the folder of the module is missing");
    const { files, next } = scaffold("module", "net/doorBell", folder);
    expect(files).toEqual([
      "src/facts/door-bell.ts",
      "src/modules/net/door-bell.ts",
      "test/law/door-bell.cases.ts",
    ]);
    expect(next).toContain("export it from src/modules/index.ts");
    const imported = files.flatMap(
      (file) => readFileSync(join(folder, file), "utf8").match(/from ".*"/g) ?? [],
    );
    expect(imported.filter((line) => line.includes('"showrunner'))).toEqual([]);
    expect(
      node(folder, "node_modules/@biomejs/biome/bin/biome", "lint", "--vcs-enabled=false", ...files),
    ).toMatchObject({ status: 0 });
    expect(node(folder, "node_modules/typescript/bin/tsc", "-p", "tsconfig.json")).toEqual({
      status: 0,
      said: "",
    });
    const pure = node(
      folder,
      "node_modules/vitest/vitest.mjs",
      "run",
      "--project",
      "unit",
      "test/law",
      "-t",
      "door-bell",
    );
    expect(pure.said).toContain("5 passed");
  });
});
