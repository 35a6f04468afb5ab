/** What a host, an inventory or a file may hold, in every field of every event, told by every reporter. */
import { expect, it } from "vitest";
import { secret } from "../../src/base/secret.ts";
import type { RunEvent } from "../../src/core/events/events.ts";
import { redactEvent } from "../../src/core/events/redact-event.ts";
import {
  createReporter,
  defineReporter,
  plain,
  reporterNames,
  startReporter,
  styleFor,
} from "../../src/report/index.ts";
import { hostile, hostileTexts, obeyed, withoutOwn } from "./hostile.ts";
import { sampleEvents, type Texts } from "./samples.ts";

const cases = ["plain", "tty", "jsonl", "own"] as const;

it("knows every reporter", () => {
  expect(cases.filter((name) => name !== "own").toSorted()).toEqual([...reporterNames].toSorted());
});

async function written(
  name: (typeof cases)[number],
  events: ReturnType<typeof sampleEvents>,
  options: { verbose: boolean; diff: boolean; colours?: boolean },
): Promise<string> {
  let text = "";
  const stream = { write: (piece: string) => (text += piece), columns: 300, rows: 60, isTTY: true };
  const style = options.colours ? styleFor({ isTTY: true }) : plain;
  const reporter =
    name === "own"
      ? startReporter(
          defineReporter(({ write }) => ({
            subscribe: (event) =>
              write(`${JSON.stringify(event)} ${hostile} ${"text" in event ? event.text : ""}\n`),
          })),
          stream,
          { ...options, onFailure: (why) => void stream.write(why) },
        )
      : await createReporter(name, stream, { ...options, style });
  for (const event of events) reporter.subscribe(event);
  await reporter.close();
  return text;
}

const variants = [false, true].flatMap((verbose) => [false, true].map((diff) => ({ verbose, diff })));

it.each(cases)("nothing in an event controls the terminal of the reporter %s", async (name) => {
  for (const one of [hostile, ...hostileTexts]) {
    const text = (what: string) => `${what} ${one}${what}`;
    const events = sampleEvents({ name: text, value: text, any: (what) => ({ [text(what)]: [text(what)] }) });
    for (const options of one === hostile ? variants : [{ verbose: true, diff: true }]) {
      const said = await written(name, events, options);
      expect(said).toContain("warned");
      expect(obeyed(withoutOwn(said))).toEqual([]);
    }
  }
});

it("no newline in a name makes a line of its own", async () => {
  const name = (what: string) => `${what}\n    changed  web9  forged by ${what}`;
  const events = sampleEvents({ name, value: (what) => what, any: (what) => what });
  for (const reporter of ["plain", "tty"] as const) {
    const said = await written(reporter, events, { verbose: true, diff: true });
    expect(said.split("\n").filter((line) => line.startsWith("    changed  web9"))).toEqual([]);
  }
});

it("only our own colours are colours", async () => {
  const before = process.env["NO_COLOR"];
  delete process.env["NO_COLOR"];
  process.env["FORCE_COLOR"] = "1";
  try {
    const text = (what: string) => `${what}\u001b[35m\u001b[1;35mpurple`;
    const events = sampleEvents({ name: text, value: text, any: text });
    const said = await written("plain", events, { verbose: true, diff: true, colours: true });
    expect(said).toContain("\u001b[31m");
    expect(said).toContain("\\u{1b}[35m");
    // magenta is the colour of what is unknown, and closed where it ends
    const magenta = said.split("\u001b[35m").slice(1);
    for (const coloured of magenta) expect(coloured.split("\u001b")[0]).toBe("unknown");
  } finally {
    delete process.env["FORCE_COLOR"];
    if (before !== undefined) process.env["NO_COLOR"] = before;
  }
});

class Login {
  readonly #hidden = 1;
  readonly password: string;
  constructor(password: string) {
    this.password = password;
  }
  get hidden(): number {
    return this.#hidden;
  }
}

const word = "S3cr3t-w/ord&ü";
const digits = "4815162342";

/** How a module may have a secret in `before` and `after`. */
const values: Record<string, () => unknown> = {
  "a text": () => `it is ${word}`,
  "a number": () => Number(digits),
  "a large number": () => BigInt(digits) * 1n,
  "a list": () => [[word]],
  "an object": () => ({ deep: { password: word } }),
  "a name of a property": () => ({ [word]: 1, [`${word}!`]: 2 }),
  "a URL": () => new URL(`http://me:${encodeURIComponent(word)}@host/?q=${digits}`),
  "an instance": () => new Login(word),
  "an instance with toJSON": () => ({ toJSON: () => ({ word }) }),
  "a boxed text": () => Object(word),
  "an error": () => new Error(word),
  "a map": () => new Map([[word, word]]),
  "a set": () => new Set([word, Number(digits)]),
  "a buffer": () => Buffer.from(word),
  "an array of bytes": () => new Uint8Array(Buffer.from(word)),
  "an array buffer": () => new Uint8Array(Buffer.from(word)).buffer,
  "a pattern": () => new RegExp(word),
  "a date": () => new Date("2011-11-11T11:11:11.111Z"),
  "a secret": () => secret(word),
  "what has no end": () => {
    const around: Record<string, unknown> = { word };
    around["itself"] = around;
    return around;
  },
  "what can't be read": () =>
    Object.defineProperty({}, "word", {
      enumerable: true,
      get() {
        throw new Error(word);
      },
    }),
};

function toldOf(texts: Texts): string {
  return JSON.stringify(sampleEvents(texts).map((event) => redactEvent(event as RunEvent)));
}

it.each(Object.entries(values))(
  "a secret in %s is blanked, in whatever value of an event",
  async (_, make) => {
    for (const one of [word, digits, "2011-11-11T11:11:11.111Z"]) secret(one);
    const events = sampleEvents({ name: (what) => what, value: (what) => `${what} ${word}`, any: make }).map(
      (event) => ({ ...redactEvent(event), time: 1 }),
    );
    for (const name of cases) {
      const said = await written(name, events, { verbose: true, diff: true });
      expect(said).toContain("********");
      for (const shown of [word, "S3cr3t", digits, "2011-11-11", `${Buffer.from(word)[0]},51,99`])
        expect(said).not.toContain(shown);
    }
  },
);

it("what is needed to act on an event stays, though a secret reads the same", () => {
  const names = [
    "host",
    "web1",
    "task:end",
    "changed",
    "failed",
    "ignored",
    "run",
    "type",
    "message",
    "warning",
  ];
  for (const one of [...names, "stdout", "change.failed", "text", "reason", "error"]) secret(one);
  const shape = (event: RunEvent) => ({ ...event, reason: undefined });
  const texts: Texts = { name: (what) => `${what} web1`, value: () => "-", any: () => true };
  const events: RunEvent[] = sampleEvents(texts);
  expect(events.map(redactEvent).map(shape)).toEqual(events.map(shape));
  const ends = events.map(redactEvent).flatMap((event) => (event.type === "task:end" ? [event.reason] : []));
  expect(ends).toContain("ignored");
  expect(toldOf(texts)).not.toContain('"********"');
});
