import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { batch } from "../../src/core/steps/batch.ts";
import type { HostFacts } from "../../src/facts/host-facts.ts";
import { facts } from "../../src/gathering/facts.ts";
import { command } from "../../src/modules/commands/command.ts";
import { file } from "../../src/modules/files/file.ts";
import { runHere } from "../modules/local.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "showrunner-facts-"));
  writeFileSync(join(folder, "package.json"), "{}");
  vi.spyOn(process, "cwd").mockReturnValue(folder);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const kept = () => join(folder, ".showrunner", "facts", "here.json");

/** Reads them, and counts round trips. */
async function read(cache?: "1h"): Promise<{ found: HostFacts | undefined; trips: number }> {
  let found: HostFacts | undefined;
  const { hosts } = await runHere(async () => {
    found = await facts(cache === undefined ? {} : { cache });
  });
  return { found, trips: hosts["here"]?.roundTrips ?? -1 };
}

describe("facts()", () => {
  it("are this host's, read once a run", async () => {
    const names: string[] = [];
    const { exitCode, hosts } = await runHere(async () => {
      names.push((await facts()).hostname, (await facts()).hostname);
    });
    expect(exitCode).toBe(0);
    expect(names).toEqual([hostname(), hostname()]);
    expect(hosts["here"]?.roundTrips).toBe(1);
  });

  it("travel with what a batch asks in the same moment", async () => {
    const path = join(folder, "package.json");
    const { exitCode, hosts } = await runHere(() =>
      Promise.all([facts(), batch([file({ path, state: "file" }), file({ path: "/", state: "directory" })])]),
    );
    expect(exitCode).toBe(0);
    expect(hosts["here"]?.roundTrips).toBe(1);
  });

  it("that are never awaited are an error, as with a task", async () => {
    const { error } = await runHere(async () => {
      void facts();
    });
    expect(error?.message).toContain("facts was made in this step and never awaited");
  });

  it("are not to be had outside a step", async () => {
    await expect(facts()).rejects.toThrow("facts was awaited outside any host");
  });

  it("make what follows likely in a plan in which a command may have altered them", async () => {
    const target = join(folder, "new");
    const toldBehind = async (first: () => PromiseLike<unknown>) => {
      const { told } = await runHere(
        async () => {
          await first();
          if ((await facts()).os === "linux") await file({ path: target, state: "directory" });
        },
        { check: true },
      );
      return told.at(-1);
    };
    expect(await toldBehind(() => command({ argv: ["true"] }))).toMatch(/^file likely/);
    expect(await toldBehind(async () => undefined)).toMatch(/^file changed/);
  });
});

describe("facts({ cache })", () => {
  it("are read and kept for their owner, then taken from there", async () => {
    const first = await read("1h");
    expect(first.trips).toBe(1);
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, ".showrunner", "facts")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, ".showrunner", "facts"))).toEqual(["here.json"]);
    const second = await read("1h");
    expect(second.trips).toBe(0);
    expect(second.found).toEqual(JSON.parse(JSON.stringify(first.found)));
  });

  it("are read afresh where nobody asked for kept ones, and then not kept", async () => {
    expect((await read()).trips).toBe(1);
    expect(readdirSync(folder)).toEqual(["package.json"]);
  });

  it.each([
    { why: "too old", alter: { readAt: Date.now() - 2 * 3600 * 1000 } },
    { why: "from the future", alter: { readAt: Date.now() + 3600 * 1000 } },
    { why: "another host's", alter: { address: "192.0.2.9" } },
    { why: "of another form", alter: { form: 0 } },
  ])("are read afresh where those kept are $why", async ({ alter }) => {
    await read("1h");
    writeFileSync(kept(), JSON.stringify({ ...JSON.parse(readFileSync(kept(), "utf8")), ...alter }));
    expect((await read("1h")).trips).toBe(1);
    expect((await read("1h")).trips).toBe(0);
  });

  it("that can't be kept are had all the same, with a warning", async () => {
    writeFileSync(join(folder, ".showrunner"), "a file where the folder should be");
    const { exitCode, events } = await runHere(() => facts({ cache: "1h" }));
    expect(exitCode).toBe(0);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "warning", text: expect.stringContaining("could not be kept: ") }),
    );
  });

  it("refuse an age that is none, with the line that says it", async () => {
    // what a program that was not compiled may say
    const cache: "1h" = JSON.parse('"banana"');
    const { exitCode, events } = await runHere(() => facts({ cache }));
    expect(exitCode).toBe(2);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "host:failed",
        error: expect.objectContaining({
          message: expect.stringMatching(/^facts, cache: expected a time .*, got "banana"$/),
          location: expect.objectContaining({ file: import.meta.filename }),
        }),
      }),
    );
  });

  it("are read afresh where those kept are broken", async () => {
    await read("1h");
    writeFileSync(kept(), "{");
    expect((await read("1h")).trips).toBe(1);
  });
});
