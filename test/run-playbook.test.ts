/** Running a playbook from a program, with nothing but the public API. */
import { expect, it, vi } from "vitest";
import {
  debug,
  defineReporter,
  inventory,
  play,
  playbook,
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

it("tells subscribers of a reporter that fails, and goes on", async () => {
  const warnings: string[] = [];
  const { exitCode } = await runPlaybook({
    playbook: hello,
    inventory: hosts,
    reporters: [defineReporter(() => ({ subscribe: () => Promise.reject(new Error("no chat")) }))],
    subscribers: [(event) => event.type === "warning" && warnings.push(event.text)],
  });
  expect(exitCode).toBe(0);
  expect(warnings).toEqual(["a reporter failed, and gets no more events: no chat"]);
});
