/** What a run of many hosts does about its memory, and what it leaves behind. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { Script } from "node:vm";
import { expect, it } from "vitest";
import { boundGarbage } from "../../src/cli/many-hosts.ts";
import { emptyTotals } from "../../src/core/events/events.ts";

const jiti = resolve("node_modules/jiti/lib/jiti-cli.mjs");

/** Holds 40 MB, as hosts do, and makes as much again many times over, each as long-lived as a host's turn. */
const program = `
import { boundGarbage } from ${JSON.stringify(resolve("src/cli/many-hosts.ts"))};
const hosts = Array.from({ length: Number(process.argv[2]) }, (_, index) => "host" + index);
boundGarbage({ type: "run:start", playbook: "p", inventory: "i", check: false, hosts, time: 0 });
const make = (count) => Array.from({ length: count }, (_, index) => ({ index, text: [index, index + 1, index + 2] }));
const held = make(400_000);
const turns = [];
let most = 0;
for (let turn = 0; turn < 400; turn++) {
  turns[turn % 20] = make(10_000);
  most = Math.max(most, process.memoryUsage().heapTotal);
}
process.stdout.write(String(most / 1024 / 1024) + " " + held.length + turns.length);
`;

it("a run of many hosts lets less garbage pile up than one of few", async () => {
  const folder = await mkdtemp(join(tmpdir(), "many-hosts-"));
  try {
    const script = join(folder, "program.ts");
    await writeFile(script, program);
    const most = async (hosts: number) => {
      const { stdout } = await promisify(execFile)(process.execPath, [jiti, script, String(hosts)]);
      return Number(stdout.split(" ")[0]);
    };
    expect((await most(1000)) / (await most(5))).toBeLessThan(0.8);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it("code that is kept at the end of such a run can be used by the next one", () => {
  // behind what V8 knows itself by, its version and the source's length
  const flags = () => new Script("1").createCachedData().readUInt32LE(12);
  const hosts = Array.from({ length: 1000 }, (_, index) => `host${index}`);
  const before = flags();
  boundGarbage({ type: "run:start", playbook: "p", inventory: "i", check: false, hosts, time: 0 });
  boundGarbage({ type: "run:end", totals: emptyTotals(), hosts: {}, seconds: 0, exitCode: 0, time: 0 });
  expect(flags()).toBe(before);
});
