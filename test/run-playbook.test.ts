/** Running a playbook from a program, with nothing but the public API. */
import { basename, extname } from "node:path";
import { describe, expect, it, vi } from "vitest";
import {
  debug,
  defineReporter,
  inventory,
  type PlaybookRun,
  play,
  playbook,
  type ReporterDefinition,
  type RunEvent,
  runPlaybook,
} from "../src/index.ts";

const hosts = inventory({ settings: { transport: "local" }, hosts: { a: {}, b: {} } });
const hello = playbook([play("hello", { hosts: "all" }, { say: () => debug({ message: "hello" }) })]);

it("runs on the inventory's hosts, told to reporters and subscribers", async () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const events: RunEvent["type"][] = [];
  const reporter = defineReporter((context) => ({
    subscribe: (event) => event.type === "message" && context.write(`${event.host}: ${event.text}\n`),
    close: () => context.write("closed\n"),
  }));
  const { exitCode } = await runPlaybook({
    playbook: hello,
    inventory: hosts,
    limit: "a",
    reporters: [reporter],
    subscribers: [(event) => void events.push(event.type)],
  });
  const written = write.mock.calls.map(([text]) => text);
  write.mockRestore();
  expect(exitCode).toBe(0);
  expect(written).toEqual(["a: hello\n", "closed\n"]);
  expect([events.at(0), events.at(-1)]).toEqual(["run:start", "run:end"]);
});

it("warns of hosts whose keys are not checked, as the command does", async () => {
  const insecure = inventory({
    settings: { hostKeys: "insecure" },
    hosts: { gone: { address: "127.0.0.1", port: 1 } },
  });
  const texts: string[] = [];
  await runPlaybook({
    playbook: playbook([play("nothing", { hosts: "all" }, { rest: async () => undefined })]),
    inventory: insecure,
    subscribers: [(event) => event.type === "warning" && texts.push(event.text)],
  });
  expect(texts).toEqual(['HOST KEYS ARE NOT CHECKED, ANYBODY MAY POSE AS gone (hostKeys: "insecure")']);
});

describe("the name of a playbook", () => {
  const named = async (request: Pick<PlaybookRun, "playbook" | "name">) => {
    const names: string[] = [];
    const note = (event: RunEvent) => event.type === "run:start" && names.push(event.playbook);
    await runPlaybook({ ...request, inventory: hosts, subscribers: [note] });
    return names;
  };

  it("is what the command calls it: its file's", async () => {
    expect(await named({ playbook: hello })).toEqual(["run-playbook.test"]);
  });

  it("is the program's where nobody knows the playbook's file", async () => {
    const program = process.argv[1] ?? "";
    expect(await named({ playbook: { ...hello, location: undefined } })).toEqual([
      basename(program, extname(program)),
    ]);
  });

  it("is the one that is given", async () => {
    expect(await named({ playbook: hello, name: "nightly" })).toEqual(["nightly"]);
  });
});

it.each<[string, ReporterDefinition, string]>([
  [
    "fails",
    defineReporter(() => ({ subscribe: () => Promise.reject(new Error("no chat")) })),
    "the reporter at test/run-playbook.test.ts:LINE failed and gets no more events: no chat",
  ],
  [
    "can't begin",
    defineReporter(() => {
      throw new Error("no token");
    }),
    "the reporter at test/run-playbook.test.ts:LINE failed and gets no more events: no token",
  ],
])("tells subscribers of a reporter that %s, and goes on", async (_, reporter, expected) => {
  const events: string[] = [];
  const { exitCode } = await runPlaybook({
    playbook: hello,
    inventory: hosts,
    reporters: [reporter],
    subscribers: [(event) => void events.push(event.type === "warning" ? event.text : event.type)],
  });
  expect(exitCode).toBe(0);
  const line = /(?<=run-playbook\.test\.ts:)\d+/;
  expect(events.filter((event) => line.test(event)).map((text) => text.replace(line, "LINE"))).toEqual([
    expected,
  ]);
  expect([events.at(0), events.at(-1)]).toEqual(["run:start", "run:end"]);
});

it("survives subscribers that fail at each other's warnings", async () => {
  const stray = vi.fn();
  process.on("unhandledRejection", stray);
  const texts: string[] = [];
  const failing = (type: RunEvent["type"], text: string) => (event: RunEvent) => {
    if (event.type === type) throw new Error(text);
  };
  const { exitCode } = await runPlaybook({
    playbook: hello,
    inventory: hosts,
    reporters: [defineReporter(() => ({ subscribe: failing("step:start", "no chat") }))],
    subscribers: [
      failing("warning", "no disk"),
      failing("play:start", "no log"),
      (event) => event.type === "warning" && texts.push(event.text),
    ],
  });
  await new Promise((done) => setImmediate(done));
  process.off("unhandledRejection", stray);
  expect(stray).not.toHaveBeenCalled();
  expect(exitCode).toBe(0);
  const failed = "a subscriber to the run's events failed and gets no more of them";
  expect(texts.filter((text) => text.startsWith(failed)).sort()).toEqual([
    `${failed}: no disk`,
    `${failed}: no log`,
  ]);
  expect(texts.filter((text) => text.endsWith("no chat"))).toHaveLength(1);
});
