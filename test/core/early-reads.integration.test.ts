/** What an earlier run has read is read at once: on this machine, where shells and jobs are real. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { sh } from "../../src/base/script.ts";
import { defineFact } from "../../src/core/facts/fact.ts";
import { play, playbook } from "../../src/core/plays/play.ts";
import { runPlays } from "../../src/core/plays/run.ts";
import { background } from "../../src/core/steps/background.ts";
import { readFact } from "../../src/gathering/read-fact.ts";
import { inventory } from "../../src/inventory/index.ts";
import { command, copy, file, lineinfile } from "../../src/modules/index.ts";
import { connector } from "../../src/transport/connect.ts";
import { runHere } from "../modules/local.ts";

const folder = mkdtempSync(join(tmpdir(), "reads-"));
const history = join(folder, "reads.json");
const at = join(folder, "host");
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(history, { force: true });
  rmSync(at, { recursive: true, force: true });
  mkdirSync(at);
});

const run = (body: () => PromiseLike<unknown>) => runHere(body, { history });

it("sees what a job changes while it is under way", async () => {
  const made = join(at, "made");
  const body = async () => {
    await file({ path: join(at, "first"), state: "absent" });
    const job = await background(command({ argv: ["sh", "-c", `sleep 1; touch "$1"; sleep 2`, "sh", made] }));
    await command({ argv: ["sleep", "2"], readOnly: true });
    const { changed } = await file({ path: made, state: "absent" });
    await job.wait();
    if (!changed) throw new Error("what the job has made was not seen");
  };
  for (let count = 0; count < 2; count++) {
    expect((await run(body)).error).toBeUndefined();
    expect(existsSync(made)).toBe(false);
  }
});

it("sees what has come about while a command waited that only reads", async () => {
  const made = join(at, "made");
  const body = async () => {
    await file({ path: join(at, "first"), state: "absent" });
    const wait = 'while ! [ -e "$1" ]; do sleep 0.1; done';
    await command({ argv: ["sh", "-c", wait, "sh", made], readOnly: true });
    await file({ path: made, state: "absent" });
  };
  for (let count = 0; count < 2; count++) {
    const maker = setTimeout(() => writeFileSync(made, ""), 3000);
    const { error, told } = await run(body);
    clearTimeout(maker);
    expect(error).toBeUndefined();
    expect(told.at(-1)).toBe("file changed removed");
    expect(existsSync(made)).toBe(false);
  }
});

it("sees what a command has changed that says what it touches, and what it has left running", async () => {
  const [one, two] = [join(at, "one"), join(at, "two")];
  const body = async () => {
    await file({ path: join(at, "first"), state: "absent" });
    await command({ argv: ["sh", "-c", `echo new >"$1"; sleep 1 & echo`, "sh", one] }, { touches: [one] });
    await copy({ dest: one, content: "new\n" });
    await lineinfile({ path: two, line: "is" });
    await lineinfile({ path: two, line: "there" });
  };
  for (let count = 0; count < 2; count++) {
    writeFileSync(one, "old\n");
    writeFileSync(two, "is\nthere\n");
    const { error, told } = await run(body);
    expect(error).toBeUndefined();
    expect(told.slice(2)).toEqual(["copy ok", "lineinfile ok", "lineinfile ok"]);
  }
});

it("holds up no task for what comes behind what that task has asked for", async () => {
  const slow = defineFact<string, string>({
    name: "test.slow",
    script: () => sh`sleep 3; echo slow`,
    parse: (stdout, keys) => new Map(keys.map((key) => [key, stdout.toString()])),
  });
  const body = async () => {
    await file({ path: join(at, "one"), state: "absent" });
    await file({ path: join(at, "two"), state: "absent" });
    await readFact(slow, "");
  };
  await run(body);
  const { events, hosts } = await run(body);
  expect(hosts["here"]?.roundTrips).toBeLessThanOrEqual(2);
  const [start = 0, end = 0] = [events[0], events.findLast(({ type }) => type === "task:end")].map(
    (event) => event?.time,
  );
  expect(end - start).toBeLessThan(2500);
});

it("knows a path by its other name, also where that was made a link meanwhile", async () => {
  const body = async () => {
    await file({ path: join(at, "real"), state: "directory" });
    await file({ path: join(at, "link"), state: "link", src: join(at, "real") });
    await copy({ dest: join(at, "real/one"), content: "one\n" });
    await file({ path: join(at, "link/one"), mode: "0600" });
    const { changed } = await copy({ dest: join(at, "link/one"), content: "two\n" });
    if (!changed) throw new Error("the other name's content was not seen");
  };
  for (let count = 0; count < 2; count++) {
    rmSync(at, { recursive: true });
    mkdirSync(at);
    expect((await run(body)).error).toBeUndefined();
  }
});

it("sees what a job of another host changes in a directory that both share", async () => {
  const made = join(at, "made");
  const steps = {
    first: async ({ host }: { host: { readonly name: string } }) => {
      await file({ path: join(at, "first"), state: "absent" });
      if (host.name === "there")
        await background(command({ argv: ["sh", "-c", `sleep 0.5; touch "$1"; sleep 3`, "sh", made] }));
    },
    second: async ({ host }: { host: { readonly name: string } }) => {
      if (host.name === "there") return;
      await command({ argv: ["sleep", "0.9"], readOnly: true });
      const { changed } = await file({ path: made, state: "absent" });
      if (!changed) throw new Error("what the job has made was not seen");
    },
  };
  for (let count = 0; count < 2; count++) {
    const failures: string[] = [];
    await runPlays({
      playbook: playbook([play("test", { hosts: "all" }, steps)]),
      name: "test",
      inventoryName: "local",
      inventory: inventory({ hosts: { here: {}, there: {} } }),
      access: ({ name }) => ({
        lease: false,
        connect: connector("local", { name, address: "localhost", port: 22, user: undefined }),
      }),
      subscribers: [(event) => void (event.type === "host:failed" && failures.push(event.error.message))],
      readHistory: history,
    });
    expect(failures).toEqual([]);
    expect(existsSync(made)).toBe(false);
  }
});
