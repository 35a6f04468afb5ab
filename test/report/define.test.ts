/** A user's own reporter: what it gets, and that nothing it does wrong reaches the run. */
import { expect, it, vi } from "vitest";
import { secret } from "../../src/base/secret.ts";
import type { TimedEvent } from "../../src/core/events/events.ts";
import { defineReporter, isReporter, startReporter } from "../../src/report/index.ts";

const message = (text: string): TimedEvent => ({ type: "message", host: "web1", text, time: 1 });

const failed = (why: string) =>
  expect.stringMatching(
    new RegExp(
      `^the reporter at test/report/define\\.test\\.ts:\\d+ failed and gets no more events: ${why}$`,
    ),
  );

function started(...[start]: Parameters<typeof defineReporter>) {
  const written: string[] = [];
  const failures: string[] = [];
  const reporter = startReporter(
    defineReporter(start),
    { write: (text) => written.push(text) },
    { verbose: true, diff: false, onFailure: (text) => void failures.push(text) },
  );
  return { reporter, written, failures };
}

it("gets the events in order, the flags, and is closed once", async () => {
  const close = vi.fn();
  const { reporter, written, failures } = started(({ write, verbose, diff }) => ({
    subscribe: (event) => write(`${event.type} ${verbose} ${diff};`),
    close,
  }));
  reporter.subscribe(message("a"));
  reporter.subscribe({ type: "play:end", play: "p", time: 2 });
  await reporter.close();
  expect(written).toEqual(["message true false;", "play:end true false;"]);
  expect(close).toHaveBeenCalledOnce();
  expect(failures).toEqual([]);
});

it("is waited for where it sends something elsewhere", async () => {
  const sent: string[] = [];
  const { reporter } = started(() => ({
    async subscribe(event) {
      await new Promise((done) => setTimeout(done, 20));
      sent.push(event.type);
    },
  }));
  reporter.subscribe(message("a"));
  expect(sent).toEqual([]);
  await reporter.close();
  expect(sent).toEqual(["message"]);
});

it.each([
  [
    "throws",
    () => {
      throw new Error("the disk is full");
    },
  ],
  ["is rejected", () => Promise.reject(new Error("the disk is full"))],
])("that %s gets no more events, and says so once", async (_, fails) => {
  const subscribe = vi.fn(fails);
  const { reporter, failures } = started(() => ({ subscribe }));
  reporter.subscribe(message("a"));
  await Promise.resolve();
  reporter.subscribe(message("b"));
  await reporter.close();
  expect(subscribe).toHaveBeenCalledOnce();
  expect(failures).toEqual([failed("the disk is full")]);
});

it("tells what goes wrong at its end", async () => {
  const { reporter, failures } = started(() => ({
    subscribe: () => undefined,
    close: () => Promise.reject(new Error("no answer")),
  }));
  await reporter.close();
  expect(failures).toEqual([failed("no answer")]);
});

it("that can't begin says so once the run has", async () => {
  const { reporter, failures } = started(() => {
    throw new Error("no token");
  });
  expect(failures).toEqual([]);
  reporter.subscribe(message("a"));
  reporter.subscribe(message("b"));
  await reporter.close();
  expect(failures).toEqual([failed("no token")]);
});

it("writes and says no secret, from wherever it has one", async () => {
  const { reporter, written, failures } = started(({ write }) => ({
    subscribe(event) {
      if (event.type === "message") write(`it is ${event.text} `);
      throw new Error(`not ${secret("hunter-22").reveal()}`);
    },
  }));
  secret("hunter-22");
  reporter.subscribe(message("hunter-22"));
  await reporter.close();
  expect([...written, ...failures].join("\n")).not.toContain("hunter-22");
});

it("is known by what defineReporter makes", () => {
  expect(isReporter(defineReporter(() => ({ subscribe: () => undefined })))).toBe(true);
  expect([{}, null, undefined, () => 1].some(isReporter)).toBe(false);
});
