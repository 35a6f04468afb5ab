import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

/** The command's built file. */
export const main = fileURLToPath(new URL("../../dist/src/cli/main.cjs", import.meta.url));
const base = mkdtempSync(join(tmpdir(), "showrunner-cli-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A user's project: a folder with a package.json and the files given. */
export function project(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(base, "project-"));
  for (const [name, text] of Object.entries({ "package.json": '{ "type": "module" }', ...files })) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

/** Two hosts, both this machine. */
export const twoHosts = `import { inventory } from "showrunner";
export default inventory({
  settings: { transport: "local" },
  hosts: { web1: {}, web2: {} },
  groups: { web: { hosts: ["web1", "web2"] } },
});
`;

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
}

/** Starts the command line as a process. */
export function start(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Started {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH, HOME: base, XDG_CACHE_HOME: join(base, "cache"), ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
  return { child, ended };
}

/** Runs the command line to its end. */
export function run(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return start(cwd, args, env).ended;
}
