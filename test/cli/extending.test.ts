/** The example package, as its reader would use it: with the packed tarball installed, and nothing else of ours. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const checkout = resolve(import.meta.dirname, "../..");
const base = mkdtempSync(join(tmpdir(), "showrunner-extending-"));
/** As deep as in the checkout: the example names the tarball relative to itself. */
const example = join(base, "examples", "extending");
const containers = join(base, "containers");
let cmdb: Server;
let url: string;

interface Manifest {
  name: string;
  version: string;
  dependencies: Record<string, string>;
  scripts: Record<string, string>;
}

const read = <T>(file: string): T => JSON.parse(readFileSync(file, "utf8"));

function must(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${error ?? ""}\n${stdout}\n${stderr}`);
}

/** Packs what is built; packing in the checkout itself would build it once more, and rewrite its package.json. */
function pack(): void {
  const staged = join(base, "staged");
  for (const path of [
    "dist",
    "src",
    "roles",
    "scaffold",
    "scripts/publish-bins.ts",
    "package.json",
    "README.md",
    "LICENSE",
  ])
    cpSync(join(checkout, path), join(staged, path), { recursive: true });
  symlinkSync(join(checkout, "node_modules"), join(staged, "node_modules"));
  const file = join(staged, "package.json");
  const manifest = read<Manifest>(file);
  delete manifest.scripts["prepare"];
  writeFileSync(file, JSON.stringify(manifest));
  must(staged, "npm", "pack", "--silent", "--pack-destination", base);
}

/** Installs what package.json says, in the versions of the checkout: their packages are in npm's cache already. */
function install(): void {
  cpSync(join(checkout, "examples", "extending"), example, {
    recursive: true,
    filter: (path) => !/node_modules|\.showrunner|package-lock\.json/.test(path),
  });
  const own = read<Manifest>(join(checkout, "package.json"));
  const lock = read<{ packages: Record<string, object> }>(join(checkout, "package-lock.json"));
  const manifest = read<Manifest>(join(example, "package.json"));
  const { showrunner: tarball } = manifest.dependencies;
  const packages = {
    ...lock.packages,
    "": manifest,
    "node_modules/showrunner": {
      version: own.version,
      resolved: tarball,
      dependencies: own.dependencies,
      bin: { run: "dist/src/cli/main.cjs", showrunner: "dist/src/cli/main.cjs" },
    },
  };
  writeFileSync(
    join(example, "package-lock.json"),
    JSON.stringify({ name: manifest.name, lockfileVersion: 3, requires: true, packages }),
  );
  must(
    example,
    "npm",
    ...["ci", "--prefer-offline", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
  );
  mkdirSync(join(example, "node_modules", "@types"), { recursive: true });
  for (const name of ["typescript", "@types/node", "undici-types"])
    symlinkSync(join(checkout, "node_modules", name), join(example, "node_modules", name));
}

/** A `docker` that knows two containers: each is a home directory of its own on this machine. */
function fakeDocker(): void {
  for (const name of ["web1", "web2"]) mkdirSync(join(containers, name), { recursive: true });
  mkdirSync(join(base, "bin"));
  const script = `#!/bin/sh
[ "$1 $2 $3 $4" = "exec --interactive --user root" ] || { echo "unexpected: $*" >&2; exit 64; }
HOME=${containers}/$5 SHOWRUNNER_STATE=${containers}/$5/state
export HOME SHOWRUNNER_STATE
[ -d "$HOME" ] || { echo "Error response from daemon: No such container: $5" >&2; exit 1; }
shift 5
exec "$@"
`;
  writeFileSync(join(base, "bin", "docker"), script, { mode: 0o755 });
}

function run(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const { PATH = "" } = process.env;
  const child = spawn("npx", ["--no-install", "run", ...args], {
    cwd: example,
    env: {
      PATH: `${join(base, "bin")}:${PATH}`,
      HOME: base,
      CMDB_URL: url,
      npm_config_update_notifier: "false",
    },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((done) => {
    child.once("close", (status) => done({ status, stdout, stderr }));
  });
}

const machines = read<{ name: string; role: string; principals: string[] }[]>(
  join(checkout, "examples", "extending", "machines.json"),
);

beforeAll(async () => {
  pack();
  install();
  fakeDocker();
  cmdb = createServer((_, response) => void response.end(JSON.stringify(machines)));
  await new Promise<void>((listening) => cmdb.listen(0, "127.0.0.1", listening));
  const address = cmdb.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
}, 60_000);

afterAll(() => {
  cmdb?.close();
  rmSync(base, { recursive: true, force: true });
});

describe("a package that extends Showrunner", { timeout: 60_000 }, () => {
  it("compiles against the package's own types", () => {
    must(example, join(example, "node_modules", "typescript", "bin", "tsc"), "-p", ".");
  });

  it("takes its hosts from elsewhere", async () => {
    const { stdout, stderr } = await run("inventory", "--graph");
    expect(stderr).toBe("");
    expect(stdout).toContain(
      "@all:\n  |--@ungrouped:\n  |  |--db1\n  |--@web:\n  |  |--web1\n  |  |--web2\n",
    );
  });

  it("says why it has none", async () => {
    const before = url;
    url = "http://127.0.0.1:9/";
    const { status, stderr } = await run("inventory", "--graph");
    url = before;
    expect(status).toBe(5);
    expect(stderr).toMatch(/cannot load inventory\/cmdb\.ts: fetch failed: /);
  });

  it("plans, applies and then has nothing left to do, over its own transport", async () => {
    const plan = await run("playbook", "logins", "--check", "--reporter", "markdown");
    expect(plan.stderr).toBe("");
    expect(plan.stdout).toContain("| web2 | kerberosLogin anna@");
    expect(plan.stdout).toMatch(/\n3 changed, 0 failed, 0 unreachable\n$/);

    const first = await run(
      "playbook",
      "logins",
      "--reporter",
      "plain",
      "--reporter",
      "./reporters/markdown.ts",
    );
    expect(first.stderr).toBe("");
    expect(first.stdout).toMatch(/web1 .*kerberosLogin/);
    expect(first.stdout).toMatch(/\n3 changed, 0 failed, 0 unreachable\n/);
    for (const { name, principals } of machines.filter(({ role }) => role === "web"))
      expect(readFileSync(join(containers, name, ".k5login"), "utf8")).toBe(`${principals.join("\n")}\n`);

    const second = await run("playbook", "logins", "--reporter", "markdown");
    expect(second).toMatchObject({ status: 0, stderr: "" });
    expect(second.stdout).toBe(
      "| host | task | |\n| --- | --- | --- |\n\n0 changed, 0 failed, 0 unreachable\n",
    );
  });

  it("lists, explains and runs its module by name", async () => {
    expect((await run("doc")).stdout).toMatch(/kerberosLogin +Lets a Kerberos principal log in\./);
    expect((await run("doc", "kerberosLogin")).stdout).toContain("Who may log in: `ann@EXAMPLE.ORG`.");
    const { status, stdout } = await run(
      "task",
      "kerberosLogin",
      '{"principal": "k"}',
      "--hosts",
      "web1",
      "--check",
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/web1 .*kerberosLogin k/);
  });

  it("tells what the transport's command says of a host that is not there", async () => {
    const { status, stdout } = await run(
      "task",
      "kerberosLogin",
      "{principal: k}",
      "--hosts",
      "db1",
      "--reporter",
      "plain",
      "--reporter",
      "markdown",
    );
    expect(status).toBe(4);
    expect(stdout).toContain("\n0 changed, 0 failed, 1 unreachable\n");
    expect(stdout).toContain(
      "no connection to db1 by docker: Error response from daemon: No such container: db1",
    );
  });

  it("names the reporters there are", async () => {
    const { status, stderr } = await run("playbook", "logins", "--reporter", "markdwon");
    expect(status).toBe(5);
    expect(stderr).toContain(`there is no reporter "markdwon" (did you mean "markdown"?)`);
    expect(stderr).toContain("there are: tty, plain, jsonl, markdown");
  });

  it("depends on the tarball that packing makes", () => {
    const { version } = read<Manifest>(join(checkout, "package.json"));
    const { dependencies } = read<Manifest>(join(example, "package.json"));
    expect(dependencies["showrunner"]).toBe(`file:../../showrunner-${version}.tgz`);
  });

  it("runs its tests, and a program of its own, by the commands that the guide gives", async () => {
    const guide = readFileSync(join(checkout, "docs", "extending.md"), "utf8");
    mkdirSync(join(example, "test"));
    for (const name of ["test/kerberos-login.cases.ts", "test/cases.test.ts", "nightly.ts"]) {
      const [, text = ""] = guide.split(`\`\`\`ts\n// ${name}\n`);
      writeFileSync(join(example, name), text.slice(0, text.indexOf("```")));
    }
    const [command = ""] = /node --import jiti\/register .*/.exec(guide) ?? [];
    expect(must(example, "sh", "-c", command)).toMatch(/pass 1$/m);
    expect(guide).toContain("`npx jiti nightly.ts`");
    const { PATH = "" } = process.env;
    const env = { PATH: `${join(base, "bin")}:${PATH}`, HOME: base, CMDB_URL: url };
    const { stdout } = await promisify(execFile)("npx", ["--no-install", "jiti", "nightly.ts"], {
      cwd: example,
      env,
    });
    expect(stdout).toMatch(/\n0 changed, 0 failed, 0 unreachable\n$/);
  });

  it("gets a new module by the command that the guide names, and holds it to the law", async () => {
    const { stdout } = await run("new", "module", "doorBell");
    expect(stdout).toContain("  modules/door-bell.ts\n");
    const law = await run("law");
    expect(law.stdout).toMatch(/^kerberosLogin +no host +1 /m);
    expect(law.stdout).toMatch(/^doorBell +no host +4 /m);
    expect(law.status).toBe(0);
  });
});
