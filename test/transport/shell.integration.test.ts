import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { printBytes, quote } from "../../src/base/script.ts";
import { MarkerReader } from "../../src/transport/frames.ts";
import { connectLocal } from "../../src/transport/local.ts";
import { isInFile } from "../../src/transport/output.ts";
import { Session } from "../../src/transport/session.ts";
import { FramedShell } from "../../src/transport/shell.ts";
import { Spool } from "../../src/transport/spool.ts";
import { startScript } from "../../src/transport/start.ts";
import { nothingRuns } from "../../src/transport/start-refused.ts";
import type { Connection, Output } from "../../src/transport/transport.ts";

const candidates = ["dash", "bash --posix", "busybox sh"];
const shells = candidates.filter((shell) => spawnSync("sh", ["-c", `${shell} -c :`]).status === 0);

it.each(candidates)("%s is there to be tested with", (shell) => {
  expect(shells).toContain(shell);
});

describe.each(shells)("the protocol in %s", (shell) => {
  let connection: Connection;
  let framed: FramedShell;
  const text = async (script: string) => {
    const [output] = await framed.run([script]);
    return { stdout: output?.stdout.toString(), stderr: output?.stderr.toString(), status: output?.status };
  };

  beforeAll(async () => {
    connection = await connectLocal();
    framed = new FramedShell(await connection.spawn(`exec ${shell}`), {
      endGroup: async () => undefined,
      explainStart: nothingRuns("ann"),
    });
  });
  afterAll(() => connection.close());

  it("asks nothing where one of several requests can't be written, and nobody's promise is left behind", async () => {
    const local = await connectLocal();
    const fresh = new FramedShell(await local.spawn(`exec ${shell}`), {
      endGroup: async () => undefined,
      explainStart: nothingRuns("ann"),
    });
    await expect(fresh.run(["true", "a\0b"])).rejects.toThrow();
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    await fresh.close();
    await fresh.ended;
    await sleep(10);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    await local.close();
  });

  it("gives stdout, stderr and the status apart", async () => {
    expect(await text("echo out; echo err >&2; exit 7")).toEqual({
      stdout: "out\n",
      stderr: "err\n",
      status: 7,
    });
  });

  it("keeps output as it is, without a newline at its end", async () => {
    expect((await text("printf 'a\\n\\nb'")).stdout).toBe("a\n\nb");
  });

  it("is soiled by a script that leaves a process with its streams, and by none other", async () => {
    const local = await connectLocal();
    const endGroup = async () => undefined;
    const fresh = new FramedShell(await local.spawn(`exec ${shell}`), {
      endGroup,
      explainStart: nothingRuns("ann"),
    });
    await fresh.run(["( sleep 0.1 ) & wait; (exit 3)"], { mayLeave: true });
    expect(fresh.isSoiled).toBe(false);
    const [output] = await fresh.run(["sleep 30 & echo $!; exit 4"], { mayLeave: true });
    expect(output?.status).toBe(4);
    expect(fresh.isSoiled).toBe(true);
    process.kill(Number(output?.stdout));
    await local.close();
  });

  it("answers each of several requests as soon as it has run, and counts a time limit from its turn", async () => {
    const requests = [
      { scripts: ["sleep 0.5; echo one"] },
      { scripts: ["echo two", "exit 3"], timeout: 400 },
    ];
    const [first, second] = framed.send(requests).map(async (answers) => {
      const outputs = await answers;
      return outputs.map(({ stdout, status }) => `${stdout.toString().trim()} ${status}`);
    });
    expect(await first).toEqual(["one 0"]);
    expect(await second).toEqual(["two 0", " 3"]);
  });

  it("tells each answer of a request as it comes, and holds all of them to one limit of time and of length", async () => {
    const local = await connectLocal();
    const fresh = new FramedShell(await local.spawn(`exec ${shell}`), {
      endGroup: async (pid) => void process.kill(-pid),
      explainStart: nothingRuns("ann"),
    });
    const told: string[] = [];
    const onAnswer = (index: number, { stdout }: Output) => void told.push(`${index} ${stdout}`.trim());
    const slow = Array.from({ length: 4 }, (_, index) => `sleep 0.4; echo ${index}`);
    const [late] = fresh.send([{ scripts: slow, timeout: 1000, onAnswer }]);
    await expect(late).rejects.toMatchObject({ code: "task.timeout" });
    expect(told).toEqual(["0 0", "1 1"]);

    const [long = [], own = []] = await Promise.all(
      framed.send([
        { scripts: ["echo 12345", "echo 12345", "echo 1", "true"], limits: [9, 9, 9, 9], limit: 10 },
        { scripts: ["echo 12345"], limits: [9] },
      ]),
    );
    expect(long[0]?.stdout.toString()).toBe("12345\n");
    expect(() => long[1]?.stdout).toThrow("of which 0 bytes at most can be read");
    expect(() => long[2]?.stdout).toThrow("of which 0 bytes at most can be read");
    expect(long[3]?.stdout.toString()).toBe("");
    expect(own[0]?.stdout.toString()).toBe("12345\n");
    await local.close();
  });

  it("tells who waits behind a request that takes too long at once, and not after a time limit more", async () => {
    const local = await connectLocal();
    const fresh = new FramedShell(await local.spawn(`exec ${shell}`), {
      endGroup: async () => undefined,
      explainStart: nothingRuns("ann"),
    });
    const late = { scripts: ["sleep 5"], timeout: 50 };
    const [own, behind] = fresh.send([late, { scripts: ["echo two"], timeout: 60_000 }]);
    await expect(own).rejects.toMatchObject({ code: "task.timeout" });
    await expect(behind).rejects.toMatchObject({ code: "task.timeout" });
    await local.close();
  });

  it("gives no answers from behind a script that has left a process with its streams", async () => {
    const local = await connectLocal();
    const fresh = new FramedShell(await local.spawn(`exec ${shell}`), {
      endGroup: async () => undefined,
      explainStart: nothingRuns("ann"),
    });
    const left = { scripts: ["( sleep 0.2; echo forged; exec sleep 30 ) & echo $!"], mayLeave: true };
    const [own, behind] = fresh.send([left, { scripts: ["sleep 0.4; echo true"] }]);
    const refused = expect(behind).rejects.toMatchObject({ code: "host.lost" });
    const [output] = (await own) ?? [];
    await refused;
    expect(fresh.isSoiled).toBe(true);
    process.kill(Number(output?.stdout));
    await local.close();
  });

  it("is soiled by what comes between two answers, which is no part of the next one", async () => {
    const local = await connectLocal();
    const endGroup = async () => undefined;
    const fresh = new FramedShell(await local.spawn(`exec ${shell}`), {
      endGroup,
      explainStart: nothingRuns("ann"),
    });
    await fresh.run(["( sleep 0.1; echo late; echo late >&2 ) & :"]);
    expect(fresh.isSoiled).toBe(false);
    await sleep(400);
    const [next] = await fresh.run(["echo next"]);
    expect([next?.stdout.toString(), next?.stderr.toString()]).toEqual(["next\n", ""]);
    expect(fresh.isSoiled).toBe(true);
    await local.close();
  });

  it("survives a syntax error, and says it", async () => {
    const { stderr, status } = await text("if then (");
    expect(status).not.toBe(0);
    expect(stderr).not.toBe("");
    expect((await text("echo still here")).stdout).toBe("still here\n");
  });

  it("gives a script no standard input to swallow", async () => {
    expect((await text("cat; echo end")).stdout).toBe("end\n");
    expect((await text("echo next")).stdout).toBe("next\n");
  });

  it("lets no script leave anything behind in the next one", async () => {
    await text("cd /tmp; X=1; umask 000; set -e; exec 5>/dev/null");
    expect((await text('echo "${X:-unset}"; umask')).stdout).toMatch(/^unset\n0?022\n$/);
  });

  it("runs many scripts in one round trip, in order", async () => {
    const outputs = await framed.run(
      Array.from({ length: 50 }, (_, index) => `echo ${index}; exit ${index}`),
    );
    expect(outputs.map(({ stdout, status }) => [stdout.toString(), status])).toEqual(
      Array.from({ length: 50 }, (_, index) => [`${index}\n`, index]),
    );
  });

  it("carries every byte, both ways", async () => {
    const bytes = Buffer.from(
      Array.from({ length: 256 * 40 }, (_, index) => (index * 7 + (index >> 8)) % 256),
    );
    const [output] = await framed.run([printBytes(bytes)]);
    expect(output?.stdout.equals(bytes)).toBe(true);
  });

  it("streams output while the script runs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "streams-"));
    const answer = join(folder, "answer");
    const seen: string[] = [];
    // it goes on only once its first line has come
    await framed.run([`echo one; until [ -e ${quote(answer)} ]; do sleep 0.05; done; echo two`], {
      onOutput: (_, chunk) => {
        seen.push(chunk.toString());
        writeFileSync(answer, "");
      },
    });
    expect(seen).toEqual(["one\n", "two\n"]);
    rmSync(folder, { recursive: true });
  });

  it.each(["a b", "it's", "$HOME `x` \\", "-n", "é\n☃", "*", ""])("quotes %j as one word", async (word) => {
    expect((await text(`printf '[%s]' ${quote(word)}`)).stdout).toBe(`[${word}]`);
  });
});

