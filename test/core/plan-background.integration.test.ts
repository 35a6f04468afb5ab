/** Plans of work in the background, on this machine. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sh } from "../../src/base/script.ts";
import type { RunRequest } from "../../src/core/plays/run-request.ts";
import { background } from "../../src/core/steps/background.ts";
import { command, copy, shell } from "../../src/modules/index.ts";
import { connector } from "../../src/transport/connect.ts";
import { FakeSwitches } from "./harness.ts";
import { applyOn, codes, one, planOn } from "./plan-harness.ts";

const folder = mkdtempSync(join(tmpdir(), "showrunner-plan-background-"));
const at = (name: string) => join(folder, name);
vi.stubEnv("SHOWRUNNER_STATE", at("state"));
beforeEach(() => {
  for (const name of ["go", "handled", "found", "left"]) rmSync(at(name), { force: true });
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const hosts = { here: new FakeSwitches() };
const here: Partial<RunRequest> = {
  access: ({ name }) => ({
    lease: false,
    connect: connector("local", { name, address: "localhost", port: 22, user: undefined }),
  }),
};
const poll = { poll: "50ms" } as const;
const handler = () => command({ argv: ["touch", at("handled")] });

/** The job ends only once what comes after it has been done. */
const plays = (word = "found") =>
  one(async () => {
    const job = await background(
      shell({ cmd: sh`until [ -e ${at("go")} ]; do sleep 0.02; done; echo ${word}` }, { notify: handler() }),
      poll,
    );
    await copy({ dest: at("go"), content: "" });
    const { value } = await job.wait();
    await background(shell({ cmd: sh`: >${at(value.stdout.trim())}` }, { notify: handler() }), poll);
  });

describe("a plan of work in the background", () => {
  it("lists what is started, and leaves open what depends on its end", async () => {
    const { plan } = await planOn(hosts, plays(), here);
    expect(plan.tasks.map(({ module, status }) => `${module} ${status}`)).toEqual([
      "shell changed",
      "copy likely",
      "command changed",
    ]);
    expect(plan.unforeseen.map(({ after }) => after)).toEqual([2]);
    expect(existsSync(at("state"))).toBe(false);
    expect(codes(await applyOn(hosts, plays(), plan, here))).toEqual([]);
    expect(["go", "found", "handled"].filter((name) => !existsSync(at(name)))).toEqual([]);
  });

  it("starts nothing else, also where nobody waits for it", async () => {
    const left = (text: string) =>
      one(async () => void (await background(shell({ cmd: sh`echo ${text} >${at("left")}` }), poll)));
    const { plan } = await planOn(hosts, left("planned"), here);
    expect(codes(await applyOn(hosts, left("edited"), plan, here))).toEqual(["here plan.diverged"]);
    expect(existsSync(at("left"))).toBe(false);
    expect(codes(await applyOn(hosts, left("planned"), plan, here))).toEqual([]);
    expect(readFileSync(at("left"), "utf8")).toBe("planned\n");
    const first = await planOn(hosts, plays(), here);
    expect(codes(await applyOn(hosts, plays("told"), first.plan, here))).toEqual(["here plan.diverged"]);
    expect(existsSync(at("go"))).toBe(false);
  });
});
