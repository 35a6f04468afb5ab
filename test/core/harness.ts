/** Runs playbooks on fake hosts. */

import { Type } from "../../src/base/schema.ts";
import { rawScript, sh } from "../../src/base/script.ts";
import type { RunEvent, TimedEvent } from "../../src/core/events/events.ts";
import { change } from "../../src/core/facts/change.ts";
import { defineFact, type FactSubject, nothingElse } from "../../src/core/facts/fact.ts";
import { type Play, playbook } from "../../src/core/plays/play.ts";
import { type RunSummary, runPlays } from "../../src/core/plays/run.ts";
import type { RunRequest } from "../../src/core/plays/run-request.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import { inventory } from "../../src/inventory/index.ts";
import { FakeConnection, type FakeHost } from "../../src/transport/fake.ts";

/** A switch: the simplest thing that has a state. A host's switches are kept by its fake connection. */
export const switchFact = defineFact<string, string>({
  name: "test.switch",
  restsOn: nothingElse,
  mayArrive: (_, value) => value === "missing",
  script: (names) => sh`read-switches ${names}`,
  parse: parseSwitches,
});

export const serviceFact = factAbout("services");
export const worldFact = factAbout("world");

function factAbout(about: FactSubject) {
  return defineFact<string, string>({
    name: `test.${about}`,
    about,
    script: (names) => sh`read-switches ${names}`,
    parse: parseSwitches,
  });
}

function parseSwitches(stdout: Buffer, names: readonly string[]): Map<string, string> {
  const values = stdout.toString().trim().split("\n");
  return new Map(names.map((name, index) => [name, values[index] ?? ""]));
}

/** Puts a switch into a position. */
export const turn = defineModule({
  name: "turn",
  summary: "Puts a switch into a position.",
  params: {
    name: Type.String(),
    to: Type.String(),
    touches: Type.Optional(Type.Array(Type.Unsafe<"everything" | "arrivals" | "services">({}))),
  },
  async *plan(host, p) {
    const now = await host.fact(switchFact, p.name);
    if (now !== p.to)
      yield change({
        what: "position",
        before: now,
        after: p.to,
        script: sh`turn ${p.name} ${p.to}`,
        sets: [switchFact.is(p.name, p.to)],
        touches: p.touches ?? [],
      });
    return { was: now };
  },
});

/** Fails unless a switch stands as wanted. */
export const expectSwitch = defineModule({
  name: "expectSwitch",
  summary: "Fails unless a switch stands as wanted.",
  params: { name: Type.String(), is: Type.String() },
  async *plan(host, p) {
    const now = await host.fact(switchFact, p.name);
    host.require(now === p.is, `${p.name} is ${now}`);
    return now;
  },
});

/** Prints something; opaque, like a command. */
export const print = defineModule({
  name: "print",
  summary: "Prints a text.",
  params: { text: Type.String() },
  async *plan(_, p) {
    const output = yield change({
      what: "run",
      script: rawScript(`print ${p.text}`),
      touches: ["everything"],
    });
    return output.stdout.toString();
  },
});

export class FakeSwitches implements FakeHost {
  readonly switches: Record<string, string>;
  readonly connection: FakeConnection;
  /** Scripts that end the connection. */
  dieOn: RegExp | undefined;
  failOn: RegExp | undefined;

  constructor(switches: Record<string, string> = {}) {
    this.switches = { ...switches };
    this.connection = new FakeConnection(this);
  }

  respond(script: string): ReturnType<FakeHost["respond"]> {
    if (this.dieOn?.test(script)) return "die" as const;
    if (this.failOn?.test(script)) return { status: 1, stderr: "it does not turn\n" };
    const [command, ...words] = (script.split("\n").at(-1) ?? "").split(" ");
    if (command === "read-switches")
      return { stdout: `${words.map((name) => this.switches[name] ?? "missing").join("\n")}\n` };
    if (command === "turn") this.switches[words[0] ?? ""] = words[1] ?? "";
    return { stdout: command === "print" ? words.join(" ") : "" };
  }

  get changes(): string[] {
    return this.connection.scripts.filter((script) => /^(turn|print)/.test(script));
  }
}

export interface Ran extends RunSummary {
  readonly events: readonly TimedEvent[];
  of<T extends RunEvent["type"]>(type: T): Extract<TimedEvent, { type: T }>[];
  /** Each task's module, title and status, by host. */
  readonly statuses: readonly string[];
}

/** Runs plays on fake hosts named by the keys. */
export async function runOn(
  hosts: Record<string, FakeSwitches>,
  plays: readonly Play[],
  more: Partial<RunRequest> = {},
): Promise<Ran> {
  const events: TimedEvent[] = [];
  const summary = await runPlays({
    playbook: playbook(plays),
    name: "test",
    inventoryName: "fake",
    inventory: inventory({ hosts: Object.fromEntries(Object.keys(hosts).map((name) => [name, {}])) }),
    access: ({ name }) => ({
      lease: false,
      connect: async () => {
        const host = hosts[name];
        if (!host) throw new Error(`no fake host ${name}`);
        return host.connection;
      },
    }),
    subscribers: [(event) => events.push(event)],
    ...more,
  });
  const of = <T extends RunEvent["type"]>(type: T) =>
    events.filter((event): event is Extract<TimedEvent, { type: T }> => event.type === type);
  const statuses = of("task:end").map(
    ({ host, task, status }) => `${host} ${task.module} ${task.title}: ${status}`,
  );
  return { ...summary, events, of, statuses };
}