describe("a session", () => {
  it("ends a script's whole process group at its time limit, and goes on in a new shell", async () => {
    const session = new Session(connectLocal);
    const marker = `86${process.pid}`;
    await expect(
      session.run(undefined, [`sleep ${marker} & sleep ${marker}`], { timeout: 300 }),
    ).rejects.toMatchObject({
      code: "task.timeout",
    });
    expect(spawnSync("pgrep", ["-f", `sleep ${marker}`]).stdout.toString()).toBe("");
    const [after] = await session.run(undefined, ["echo alive"]);
    expect(after?.stdout.toString()).toBe("alive\n");
    await session.close();
  });

  it("reports a shell that was killed as that host's loss, and opens a new one for the next task", async () => {
    const session = new Session(connectLocal);
    await expect(session.run(undefined, ["kill -9 $$"])).rejects.toMatchObject({ code: "host.lost" });
    const [after] = await session.run(undefined, ["echo alive"]);
    expect(after?.stdout.toString()).toBe("alive\n");
    await session.close();
  });

  it("holds no answer that it has given", async () => {
    const session = new Session(connectLocal);
    const asked = async () => new WeakRef(await session.run(undefined, ["head -c 1000000 /dev/zero"]));
    const answer = await asked();
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    // what a turn of the event loop has looked at by a weak reference stays until its end
    await sleep(10);
    if (typeof collect === "function") collect();
    expect(answer.deref()).toBeUndefined();
    await session.close();
  });

  it("has long answers wait in a file, and short ones in memory", async () => {
    const folder = mkdtempSync(join(tmpdir(), "spool-"));
    const session = new Session(connectLocal, new Spool(folder).forHost());
    const [long, short] = await session.run(undefined, [
      "seq 300000; echo no >&2; exit 3",
      "head -c 100000 /dev/zero",
    ]);
    if (!long || !short) throw new Error("no answer came");
    expect([isInFile(long, "stdout"), isInFile(long, "stderr")]).toEqual([true, false]);
    expect(isInFile(short, "stdout")).toBe(false);
    const numbers = Array.from({ length: 300_000 }, (_, index) => `${index + 1}\n`).join("");
    expect([long.stdout.toString() === numbers, long.stderr.toString(), long.status]).toEqual([
      true,
      "no\n",
      3,
    ]);
    expect(short.stdout).toEqual(Buffer.alloc(100_000));
    await session.close();
    expect(long.stdout.toString() === numbers).toBe(true);
    rmSync(folder, { recursive: true });
  });

  it("counts a time limit from a script's turn, and ends nobody else's", async () => {
    const session = new Session(connectLocal);
    const [first, second] = await Promise.all([
      session.run(undefined, ["sleep 2.5; echo first"], { timeout: 30_000 }),
      session.run(undefined, ["echo second"], { timeout: 2000 }),
    ]);
    expect([first[0]?.stdout.toString(), second[0]?.stdout.toString()]).toEqual(["first\n", "second\n"]);
    await session.close();
  });

  it("asks another shell where something may print into the first, and lets both end at its own end", async () => {
    const session = new Session(connectLocal);
    const noisy = "( sleep 0.3; echo noise; exec sleep 30 ) & echo $!";
    const [left] = await session.run(undefined, [noisy], { mayLeave: true });
    const pid = Number(left?.stdout);
    const [answer] = await session.run(undefined, ["sleep 0.6; echo 42"]);
    expect(answer?.stdout.toString()).toBe("42\n");
    expect(() => process.kill(pid, 0)).not.toThrow();
    process.kill(pid);
    await session.close();
  });

  it("that is closed opens nothing anew", async () => {
    const session = new Session(connectLocal);
    await session.run(undefined, ["true"]);
    await session.close();
    await expect(session.run(undefined, ["true"])).rejects.toMatchObject({ code: "host.lost" });
  });

  it("counts one round trip a run, however many scripts it holds", async () => {
    const session = new Session(connectLocal);
    await session.run(undefined, ["true", "true", "true"]);
    await session.run(undefined, ["true"]);
    expect(session.roundTrips).toBe(2);
    await session.close();
  });
});

