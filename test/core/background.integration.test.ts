/** Work in the background, on this machine. */
import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type ErrorCode, ShowrunnerError } from "../../src/base/errors.ts";
import { rawScript, type Script, sh } from "../../src/base/script.ts";
import { secret } from "../../src/base/secret.ts";
import { runDetached } from "../../src/core/engine/detached.ts";
import { lookScript, outputScript, startScript, tidyScript } from "../../src/core/engine/detached-scripts.ts";
import { play, playbook } from "../../src/core/plays/play.ts";
import { runPlays } from "../../src/core/plays/run.ts";
import { background, type Job } from "../../src/core/steps/background.ts";
import type { TaskOptions } from "../../src/core/tasks/task.ts";
import { inventory } from "../../src/inventory/index.ts";
import { type CommandValue, command, debug, shell } from "../../src/modules/index.ts";
import { connector } from "../../src/transport/connect.ts";
import { Session } from "../../src/transport/session.ts";
import type { Output } from "../../src/transport/transport.ts";
import { runHere } from "../modules/local.ts";

const folder = mkdtempSync(join(tmpdir(), "background-"));
const state = join(folder, "state");
const jobs = join(state, "lib", "jobs");
const marker = join(folder, "marker");
vi.stubEnv("SHOWRUNNER_STATE", state);
beforeEach(() => {
  rmSync(state, { recursive: true, force: true });
  rmSync(marker, { force: true });
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const poll = { poll: "50ms" } as const;

describe("a task in the background", () => {
  it("goes on while the step does, gives its result, and leaves no files", async () => {
    const order: string[] = [];
    const ran = await runHere(async () => {
      const job = await background(
        shell({ cmd: sh`until [ -e ${marker} ]; do sleep 0.05; done; echo out; echo err >&2; umask` }),
        poll,
      );
      expect(job.finished()).toBe(false);
      expect(existsSync(jobs)).toBe(true);
      order.push((await command({ argv: ["echo", "meanwhile"] })).value.stdout);
      writeFileSync(marker, "");
      const { value, changed } = await job.wait();
      expect(value).toEqual({ stdout: "out\n0022\n", stderr: "err\n", status: 0 });
      expect([changed, job.finished()]).toEqual([true, true]);
      order.push("job");
    });
    expect(ran.error).toBeUndefined();
    expect(order).toEqual(["meanwhile\n", "job"]);
    expect(ran.told).toEqual(["command changed run", "shell changed run"]);
    expect(existsSync(jobs)).toBe(false);
  });

  it("fails for the code that waits for it, with its output", async () => {
    const ran = await runHere(async () => {
      const job = await background(command({ argv: ["sh", "-c", "echo said; exit 3"] }), poll);
      await expect(job.wait()).rejects.toMatchObject({
        message: expect.stringMatching(/: ended with status 3$/),
        details: ["said"],
      });
    });
    expect(ran.error).toBeUndefined();
  });

  it("is waited for at the play's end, before the handlers that it notifies", async () => {
    const ran = await runHere(async () => {
      await background(shell({ cmd: "sleep 0.3" }, { notify: debug({ message: "told" }) }), poll);
    });
    expect(ran.told).toEqual(["shell changed run", "debug ok"]);
    const failed = await runHere(async () => {
      await background(shell({ cmd: "sleep 0.2; exit 4" }), poll);
    });
    expect(failed).toMatchObject({
      exitCode: 2,
      error: { message: expect.stringMatching(/: ended with status 4$/) },
    });
  });

  it("waits by itself for the turn that its throttle gives it, while the step goes on", async () => {
    const ran = await runHere(async () => {
      const one = () => shell({ cmd: sh`until [ -e ${marker} ]; do sleep 0.05; done` }, { throttle: 1 });
      const [first, second] = [await background(one(), poll), await background(one(), poll)];
      await debug({ message: "meanwhile" });
      expect([first.finished(), second.finished()]).toEqual([false, false]);
      writeFileSync(marker, "");
      await second.wait();
      expect(first.finished()).toBe(true);
    });
    expect(ran.error).toBeUndefined();
    expect(ran.told).toEqual(["debug ok", "shell changed run", "shell changed run"]);
  });

  it("is ended with its process group when its time is over", async () => {
    const late = 2_000_000_000 + process.pid;
    const ran = await runHere(async () => {
      const job = await background(
        shell({ cmd: sh`sleep ${late} & sleep ${late}` }, { timeout: "1s" }),
        poll,
      );
      await job.wait();
    });
    expect(ran.error).toMatchObject({ code: "task.timeout", message: "did not end within 1 s" });
    expect(processes(`sleep ${late}`)).toEqual([]);
    expect(existsSync(jobs)).toBe(false);
  });

  it("keeps a secret out of every process list and file", async () => {
    const value = "job-s3cret";
    const ran = await runHere(async () => {
      const task = shell(
        { cmd: sh`until [ -e ${marker} ]; do sleep 0.05; done; echo "$TOKEN"` },
        { environment: { TOKEN: secret(value) } },
      );
      const job = await background(task, poll);
      expect(processes(value)).toEqual([]);
      expect(execFileSync("find", [jobs, "-type", "f", "-exec", "cat", "{}", "+"]).toString()).not.toContain(
        value,
      );
      writeFileSync(marker, "");
      expect((await job.wait()).value.stdout).toBe(`${value}\n`);
    });
    expect(ran.error).toBeUndefined();
    expect(JSON.stringify(ran.events)).not.toContain(value);
  });

  it("starts nothing in a check, and waiting gives what the task would", async () => {
    const ran = await runHere(
      async () => {
        const job = await background(shell({ cmd: sh`: >${marker}`, creates: marker }), poll);
        expect(job.finished()).toBe(true);
        expect((await job.wait()).changed).toBe(true);
      },
      { check: true },
    );
    expect(ran).toMatchObject({ error: undefined, told: ["shell changed run"] });
    expect(existsSync(marker) || existsSync(jobs)).toBe(false);
  });

  it("that does not differ, or only reads, is no job", async () => {
    const ran = await runHere(async () => {
      const right = await background(shell({ cmd: "exit 1", creates: "/" }), poll);
      const reads = await background(command({ argv: ["echo", "x"], readOnly: true }), poll);
      expect([right.finished(), reads.finished()]).toEqual([true, true]);
      expect((await reads.wait()).value.stdout).toBe("x\n");
    });
    expect(ran).toMatchObject({ error: undefined, told: ["shell ok", "command ok"] });
  });

  it("may be of several that are the same", async () => {
    const ran = await runHere(async () => {
      const task = () => background(shell({ cmd: sh`sleep 0.2; echo x >>${marker}` }), poll);
      for (const job of [await task(), await task()]) await job.wait();
    });
    expect(ran.error).toBeUndefined();
    expect(readFileSync(marker, "utf8")).toBe("x\nx\n");
  });

  it("goes on when the run is interrupted, and the next run joins it", async () => {
    const go = join(folder, "go");
    const task = () =>
      shell({ cmd: sh`echo begun >>${marker}; until [ -e ${go} ]; do sleep 0.05; done; echo done` });
    const interrupt = new AbortController();
    const first = await runWith(async () => {
      await background(task(), poll);
      interrupt.abort();
      await sleep(5000, undefined, { signal: interrupt.signal });
    }, interrupt.signal);
    expect(first.exitCode).toBe(99);
    await vi.waitFor(() => expect(readFileSync(marker, "utf8")).toBe("begun\n"));
    let second: Job<CommandValue> | undefined;
    const ran = await runHere(async () => {
      second = await background(task(), poll);
      writeFileSync(go, "");
      expect((await second.wait()).value.stdout).toBe("done\n");
    });
    expect(ran.error).toBeUndefined();
    expect(ran.events.flatMap((event) => (event.type === "message" ? [event.text] : []))).toEqual([
      expect.stringMatching(/^shell .* runs already: joining it$/),
    ]);
    expect(readFileSync(marker, "utf8")).toBe("begun\n");
    expect(existsSync(jobs)).toBe(false);
  });
});

describe("a job of an interrupted run", () => {
  const cmd = sh`until [ -e ${marker} ]; do sleep 0.05; done; umask; echo "$WHICH"`;
  const leave = async (options: TaskOptions<CommandValue>) => {
    const interrupt = new AbortController();
    await runWith(async () => {
      await background(shell({ cmd }, options), poll);
      interrupt.abort();
      await sleep(5000, undefined, { signal: interrupt.signal });
    }, interrupt.signal);
  };
  const next = async (options: TaskOptions<CommandValue>, environment?: Record<string, string>) => {
    let stdout = "";
    const body = async () => {
      const job = await background(shell({ cmd }, options), poll);
      writeFileSync(marker, "");
      stdout = (await job.wait()).value.stdout;
    };
    const ran = await runHere(body, environment ? { environment } : {});
    return { ran, stdout };
  };
  const finish = async () => {
    writeFileSync(marker, "");
    await vi.waitFor(() => expect(execFileSync("find", [jobs, "-name", "status"]).toString()).not.toBe(""));
  };

  it("is not joined by a task with another umask, or whose play has another environment", async () => {
    await leave({});
    const { stdout } = await next({ umask: "027" }, { WHICH: "second" });
    expect(stdout).toBe("0027\nsecond\n");
    await finish();
  });

  it("is not joined by one with another secret, which is told instead", async () => {
    await leave({ environment: { WHICH: secret("first-secret") } });
    const { ran, stdout } = await next({ environment: { WHICH: secret("second-secret") } });
    expect(stdout).toBe("");
    expect(ran.error?.message).toContain("an earlier run's job for this task still does something else");
    await finish();
  });
});

describe("mistakes with it", () => {
  it("are told with the line: nothing awaited, no task, an unknown option", async () => {
    const loose = await runHere(async () => {
      const job = await background(shell({ cmd: ":" }), poll);
      void job.wait();
    });
    expect(loose.error?.message).toContain("wait for shell : was made in this step and never awaited");
    const never = await runHere(async () => {
      void background(shell({ cmd: ":" }), poll);
    });
    expect(never.error?.message).toContain("background shell : was made in this step and never awaited");
    const task = JSON.parse('"sleep 1"');
    expect(() => background(task)).toThrow("background(task): expected a task, got string");
    expect(() => background(shell({ cmd: ":" }), { poll: 0 })).toThrow(
      /poll: expected a time .*, above 0, got 0$/,
    );
    expect(() => background(shell({ cmd: ":" }), JSON.parse('{"pol": 1}'))).toThrow(/no option pol/);
  });
});

describe("a host that does not answer as it should", () => {
  const job = (spoilt: number, output: Partial<Output>) => {
    let asked = 0;
    class Spoilt extends Session {
      override async run(...request: Parameters<Session["run"]>): Promise<Output[]> {
        const outputs = await super.run(...request);
        return asked++ === spoilt ? outputs.map((right) => ({ ...right, ...output })) : outputs;
      }
    }
    const session = new Spoilt(
      connector("local", { name: "here", address: "localhost", port: 22, user: undefined }),
    );
    const { signal } = new AbortController();
    const detachment = {
      id: "spoilt",
      poll: 10,
      signal,
      started: () => undefined,
      reconnected: async () => undefined,
    };
    const script = sh`until [ -e ${marker} ]; do sleep 0.05; done`;
    return runDetached(session, undefined, script, detachment, { timeout: 60_000 }).finally(() =>
      session.close(),
    );
  };
  const empty = Buffer.alloc(0);

  it.each([
    ["says nothing", { stdout: empty }],
    ["says nothing, and that it failed", { stdout: empty, stderr: Buffer.from("sh: no fork"), status: 2 }],
    ["fails, with a number", { stdout: Buffer.from("0\n"), status: 1 }],
    ["says something else", { stdout: Buffer.from("Killed\n") }],
  ])("is no end of the job where it %s", async (_, output) => {
    await expect(job(1, output)).rejects.toMatchObject({
      code: "change.failed",
      message: "the host does not say whether the job in the background has ended: it may still run",
    });
    expect(existsSync(join(jobs, "spoilt", "pid"))).toBe(true);
    writeFileSync(marker, "");
    await vi.waitFor(() => expect(existsSync(join(jobs, "spoilt", "status"))).toBe(true));
  });
});

describe("a job whose host is away for a while", () => {
  /** The third request, a look, fails with an error. */
  const waitFor = async (code: ErrorCode) => {
    const order: string[] = [];
    let asked = 0;
    class Failing extends Session {
      override async run(...request: Parameters<Session["run"]>): Promise<Output[]> {
        order.push("ask");
        if (++asked === 3) throw new ShowrunnerError(code, "as the test wants it");
        if (asked === 4) writeFileSync(marker, "");
        return super.run(...request);
      }
      override reconnect(): void {
        order.push("reconnect");
        super.reconnect();
      }
    }
    const session = new Failing(
      connector("local", { name: "here", address: "localhost", port: 22, user: undefined }),
    );
    const detachment = {
      id: "away",
      poll: 10,
      signal: new AbortController().signal,
      started: () => undefined,
      reconnected: async () => void order.push("lease"),
    };
    const script = sh`until [ -e ${marker} ]; do sleep 0.05; done; seq 200000`;
    const output = await runDetached(session, undefined, script, detachment, { timeout: 60_000 });
    await session.close();
    expect(output).toMatchObject({ status: 0 });
    expect(output.stdout.toString().split("\n")).toHaveLength(200_001);
    return order.slice(0, 6);
  };

  it("has its lease taken again over the new connection, before anything is asked", async () => {
    expect(await waitFor("host.lost")).toEqual(["ask", "ask", "ask", "reconnect", "lease", "ask"]);
  });

  it("keeps the connection that others use when only an answer is late", async () => {
    expect(await waitFor("task.timeout")).toEqual(["ask", "ask", "ask", "ask", "ask", "ask"]);
  });
});

/** Each shell as both the one that starts a job and the one that keeps it. */
describe.each([
  ["dash", "dash"],
  ["busybox", "busybox"],
  ["bash", "bash"],
])("the scripts in %s", (_, shellName) => {
  const bin = mkdtempSync(join(folder, "bin-"));
  symlinkSync(execFileSync("which", [shellName]).toString().trim(), join(bin, "sh"));
  const run = (script: Script) =>
    execFileSync(join(bin, "sh"), ["-c", script.text], {
      env: { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, SHOWRUNNER_STATE: state },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  /** Seconds that no other process of the machine sleeps. */
  const limit = 1_000_000_000 + process.pid;
  const look = async (id: string) => {
    for (;;) {
      const said = run(lookScript(id));
      if (/^(\d+|late)\n$/.test(said)) return said + run(outputScript(id));
      if (said !== "running\n") return said;
      await sleep(50);
    }
  };

  it("start once, join what runs, tell the end, and leave nothing", async () => {
    const go = join(folder, `go-${shellName}`);
    const script = rawScript(
      `echo begun >>${marker}; until [ -e ${go} ]; do sleep 0.05; done; echo "it's"; exit 3`,
    );
    expect(run(startScript("job", "one", script, limit))).toBe("started\n");
    expect(run(startScript("job", "one", script, limit))).toBe("started\n");
    expect(run(startScript("job", "two", script, limit))).toBe("joined\n");
    expect(run(lookScript("job"))).toBe("running\n");
    writeFileSync(go, "");
    expect(await look("job")).toBe("3\nit's\n");
    expect(run(startScript("job", "two", script, limit))).toBe("started\n");
    expect(readFileSync(marker, "utf8")).toBe("begun\n");
    // what nobody has waited for is done again by another run
    expect(run(startScript("job", "three", script, limit))).toBe("started\n");
    await look("job");
    expect(readFileSync(marker, "utf8")).toBe("begun\nbegun\n");
    run(tidyScript("job"));
    expect(existsSync(join(state, "lib"))).toBe(false);
    expect(processes(`sleep ${limit}`)).toEqual([]);
  });

  it("leave nothing behind of a job that ends at once", async () => {
    const brief = (process.pid % 50) + 7; // naps are of a minute at most: in seconds that few others would sleep
    for (let round = 0; round < 8; round++) {
      run(startScript("job", String(round), rawScript(":"), brief));
      expect(await look("job")).toBe("0\n");
    }
    await vi.waitFor(() => expect(processes(`sh -s ${join(jobs, "job")}`)).toEqual([]));
    const left = execFileSync("ps", ["-eo", "ppid=,args="], { encoding: "utf8" }).split("\n");
    expect(left.filter((line) => line.trim() === `1 sleep ${brief}`)).toEqual([]);
  });

  it("are told apart: a job of the same name that does something else is not joined", async () => {
    const script = (does: string) => rawScript(`until [ -e ${marker} ]; do sleep 0.05; done; echo ${does}`);
    run(startScript("job", "one", script("one"), limit));
    expect(run(startScript("job", "two", script("another"), limit))).toBe("other\n");
    expect(run(startScript("job", "two", script("one"), limit))).toBe("joined\n");
    writeFileSync(marker, "");
    expect(await look("job")).toBe("0\none\n");
    expect(run(startScript("job", "three", script("another"), limit))).toBe("started\n");
    expect(await look("job")).toBe("0\nanother\n");
  });

  it.each([
    ["the folder of jobs", join(state, "lib", "jobs")],
    ["the folder around it", join(state, "lib")],
  ])("refuse %s where it is not this user's own", async (_, path) => {
    run(startScript("job", "one", rawScript(`until [ -e ${marker} ]; do sleep 0.05; done`), limit));
    const away = join(folder, "elsewhere");
    renameSync(path, away);
    symlinkSync(away, path);
    for (const script of [
      startScript("job", "two", rawScript(":"), limit),
      lookScript("job"),
      tidyScript("job"),
    ])
      expect(() => run(script)).toThrow(/Command failed/);
    rmSync(path);
    renameSync(away, path);
    expect(run(lookScript("job"))).toBe("running\n");
    writeFileSync(marker, "");
    expect(await look("job")).toBe("0\n");
  });

  it("tell that a job was killed, and end what it has left", async () => {
    run(startScript("job", "one", rawScript(`sleep ${limit + 1}; :`), 100));
    const [pid = ""] = readFileSync(join(jobs, "job", "pid"), "utf8").split(" ");
    process.kill(Number(pid), "SIGKILL");
    expect(await look("job")).toBe("lost\n");
    await vi.waitFor(() => expect(processes(`sleep ${limit + 1}`)).toEqual([]));
  });

  it("end no process group that has got a lost job's number", async () => {
    run(startScript("job", "one", rawScript("sleep 0.1"), 100));
    expect(await look("job")).toBe("0\n");
    const other = spawn("sleep", [String(limit + 2)], { detached: true, stdio: "ignore" });
    rmSync(join(jobs, "job", "status"));
    writeFileSync(join(jobs, "job", "pid"), `${other.pid} 1\n`);
    expect(await look("job")).toBe("lost\n");
    expect(processes(`sleep ${limit + 2}`)).toHaveLength(1);
    other.kill();
  });

  it("know a running job on a host without /proc", async () => {
    run(startScript("job", "one", rawScript(`until [ -e ${marker} ]; do sleep 0.05; done`), limit));
    const file = join(jobs, "job", "pid");
    const right = readFileSync(file, "utf8");
    writeFileSync(file, `${right.split(" ")[0]} \n`);
    expect(run(lookScript("job"))).toBe("running\n");
    writeFileSync(file, right);
    writeFileSync(marker, "");
    expect(await look("job")).toBe("0\n");
  });

  it("leave a job its own names: no arguments, no functions", async () => {
    const script = rawScript("echo $#; command -v write; type end; :");
    run(startScript("job", "one", script, limit));
    expect(await look("job")).toMatch(/^0\n0\n(?!.*function)/s);
  });

  it("end a job that is late, whatever it does against it", async () => {
    run(startScript("job", "one", rawScript(`trap '' TERM; echo on; sleep ${limit}; sleep ${limit}`), 3));
    expect(await look("job")).toBe("late\non\n");
    await vi.waitFor(() => expect(processes(`sleep ${limit}`)).toEqual([]));
  });
});

it("a host without setsid gives a job a process group of its own, where its shell can", async () => {
  const bin = mkdtempSync(join(folder, "bin-"));
  const link = (name: string, as = name) =>
    symlinkSync(execFileSync("which", [name]).toString().trim(), join(bin, as));
  for (const name of ["id", "mkdir", "cat", "rm", "rmdir", "mv", "sleep"]) link(name);
  link("bash", "sh");
  const run = (script: Script) =>
    execFileSync(join(bin, "sh"), ["-c", script.text], {
      env: { PATH: bin, SHOWRUNNER_STATE: state },
      encoding: "utf8",
    });
  const long = 1_500_000_000 + process.pid;
  expect(run(startScript("job", "one", rawScript(`sleep ${long} & sleep ${long}`), 1))).toBe("started\n");
  await vi.waitFor(() => expect(run(lookScript("job"))).toBe("late\n"), { timeout: 10_000 });
  await vi.waitFor(() => expect(processes(`sleep ${long}`)).toEqual([]));
});

/** Command lines of this machine that contain a text. */
function processes(text: string): string[] {
  return execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(text));
}

function runWith(body: () => Promise<void>, signal: AbortSignal) {
  return runPlays({
    playbook: playbook([play("test", { hosts: "all" }, { step: body })]),
    name: "test",
    inventoryName: "local",
    inventory: inventory({ hosts: { here: {} } }),
    access: () => ({
      lease: false,
      connect: connector("local", { name: "here", address: "localhost", port: 22, user: undefined }),
    }),
    signal,
  });
}
