/** What must hold of any plan, tried on playbooks and hosts made at random. */
import { describe, expect, it } from "vitest";
import { newSalt, planFile } from "../../src/core/plans/plan-file.ts";
import { PlanGuard } from "../../src/core/plans/plan-guard.ts";
import { PlanRecorder } from "../../src/core/plans/plan-record.ts";
import type { RecordedPlan } from "../../src/core/plans/plan-schema.ts";
import { type Play, play } from "../../src/core/plays/play.ts";
import { FakeSwitches, print, runOn, turn } from "./harness.ts";

/** Numbers that look random, the same for the same seed (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const switches = ["a", "b", "c", "d"];
const positions = ["on", "off", "dim"];

interface Act {
  readonly print?: string;
  /** What is printed decides what is turned then. */
  readonly reads?: boolean;
  readonly name: string;
  readonly to: string;
  readonly touches?: "everything" | "arrivals" | undefined;
  readonly handler?: string | undefined;
}

function acts(next: (below: number) => number): Act[][] {
  const pick = <T>(items: readonly T[]) => items[next(items.length)];
  const act = (): Act => ({
    name: pick(switches) ?? "a",
    to: pick(positions) ?? "on",
    touches: pick([undefined, undefined, undefined, "arrivals", "everything"] as const),
    handler: pick([undefined, undefined, "x", "y"]),
    ...(next(8) === 0 ? { print: `p${next(2)}`, reads: next(2) === 0 } : {}),
  });
  return Array.from({ length: 1 + next(3) }, () => Array.from({ length: 1 + next(4) }, act));
}

function playbook(steps: readonly (readonly Act[])[]): Play[] {
  const body = (step: readonly Act[]) => async () => {
    for (const { print: text, reads, name, to, touches, handler } of step) {
      const options = handler ? { notify: turn({ name: handler, to }) } : {};
      if (text !== undefined) {
        const printed = await print({ text }, options);
        if (reads) await turn({ name: printed.value, to });
      }
      if (text === undefined) await turn({ name, to, ...(touches ? { touches: [touches] } : {}) }, options);
    }
  };
  return [play("p", { hosts: "all" }, Object.fromEntries(steps.map((step, at) => [`s${at}`, body(step)])))];
}

function state(next: (below: number) => number): Record<string, string> {
  return Object.fromEntries(
    switches.filter(() => next(4) > 0).map((name) => [name, positions[next(3)] ?? "on"]),
  );
}

type States = Readonly<Record<string, Record<string, string>>>;

/** Its commands do what no plan can know. */
class Surprising extends FakeSwitches {
  override respond(script: string) {
    if (/^print p0$/m.test(script)) this.switches["b"] = "dim";
    if (/^print p1$/m.test(script)) delete this.switches["c"];
    return super.respond(script);
  }
}

function hostsOf(states: States): Record<string, FakeSwitches> {
  return Object.fromEntries(Object.entries(states).map(([name, one]) => [name, new Surprising(one)]));
}

async function planned(states: States, plays: readonly Play[]): Promise<RecordedPlan> {
  const recorder = new PlanRecorder(newSalt());
  await runOn(hostsOf(states), plays, { check: true, hooks: recorder });
  return recorder.plan;
}

async function applied(states: States, plays: readonly Play[], plan: RecordedPlan) {
  const request = {
    playbook: "",
    playbookFile: "",
    inventories: [],
    inventoryFiles: [],
    hosts: [],
    vars: [],
  };
  const hosts = hostsOf(states);
  const guard = new PlanGuard(planFile(plan, { request, code: { files: {} } }, "1"), { again: "again" });
  const ran = await runOn(hosts, plays, { hooks: guard });
  const codes = new Map(ran.of("host:failed").map(({ host, error }) => [host, error.code]));
  return { hosts, codes };
}

const seeds = Array.from({ length: 60 }, (_, seed) => seed + 1);

describe("any plan", () => {
  it("does, applied to what it was made from, just what a run would do", async () => {
    for (const seed of seeds) {
      const next = numbers(seed);
      const plays = playbook(acts(next));
      const states = { h1: state(next), h2: state(next) };
      const { hosts, codes } = await applied(states, plays, await planned(states, plays));
      expect([seed, ...codes]).toEqual([seed]);
      const free = hostsOf(states);
      await runOn(free, plays);
      for (const name of ["h1", "h2"])
        expect([seed, name, hosts[name]?.changes]).toEqual([seed, name, free[name]?.changes]);
    }
  });

  it("touches no host on which something moved that it was made from, and any other as ever", async () => {
    for (const seed of seeds) {
      const next = numbers(seed);
      const plays = playbook(acts(next));
      const before = { h1: state(next), h2: state(next) };
      const plan = await planned(before, plays);
      const drifted = switches[next(switches.length)] ?? "a";
      const now = { ...before, h1: { ...before.h1, [drifted]: "broken" } };
      const { hosts, codes } = await applied(now, plays, plan);
      const isRead = plan.hosts["h1"]?.facts.some(({ key }) => key === drifted);
      expect([seed, codes.get("h1")]).toEqual([seed, isRead ? "plan.moved" : undefined]);
      if (isRead) expect([seed, hosts["h1"]?.changes]).toEqual([seed, []]);
      expect([seed, codes.get("h2")]).toEqual([seed, undefined]);
    }
  });

  it("lets another playbook do nothing that it does not list or leave open", async () => {
    for (const seed of seeds) {
      const next = numbers(seed);
      const states = { h1: state(next) };
      // what follows on something that is read is left open, whatever it is
      const closed = (steps: Act[][]) =>
        steps.map((step) => step.map((act): Act => ({ ...act, reads: false })));
      const plan = await planned(states, playbook(closed(acts(next))));
      const { hosts } = await applied(states, playbook(closed(acts(next))), plan);
      const listed = plan.tasks.map(({ module, title, changes, status }) => ({
        start: module === "print" ? `print ${title}` : `turn ${title} `,
        // what is unknown may be done, by a task of the same parameters
        left: status === "unknown" ? 1 : changes.length,
      }));
      for (const change of hosts["h1"]?.changes ?? []) {
        const one = listed.find(({ start, left }) => left > 0 && change.startsWith(start));
        expect([seed, change, one !== undefined]).toEqual([seed, change, true]);
        if (one) one.left--;
      }
    }
  });
});