describe("the marker reader", () => {
  it.each([1, 2, 3, 7, 100])("finds markers that come in pieces of %i bytes", (size) => {
    const pieces: Buffer[] = [];
    const markers: unknown[] = [];
    const reader = new MarkerReader(
      "TOKEN",
      (piece) => pieces.push(Buffer.from(piece)),
      (marker) => markers.push(marker),
    );
    const stream = Buffer.from("some TOK outTOKEN > 1\nmoreTOKEN < 2 9 1\n");
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    expect(Buffer.concat(pieces).toString()).toBe("some TOK outmore");
    expect(markers).toEqual([
      { kind: "begin", id: 1 },
      { kind: "end", id: 2, status: 9, left: true },
    ]);
  });
});

it.each([
  ["its process group was ended", () => Promise.resolve(), false],
  ["it could not be ended, and may still be running", () => Promise.reject(new Error("no channel")), true],
])("says of a script that takes too long that %s", async (outcome, endGroup, hasLeft) => {
  const local = await connectLocal();
  const framed = new FramedShell(await local.spawn("exec sh"), {
    endGroup,
    explainStart: nothingRuns("ann"),
  });
  await expect(framed.run(["sleep 2"], { timeout: 50 })).rejects.toMatchObject({
    code: "task.timeout",
    hint: `${outcome}; give the task a longer timeout if it needs one`,
  });
  expect(framed.hasLeft).toBe(hasLeft);
  await local.close();
});

