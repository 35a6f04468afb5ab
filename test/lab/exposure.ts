/** Looks for a text where other users and later readers of a host would find it. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { printBytes } from "../../src/base/script.ts";
import { run as runInside } from "../../src/lab/index.ts";
import type { TestLab } from "./support.ts";

/**
 * Reads new processes' command lines and environments, each again and again while it is young: a process begins as a
 * copy of its parent, and becomes another program a moment later. In a process of its own, as fast as it can.
 */
const watcher = `
const { readdirSync, readFileSync, writeSync } = require("node:fs");
const [token] = process.argv.slice(1);
const pause = new Int32Array(new SharedArrayBuffer(4));
const born = new Map();
const told = new Set();
for (;;) {
  const now = Date.now();
  const pids = readdirSync("/proc").filter((name) => /^\\d+$/.test(name) && name !== String(process.pid));
  for (const pid of born.keys()) if (!pids.includes(pid)) born.delete(pid);
  for (const pid of pids) {
    if (!born.has(pid)) born.set(pid, now);
    if (now - born.get(pid) > 300 && now % 500 > 20) continue;
    for (const kind of ["cmdline", "environ"])
      try {
        const text = readFileSync("/proc/" + pid + "/" + kind, "latin1");
        for (let at = text.indexOf(token); at !== -1; at = text.indexOf(token, at + 1)) {
          const line = kind + " " + text.slice(at, at + 60).replaceAll("\\0", " ").replaceAll("\\n", " ");
          if (told.has(line)) continue;
          told.add(line);
          writeSync(1, line + "\\n");
        }
      } catch {}
  }
  Atomics.wait(pause, 0, 0, 1);
}`;

export interface ProcessWatch {
  /** Pieces of command lines, from the text on. */
  readonly commandLines: () => readonly string[];
  readonly environments: () => readonly string[];
  stop(): Promise<void>;
}

/** Watches all processes of this machine, those of the lab's hosts included, for a text. */
export async function watchProcesses(token: string): Promise<ProcessWatch> {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [
    "-",
    token.slice(0, 3),
    token.slice(3),
  ]);
  // the text itself must not stand in the watcher's own command line
  child.stdin.end(
    watcher.replace(
      "const [token] = process.argv.slice(1);",
      'const token = process.argv.slice(2).join("");',
    ),
  );
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString("latin1");
  });
  await sleep(300);
  const lines = (kind: string) =>
    said
      .split("\n")
      .filter((line) => line.startsWith(`${kind} `))
      .map((line) => line.slice(kind.length + 1));
  return {
    commandLines: () => lines("cmdline"),
    environments: () => lines("environ"),
    async stop() {
      child.kill("SIGKILL");
      await new Promise((ended) => child.once("close", ended));
    },
  };
}

const argvLog = "/var/log/words-of-programs";

/**
 * Has every program of a host that is found by PATH write down its words first: some live too short to be watched.
 * Each gets a script of its name before it in PATH, which forks nothing.
 */
export async function recordPrograms(lab: TestLab, host: string): Promise<void> {
  await inside(
    lab,
    host,
    `umask 022; : >${argvLog}; chmod 666 ${argvLog}
for program in /usr/sbin/* /usr/bin/*; do
  [ -f "$program" ] && [ -x "$program" ] || continue
  printf '#!/bin/sh\\nprintf "%%s " "$0" "$@" >>${argvLog}; echo >>${argvLog}\\nexec %s "$@"\\n' "$program" >"/usr/local/bin/\${program##*/}"
done
chmod 755 /usr/local/bin/*`,
  );
}

/** What the programs of a host were called with, a line each. */
export async function recordedPrograms(lab: TestLab, host: string): Promise<string> {
  return inside(lab, host, `cat ${argvLog}`);
}

/**
 * The files of a host that hold a text, those in /tmp, /run and /dev/shm included, and the lines of its journal.
 *
 * @param spellings each is looked for
 */
export async function filesWith(lab: TestLab, host: string, spellings: readonly string[]): Promise<string[]> {
  // the texts come by a pipe: in grep's words they would be in the process list
  const patterns = printBytes(Buffer.from(`${spellings.join("\n")}\n`));
  const found = await inside(
    lab,
    host,
    `umask 077; since=/var/log/before-secrets patterns=/root/.patterns; ${patterns} >$patterns
find / \\( -path /proc -o -path /sys -o -path /usr -o -path $patterns -o -path ${argvLog} -o -path /var/log/journal \\) -prune -o -type f -size -100M \\( -newer $since -o -cnewer $since \\) -print0 |
  xargs -0 grep -lFf $patterns --
journalctl --no-pager | grep -aFf $patterns
rm $patterns; :`,
  );
  return found.split("\n").filter((line) => line !== "");
}

/** Marks the moment from which on `filesWith` looks. */
export const markNow = (lab: TestLab, host: string) =>
  inside(lab, host, ": >/var/log/before-secrets; sleep 1");

/** Runs a script on a host beside the product; its text is no argument, which would be in the process list. */
export function inside(lab: TestLab, host: string, script: string): Promise<string> {
  return runInside(lab.spec, host, [
    "/bin/sh",
    "-c",
    `eval "$(/usr/bin/base64 -d <<'END'\n${encoded(script)}\nEND\n)"`,
  ]);
}

/** Past the recording ones. */
const path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

const encoded = (script: string) => Buffer.from(`${path}\n${script}`).toString("base64");
