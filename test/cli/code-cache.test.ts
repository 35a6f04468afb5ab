/** What V8 makes of our files is kept between runs, where Node.js does not do so itself. */
import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { main, project, twoHosts } from "./helpers.ts";

const [major = 0] = process.versions.node.split(".").map(Number);

interface Seen {
  /** Of our files and jiti's: those that were compiled, and those whose code was kept. */
  readonly compiled: number;
  readonly kept: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The folder of a project with one task, and what a command there does. */
function site(more: Readonly<Record<string, string>> = {}) {
  const folder = project({
    ...more,
    "inventory/lab.ts": twoHosts,
    "playbooks/site.ts": `import { debug, play, playbook } from "showrunner";
export default playbook([play("site", { hosts: "all" }, { only: () => debug({ message: "here" }) })]);
`,
    "playbooks/wrong.ts": `import { play, playbook } from "showrunner";
export default playbook([
  play("site", { hosts: "all" }, { only: () => { throw new Error("from line 3"); } }),
]);
`,
    "hook.cjs": `const vm = require("vm"), scripts = [];
vm.Script = class extends vm.Script { constructor(...all) { super(...all); scripts.push(this.cachedDataRejected); } };
process.on("exit", () => require("fs").writeFileSync("seen.json", JSON.stringify(scripts.map((one) => one === false))));
`,
  });
  const code = join(folder, "cache/showrunner/code");
  const run = async (...args: readonly string[]): Promise<Seen> => {
    const env = {
      ...process.env,
      XDG_CACHE_HOME: join(folder, "cache"),
      SHOWRUNNER_STATE: join(folder, "state"),
    };
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--require", "./hook.cjs", main, "playbook", ...args],
      { cwd: folder, env },
    ).catch((error: { stdout: string; stderr: string }) => error);
    const kept: boolean[] = JSON.parse(readFileSync(join(folder, "seen.json"), "utf8"));
    return { compiled: kept.filter((one) => !one).length, kept: kept.filter(Boolean).length, stdout, stderr };
  };
  return { code, run };
}

const files = (folder: string) => readdirSync(folder).map((name) => join(folder, name));

describe.skipIf(major > 20)("compiled code", () => {
  it("is kept: a second run compiles none of our files", async () => {
    const { code, run } = site();
    const first = await run("site");
    expect(first.kept).toBe(0);
    const second = await run("site");
    expect(second).toMatchObject({ compiled: 0, stderr: "" });
    expect(second.kept).toBeGreaterThan(8);
    expect(files(code).map((file) => statSync(file).mode & 0o777)).toEqual(files(code).map(() => 0o600));
  });

  it("is kept anew where a run needed more than those before", async () => {
    const { code, run } = site();
    await run("site", "--list-steps");
    const size = () => statSync(files(code).find((file) => /\/common-/.test(file)) ?? "").size;
    const listed = size();
    await run("site");
    expect(size()).toBeGreaterThan(listed);
    expect((await run("site")).compiled).toBe(0);
  });

  it("is not run where it is damaged or cut off, and kept anew", async () => {
    const { code, run } = site();
    await run("site");
    const [first = "", second = "", third = ""] = files(code).filter((file) =>
      /common|program|jiti/.test(file),
    );
    const damaged = readFileSync(first);
    damaged[damaged.length >> 1] = ~(damaged[damaged.length >> 1] ?? 0);
    writeFileSync(first, damaged);
    writeFileSync(second, readFileSync(second).subarray(0, -100));
    writeFileSync(third, "");
    expect(await run("site")).toMatchObject({ compiled: 3, stderr: "" });
    expect((await run("site")).compiled).toBe(0);
  });

  it("is not run where it was made of another text of the same length", async () => {
    const { code, run } = site();
    await run("site");
    const [first = ""] = files(code);
    const other = readFileSync(first);
    other.writeUInt8(other.readUInt8(0) ^ 1, 0);
    writeFileSync(first, other);
    expect((await run("site")).compiled).toBe(1);
  });

  it("is neither run nor kept where others may write to its folder", async () => {
    const { code, run } = site();
    await run("site");
    chmodSync(code, 0o777);
    const before = files(code).map((file) => statSync(file).mtimeMs);
    expect(await run("site")).toMatchObject({ compiled: 0, kept: 0, stderr: "" });
    expect(files(code).map((file) => statSync(file).mtimeMs)).toEqual(before);
  });

  it("goes after a month in which nobody made it anew", async () => {
    const { code, run } = site();
    await run("site", "--list-steps");
    const old = join(code, "gone-1-v20.0.0-x64");
    writeFileSync(old, "");
    const longAgo = Date.now() / 1000 - 40 * 24 * 3600;
    utimesSync(old, longAgo, longAgo);
    await run("site");
    expect(existsSync(old)).toBe(false);
    expect((await run("site")).compiled).toBe(0);
  });

  it("leaves the names right by which files are found", async () => {
    const { run } = site({
      "x.cjs": "",
      "playbooks/named.ts": `import { createRequire } from "node:module";
import { play, playbook } from "showrunner";
try {
  createRequire(import.meta.url)("../x");
  console.error("found x.cjs");
} catch {
  console.error("found nothing");
}
export default playbook([play("site", { hosts: "all" }, { only: () => {} })]);
`,
    });
    expect((await run("named")).stderr).toContain("found nothing");
  });

  it("leaves the user's lines right", async () => {
    const { code, run } = site();
    for (const compiled of [false, true]) {
      const { stdout, kept } = await run("wrong");
      expect(kept > 0).toBe(compiled);
      expect(stdout).toContain("from line 3");
      expect(stdout).toContain("playbooks/wrong.ts:3");
    }
    expect(existsSync(code)).toBe(true);
  });
});