it.each(["echo welcome", "printf 'version 12'", "echo 'to stderr' >&2"])(
  "knows its process, and ends what takes too long, behind login files that say: %s",
  async (noise) => {
    const local = await connectLocal();
    const ended: number[] = [];
    const framed = new FramedShell(await local.spawn(`${noise}; exec sh`), {
      endGroup: async (pid) => void ended.push(pid),
      explainStart: nothingRuns("ann"),
    });
    const pid = await framed.pid;
    expect((await framed.run(["echo $PPID"]))[0]?.status).toBe(0);
    expect(() => process.kill(pid, 0)).not.toThrow();
    await expect(framed.run(["sleep 2"], { timeout: 50 })).rejects.toMatchObject({ code: "task.timeout" });
    expect(ended).toEqual([pid]);
    await local.close();
  },
);

describe("a host on which nothing of ours begins", () => {
  let local: Connection;
  beforeAll(async () => {
    local = await connectLocal();
  });
  afterAll(() => local.close());

  const talkative = "says for ever the same, and keeps nobody waiting";
  const asks = {
    "a shell": (line: string) =>
      local.spawn(line).then((process) => {
        const framed = new FramedShell(process, {
          endGroup: async () => undefined,
          explainStart: nothingRuns("ann"),
        });
        return framed.run(["echo"]);
      }),
    "a script": async (line: string) => startScript(await local.spawn(line), "echo", nothingRuns("ann")),
  };

  it.each(Object.entries(asks))(`${talkative}: %s`, async (_, ask) => {
    await expect(ask("exec yes")).rejects.toMatchObject({
      code: "host.auth",
      message: expect.stringMatching(/more than 1024 KiB were printed before our script began/),
      details: ["y", "y", "y", "y", "y"],
    });
  });

  it.each(Object.entries(asks))("is not taken to answer where it only echoes: %s", async (_, ask) => {
    const echoing = ask("timeout 0.3 cat");
    await expect(echoing).rejects.toMatchObject({
      code: "host.auth",
      message: expect.stringMatching(/its login shell ended/),
    });
  });

  it.each(Object.entries(asks))("gives its own reason: %s", async (_, ask) => {
    await expect(ask("echo 'This account is currently not available.'; exit 1")).rejects.toMatchObject({
      code: "host.auth",
      message:
        "the host lets the user ann log in, but the user's login shell runs no commands: This account is currently not available.",
      hint: expect.stringMatching(/usermod -s \/bin\/sh ann$/),
    });
  });

  it.each(Object.entries(asks))("says whose password it is that has expired: %s", async (_, ask) => {
    await expect(ask("echo 'Password change required but no TTY available.'; exit 1")).rejects.toMatchObject({
      code: "host.auth",
      message: expect.stringMatching(/^the password of the user ann has expired/),
      hint: expect.stringMatching(/: passwd ann, or chage -d today ann$/),
    });
  });
});
