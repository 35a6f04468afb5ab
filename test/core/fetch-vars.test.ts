/** Secrets that a run's variables hold: read when it begins, before any host is touched. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { SecretString } from "../../src/base/schema.ts";
import { play } from "../../src/core/plays/play.ts";
import { inventory } from "../../src/inventory/index.ts";
import { secretFrom } from "../../src/secrets/sources.ts";
import { FakeSwitches, runOn, turn } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "fetch-vars-"));
afterAll(() => rmSync(folder, { recursive: true }));

const log = join(folder, "log");
beforeEach(() => {
  rmSync(log, { force: true });
  appendFileSync(log, "");
});
const runs = () =>
  readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line !== "");

/** Each play uses the variable of its name, and all hosts have both. */
async function runPlays(scripts: { first: string; second: string }, limit: string, signal?: AbortSignal) {
  const made = (name: string, script: string) =>
    secretFrom.command(["sh", "-c", `echo ${name} >> ${log}; ${script}`]);
  const hosts = { a: new FakeSwitches(), b: new FakeSwitches() };
  const plays = (["first", "second"] as const).map((name) =>
    play(
      name,
      { hosts: "all", vars: { [name]: SecretString() }, tags: [name] },
      {
        turn: () => turn({ name, to: "on" }),
      },
    ),
  );
  const ran = await runOn(hosts, plays, {
    inventory: inventory({
      vars: { first: made("first", scripts.first), second: made("second", scripts.second) },
      hosts: { a: {}, b: {} },
    }),
    selection: { tags: limit.split(",") },
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => error);
  return { ran, touched: [hosts.a, hosts.b].flatMap(({ connection }) => connection.scripts) };
}

it("are read once for all hosts, and only those that a wanted play uses", async () => {
  const { ran } = await runPlays({ first: "echo first-value", second: "exit 3" }, "first");
  expect(ran).toMatchObject({ exitCode: 0, totals: { changed: 2 } });
  expect(runs()).toEqual(["first"]);
});

it("end the run where they can't be had: nothing is touched, and nothing is tried twice", async () => {
  const { ran, touched } = await runPlays({ first: "echo first-value", second: "exit 3" }, "first,second");
  expect(ran).toMatchObject({
    code: "secret.unavailable",
    exitCode: 5,
    message: 'the command "sh", which gives a secret, failed with status 3',
    location: { file: import.meta.filename },
  });
  expect(touched).toEqual([]);
  expect(runs()).toEqual(["first", "second"]);
});

it("are no longer waited for when the run is interrupted: nothing is touched, and the rest is left unread", async () => {
  const ending = new AbortController();
  const running = runPlays({ first: "exec sleep 30", second: "exit 3" }, "first,second", ending.signal);
  await expect.poll(runs).toEqual(["first"]);
  ending.abort();
  const { ran, touched } = await running;
  expect(ran).toMatchObject({ exitCode: 99, totals: { changed: 0, failed: 0 } });
  expect(touched).toEqual([]);
  expect(runs()).toEqual(["first"]);
});

it("that stand in a step itself are no reason not to be interrupted", async () => {
  const ending = new AbortController();
  const slow = secretFrom.command(["sh", "-c", `echo step >> ${log}; exec sleep 30`]);
  const started = performance.now();
  const running = runOn(
    { a: new FakeSwitches() },
    [
      play(
        "p",
        { hosts: "all" },
        { turn: () => turn({ name: "x", to: "on" }, { environment: { X: slow } }) },
      ),
    ],
    { signal: ending.signal },
  );
  await expect.poll(runs).toEqual(["step"]);
  ending.abort();
  expect((await running).exitCode).toBe(99);
  expect(performance.now() - started).toBeLessThan(5000);
});
