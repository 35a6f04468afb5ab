/** The script that holds the lease, in the shells that hosts have. */
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type EndFirst, keeperScript } from "../../src/core/lease/keeper-script.ts";
import { type LeaseHolder, leaseHolder } from "../../src/core/lease/lease-holder.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keeper-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (...names: string[]) => join(folder, ...names);
const shells = [["dash"], ["busybox", "sh"], ["bash"]].filter(([name = ""]) =>
  ["/bin", "/usr/bin"].some((path) => existsSync(join(path, name))),
);

interface Said {
  readonly goes?: boolean;
  readonly holder?: LeaseHolder;
  readonly shell?: number;
  heard?(line: string): unknown;
  /** Waited for before the lease is given back. */
  release?(): Promise<void>;
}

/** What the keeper says from first to last; it is told to go on where it asks, and to give the lease back. */
async function said(
  words: readonly string[],
  end: EndFirst = "nothing",
  { goes = true, holder = leaseHolder("test"), shell = process.pid, heard, release }: Said = {},
): Promise<string[]> {
  const [name = "", ...args] = words;
  const script = keeperScript(holder, { shell, wait: 2, end });
  const keeper = spawn(name, [...args, "-c", script.text], {
    env: { ...process.env, SHOWRUNNER_STATE: folder },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: keeper.stdout })) {
    // its name is random
    if (!line.startsWith("lock ")) lines.push(line);
    heard?.(line);
    if (line.startsWith("granted")) await release?.();
    if (line === "ready" && goes) keeper.stdin.write("go\n");
    else if (line === "ready") keeper.stdin.end();
    if (line.startsWith("granted")) keeper.stdin.write("release\n");
  }
  return lines;
}

/** What a run that died left: a command in a session that is written down. */
function leaveCommand(seconds: number) {
  const command = spawn("sleep", [String(seconds)], { detached: true, stdio: "ignore" });
  const begun = readFileSync(`/proc/${command.pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
  mkdirSync(at("run"), { recursive: true });
  writeFileSync(at("run/sessions"), `${command.pid} ${begun}\n`);
  writeFileSync(at("run/holder"), '{"run":"dead"}\n');
  return command;
}

describe.each(shells)("the keeper in %s", (...words) => {
  test("waits for the commands of a dead run, and leaves no record of them", async () => {
    const command = leaveCommand(30);
    const heard = (line: string) => line.startsWith("orphans") && command.kill();
    expect(await said(words, "nothing", { heard })).toEqual([
      `orphan ${command.pid} sleep 30 `,
      'orphans {"run":"dead"}',
      "ready",
      "granted ",
      "released",
    ]);
    expect(readdirSync(at("run")).sort()).toEqual(["last", "lease", "name"]);
  });

  test("takes no process for one of a run by what the process is called", async () => {
    const gone = 77777;
    mkdirSync(at("run"));
    writeFileSync(at("run/sessions"), `${gone} 1\n`);
    writeFileSync(at("run/holder"), '{"run":"dead"}\n');
    const forged = spawn("sh", ["-c", `printf 'a) R 1 1 ${gone}\\n' >/proc/$$/comm; echo; read -r end`]);
    await new Promise((named) => forged.stdout.once("data", named));
    expect(await said(words)).toEqual(["ready", "granted ", "released"]);
    forged.kill();
  });

  test("is late where that does not end in time, and the next one waits for it as well", async () => {
    const command = leaveCommand(30);
    for (const _ of "ab")
      expect((await said(words)).map((line) => line.split(" ")[0])).toEqual(["orphan", "orphans", "late"]);
    expect(readdirSync(at("run")).sort()).toEqual(["lease", "left", "left-sessions", "name"]);
    command.kill();
    expect(await said(words)).toContain("granted ");
  });

  test("leaves nothing if the run that asked for it has ended", async () => {
    expect((await said(words, "nothing", { goes: false }))[0]).toBe("ready");
    expect(readdirSync(at("run"))).toEqual(["lease", "name"]);
  });

  test("ends it in a take-over", async () => {
    const command = leaveCommand(30);
    expect(await said(words, "all")).toEqual(['ended {"run":"dead"}', "ready", "granted ", "released"]);
    expect(command.signalCode).toBe("SIGTERM");
  });

  test("ends idle shells only of the run that is named", async () => {
    const { pid } = leaveCommand(30);
    const sessions = readFileSync(at("run/sessions"), "utf8");
    writeFileSync(at("run/sessions"), sessions.replace("\n", ` ${pid}\n`));
    expect(await said(words, { idleOf: "another" })).toEqual(["ready", "granted ", "released"]);
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    writeFileSync(at("run/sessions"), sessions.replace("\n", ` ${pid}\n`));
    writeFileSync(at("run/holder"), '{"run":"dead"}\n');
    expect(await said(words, { idleOf: "dead" })).toContain("released");
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  test("touches nothing where its folder is not its own", async () => {
    mkdirSync(at("victim"));
    symlinkSync(at("victim"), at("run"));
    const owner = userInfo().username;
    expect(await said(words)).toEqual([`refused ${at("run")} is ${owner}'s symbolic link`]);
    expect(readdirSync(at("victim"))).toEqual([]);
  });

  test("notes the shell of a run that has the lease under another name", async () => {
    const holder = leaseHolder("test");
    const shell = spawn("sleep", ["30"], { detached: true, stdio: "ignore" });
    let sessions = "";
    let other: Promise<string[]> | undefined;
    const heard = (line: string) => {
      if (line.startsWith("granted")) other = said(words, "nothing", { holder, shell: shell.pid ?? 0 });
    };
    await said(words, "nothing", {
      holder,
      heard,
      release: async () => {
        await other;
        sessions = readFileSync(at("run/sessions"), "utf8");
      },
    });
    shell.kill();
    expect((await other)?.[0]).toBe(`held ${JSON.stringify(holder)}`);
    expect(sessions).toMatch(new RegExp(`^${shell.pid} `, "m"));
  });

  test("says its lock's name, which is the same for every run", async () => {
    const names = new Set<string>();
    const heard = (line: string) => line.startsWith("lock ") && names.add(line);
    await Promise.all(["a", "b", "c"].map(() => said(words, "nothing", { heard })));
    await said(words, "nothing", { heard });
    expect([...names]).toEqual([expect.stringMatching(/^lock [0-9a-f]{24}$/)]);
  });

  test("has a folder that others can't look into, nor lock", async () => {
    await said(words);
    expect(statSync(at("run")).mode & 0o777).toBe(0o700);
  });
});
