/** One host misbehaves in every way that there is, while another one is at work. */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sh } from "../../src/base/script.ts";
import { requireContext } from "../../src/core/engine/context.ts";
import type { TimedEvent } from "../../src/core/events/events.ts";
import { openJournal } from "../../src/core/events/journal.ts";
import { change } from "../../src/core/facts/change.ts";
import { play, playbook } from "../../src/core/plays/play.ts";
import { runPlays } from "../../src/core/plays/run.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import { facts } from "../../src/gathering/facts.ts";
import { inventory } from "../../src/inventory/index.ts";
import { shell } from "../../src/modules/commands/shell.ts";
import { lineinfile } from "../../src/modules/files/lineinfile.ts";
import { http } from "../../src/modules/net/http.ts";
import { apt } from "../../src/modules/packages/apt.ts";
import { service } from "../../src/modules/services/service.ts";
import { user } from "../../src/modules/users/user.ts";
import { debug } from "../../src/modules/util/debug.ts";
import { createReporter, styleFor } from "../../src/report/index.ts";
import { connectCustom, defineTransport } from "../../src/transport/custom.ts";
import { steadily, type Waits } from "./steady.ts";

const root = mkdtempSync(join(tmpdir(), "stall-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What goes on in the bad host's place, and what is said of it in the end. */
interface Bad {
  /** Commands that stand before those of this machine. */
  readonly commands?: Readonly<Record<string, string>>;
  /** What is to be found in the host's folder for runs. */
  prepare?(folder: string): void;
  step(): PromiseLike<unknown>;
  readonly lease?: boolean;
  /** With which password it becomes root; undefined where it does not. */
  readonly becomePassword?: string;
  /** What some event says. */
  readonly says?: RegExp;
}

/** Prints so many bytes, made of one line or text. */
const flood = (text: string, bytes: number) => `yes '${text}' | tr -d '\\n' | head -c ${bytes}`;
const lines = (bytes: number, text = "") => `yes '${text}' | head -c ${bytes}`;
const million = 1_000_000;

const showDiff = defineModule({
  name: "showDiff",
  summary: "Changes a text into one that is quite another.",
  params: {},
  async *plan() {
    const text = (seed: number) =>
      Array.from({ length: 8192 }, (_, at) => String.fromCharCode(33 + ((at * seed) % 89))).join("\n");
    yield change({
      what: "content",
      diff: { path: "/x", before: text(7), after: text(31) },
      script: sh`:`,
      touches: [],
    });
  },
});

let server: Server;
let port = 0;
/** Ports of a server that answers in a way of its own, by the path that is asked for. */
const answers: Readonly<Record<string, (write: (text: string | Buffer) => Promise<void>) => Promise<void>>> =
  {
    async "/endless"(write) {
      await write("HTTP/1.1 200 OK\r\n\r\n");
      for (const piece = Buffer.alloc(65_536, "x"); ; ) await write(piece);
    },
    async "/headers"(write) {
      await write("HTTP/1.1 200 OK\r\n");
      for (let at = 0; ; at++) await write(`x-${at}: ${"y".repeat(1000)}\r\n`);
    },
  };
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (request) => {
      const [, path = ""] = request.toString().split(" ");
      const write = (text: string | Buffer) =>
        new Promise<void>((resolve, reject) =>
          socket.write(text, (error) => (error ? reject(error) : resolve())),
        );
      answers[path]?.(write).catch(() => socket.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  port = typeof address === "object" && address ? address.port : 0;
});
afterAll(() => server.close());

const script = (cmd: string) => () => shell({ cmd });
const reading = (cmd: string) => () => shell({ cmd, readOnly: true });

/** A new misbehaviour is one line. */
const inputs: Readonly<Record<string, Bad>> = {
  "a line of 16 MB": { step: script(flood("x", 16 * million)) },
  "a line of 16 MB of a command that reads only": { step: reading(flood("x", 16 * million)) },
  "500 KB of newlines": { step: script(lines(million / 2)) },
  "500 KB of newlines on both streams": {
    step: script(`${lines(million / 2)} & ${lines(million / 2)} >&2; wait`),
  },
  "500 KB of newlines of a command that reads only": { step: reading(lines(million / 2)) },
  "8 MB of carriage returns": { step: script(flood("a\r", 8 * million)) },
  "8 MB of escape sequences": { step: script(flood("\x1b[;;;;;;", 8 * million)) },
  "560 MB of output": { step: script(flood("0123456789abcdef", 560 * million)) },
  "a message of 1 MB of newlines": {
    step: async () =>
      debug({ message: (await shell({ cmd: lines(million / 2), readOnly: true })).value.stdout }),
  },
  "an error of 8 MB": { step: script(`${lines(million / 5)}; ${flood("x", 8 * million)} >&2; exit 3`) },
  "312 KB of ip's output": { commands: { ip: `printf '2: '; ${flood("x", 312_000)}` }, step: facts },
  "ip without an end": {
    commands: { ip: "yes '2: eth0 inet 192.0.2.1/24'" },
    step: facts,
    says: /fact host/,
  },
  "700 KB of spaces in os-release": {
    commands: { grep: `printf '/etc/os-release:A='; ${flood(" ", 700_000)}; echo x` },
    step: facts,
  },
  "700 KB of lines of one file": { commands: { grep: lines(700_000, "/proc/meminfo:") }, step: facts },
  "700 KB of df's output": { commands: { df: flood("1 ", 700_000) }, step: facts },
  "600 KB of groups": {
    commands: { getent: lines(600_000, "a:") },
    step: () => user({ name: "root", groups: ["a"] }),
  },
  "600 KB of packages": {
    commands: { "dpkg-query": lines(600_000, "i") },
    step: () => apt({ name: "curl" }),
  },
  "600 KB of packages that are cut off": {
    commands: {
      awk: `echo '== cut off'; ${flood("a", 600_000)}`,
      "dpkg-query": "printf 'ii \\tcurl\\tall\\t1\\n'",
    },
    step: () => apt({ name: "curl" }),
  },
  "600 KB of systemctl's output": {
    commands: { systemctl: lines(600_000, "Id=x") },
    step: () => service({ name: "x", state: "started" }),
  },
  "a file of 600 MB that is edited": {
    prepare: (folder) => sparse(join(folder, "large")),
    step: async () => lineinfile({ path: join(here(), "large"), line: "x" }),
    says: /large is larger than/,
  },
  "two texts that are quite unlike": { step: () => showDiff({}) },
  "an endless body": { step: () => http({ url: `http://127.0.0.1:${port}/endless`, timeout: "3s" }) },
  "endless headers": { step: () => http({ url: `http://127.0.0.1:${port}/headers`, timeout: "3s" }) },
  "a record of a pending handler of 600 MB": {
    lease: true,
    prepare: (folder) => {
      mkdirSync(join(folder, "lib/owed"), { recursive: true });
      sparse(join(folder, "lib/owed/1-1-1.json"));
    },
    step: script("true"),
  },
  "a holder of the lease of 600 MB": {
    lease: true,
    prepare: (folder) => {
      mkdirSync(join(folder, "run"), { recursive: true });
      writeFileSync(join(folder, "run/lease"), "");
      sparse(join(folder, "run/holder"));
    },
    step: script("true"),
  },
  "a sudo that talks without an end": {
    commands: { sudo: "yes >&2" },
    becomePassword: "x",
    step: script("true"),
    says: /did not let us become root/,
  },
  "a lease without an end": {
    lease: true,
    commands: { flock: "yes >&2 & yes 'ended x'" },
    step: script("true"),
    says: /lease/,
  },
};

/** Reads as 600 MB of zeros, and takes no room. */
function sparse(path: string): void {
  writeFileSync(path, "");
  truncateSync(path, 600 * million);
}

const transport = defineTransport({
  name: "folder",
  command: ({ name }, text) => [
    "env",
    `PATH=${join(root, name, "bin")}:${process.env["PATH"]}`,
    `SHOWRUNNER_STATE=${join(root, name)}`,
    "sh",
    "-c",
    text,
  ],
});

function here(): string {
  return join(root, requireContext("a test", undefined).host.info.name);
}

/** Runs the bad host's step beside the steady host's, with everybody listening. */
async function measured(name: string, bad: Bad) {
  const folder = mkdtempSync(join(root, "bad-"));
  const badName = folder.slice(root.length + 1);
  mkdirSync(join(folder, "bin"));
  for (const [command, text] of Object.entries(bad.commands ?? {}))
    writeFileSync(join(folder, "bin", command), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  bad.prepare?.(folder);
  const events: TimedEvent[] = [];
  const nowhere = { write: () => true, columns: 80, rows: 24 };
  const options = { verbose: true, diff: true, style: styleFor({}) };
  const reporters = await Promise.all(
    (["tty", "plain", "jsonl"] as const).map((one) => createReporter(one, nowhere, options)),
  );
  const journal = openJournal(join(folder, "journal"), "stall");
  let begin = () => {};
  let end = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const work = new Promise<void>((resolve) => {
    end = resolve;
  });
  let waits: Waits = { slowest: 0, trips: 0, longestTurn: 0 };
  let most = 0;
  const memory = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  const before = process.memoryUsage.rss();
  const started = performance.now();
  const summary = await runPlays({
    playbook: playbook([
      play(
        "stall",
        { hosts: "all" },
        {
          step: async ({ host }) => {
            if (host.name === "steady") {
              const { session } = requireContext("a test", undefined).host;
              waits = await steadily(session, () => {
                begin();
                return work;
              });
            } else {
              await begun;
              try {
                await bad.step();
              } finally {
                end();
              }
            }
          },
        },
      ),
    ]),
    name: "stall",
    inventoryName: "here",
    inventory: inventory({ hosts: { steady: {}, [badName]: {} } }),
    access: (host) => ({
      lease: host.name === "steady" ? false : (bad.lease ?? false),
      become: host.name !== "steady" && bad.becomePassword !== undefined,
      becomePassword: bad.becomePassword,
      connect: () =>
        connectCustom(transport, { name: host.name, address: host.name, port: 22, user: undefined }),
    }),
    subscribers: [
      (event) => {
        if (event.type !== "task:output") events.push(event);
      },
      ...reporters.map(({ subscribe }) => subscribe),
      journal.subscribe,
    ],
  });
  const seconds = (performance.now() - started) / 1000;
  clearInterval(memory);
  for (const { close } of reporters) await close();
  journal.close();
  const memoryGrown = (most - before) / million;
  process.stderr.write(
    `${name}: slowest ${waits.slowest.toFixed(0)} ms of ${waits.trips}, longest turn ${waits.longestTurn.toFixed(0)} ms, ${seconds.toFixed(1)} s, ${memoryGrown.toFixed(0)} MB\n`,
  );
  return { ...waits, memoryGrown, events, summary };
}

describe("while one host misbehaves", () => {
  let calm = 0;
  beforeAll(async () => {
    const { slowest } = await measured("only busy", { step: script("yes | head -c 400000000 >/dev/null") });
    calm = slowest;
  });

  it.each(Object.entries(inputs))("another one is served: %s", { timeout: 200_000 }, async (name, bad) => {
    const { slowest, longestTurn, memoryGrown, events } = await measured(name, bad);
    if (bad.says) expect(JSON.stringify(events)).toMatch(bad.says);
    expect(longestTurn).toBeLessThan(250);
    expect(slowest).toBeLessThan(Math.max(250, 5 * calm));
    expect(memoryGrown).toBeLessThan(250);
  });
});
