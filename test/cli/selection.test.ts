/** Choosing what a run is about: tags, steps, hosts. */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { project, run, start, twoHosts } from "./helpers.ts";

const site = `import { fail, play, playbook, step } from "showrunner";
import { existsSync } from "node:fs";

export default playbook([
  play("web servers", { hosts: "web", serial: 1, order: "reverseInventory", maxFailPercentage: 100, tags: ["web"] }, {
    base: async () => undefined,
    check: step({ tags: ["test"] }, async ({ host }) => {
      if (host.name === "web1" && !existsSync(new URL("../fixed", import.meta.url))) fail("broken");
    }),
    wipe: step({ tags: ["never", "reset"] }, async () => undefined),
  }),
  play("last", { hosts: "all" }, { end: async () => undefined }),
]);
`;

function sandbox(files: Readonly<Record<string, string>> = {}): string {
  return project({ "inventory/lab.ts": twoHosts, "playbooks/site.ts": site, ...files });
}

describe("lists", () => {
  it("hosts by batch, steps with their tags, and tags, and runs nothing", async () => {
    const lists = ["--list-hosts", "--list-steps", "--list-tags"];
    const { status, stdout, stderr } = await run(sandbox(), ["playbook", "site", ...lists]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(`Play web servers (web: 2 hosts)
  batch 1 of 2
    web2
  batch 2 of 2
    web1
  base   web
  check  web, test
  wipe   web, reset (never)
  tags: reset (never), test, web
Play last (all: 2 hosts)
  web1
  web2
  end
  tags: none
`);
  });

  it("only what is selected", async () => {
    const args = ["playbook", "site", "--list-hosts", "--list-steps", "--tags", "test", "--limit", "web1"];
    const { stdout } = await run(sandbox(), args);
    expect(stdout).toBe("Play web servers (web: 1 host)\n  web1\n  check  web, test\n");
  });
});

describe("a selection", () => {
  const steps = async (...args: string[]) => {
    const folder = sandbox({ fixed: "" });
    const { stdout } = await run(folder, [
      "playbook",
      "site",
      "--limit",
      "web1",
      "--reporter",
      "jsonl",
      ...args,
    ]);
    return [...stdout.matchAll(/"type":"step:start".*?"step":"(\w+)"/g)].map(([, name]) => name).join(" ");
  };

  it.each([
    [[], "base check end"],
    [["--tags", "web"], "base check wipe"],
    [["--tags", "test,never"], "check wipe"],
    [["--skip-tags", "test", "--skip-tags", "untagged"], "base"],
    [["--start-at", "check"], "check end"],
    [["--start-at", "last/end"], "end"],
  ])("by %j runs: %s", async (args, expected) => {
    expect(await steps(...args)).toBe(expected);
  });

  it.each([
    [["--tags", "tset"], 'no play and no step has the tag "tset" (did you mean "test"?)'],
    [["--tags", "a,,b"], "expected tags, separated by commas"],
    [["--start-at", "nowhere"], 'there is no step "nowhere" to start at'],
    [["--limit", "@last-failed"], "@last-failed: no run of site on inventory/lab.ts is kept"],
  ])("by %j is refused as bad usage", async (args, message) => {
    const { status, stderr } = await run(sandbox(), ["playbook", "site", ...args]);
    expect(status).toBe(5);
    expect(stderr).toContain(message);
  });
});

describe("--step", () => {
  const answering = async (input: string) => {
    const { child, ended } = start(sandbox({ fixed: "" }), [
      "playbook",
      "site",
      "-l",
      "web1",
      "--step",
      "-v",
    ]);
    child.stdin.end(input);
    const { status, stdout, stderr } = await ended;
    const ran = [...stdout.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name).join(" ");
    return { status, ran, asked: stderr.match(/\(y\)es, \(n\)o, \(c\)ontinue\? /g)?.length, stderr };
  };

  it.each([
    ["y\nn\ny\n", 3, "base end"],
    ["n\nwhat\nc\n", 3, "check end"],
  ])("answered %j asks %i times and runs: %s", async (input, asked, ran) => {
    const answered = await answering(input);
    expect(answered).toMatchObject({ status: 0, asked, ran });
    expect(answered.stderr).toContain("web servers / base on web1: ");
  });

  it.each([
    ["", 1, "", "web servers / base"],
    ["y\n", 2, "base", "web servers / check"],
  ])(
    "whose input ends, after %j, ends the run as bad usage, with nothing more done",
    async (input, asked, ran, at) => {
      const answered = await answering(input);
      expect(answered).toMatchObject({ status: 5, asked, ran });
      expect(answered.stderr).toContain(`--step: the input ended before an answer to ${at}`);
    },
  );
});

describe("--limit @last-failed", () => {
  it("runs on the hosts that failed the last time, and refuses when none did", async () => {
    const folder = sandbox();
    expect((await run(folder, ["playbook", "site"])).status).toBe(2);
    writeFileSync(`${folder}/fixed`, "");
    const again = await run(folder, ["playbook", "site", "--limit", "@last-failed"]);
    expect(again).toMatchObject({ status: 0, stderr: "" });
    expect(again.stdout).toContain("Playbook site on 1 host of");
    expect(again.stdout).toContain("Play web servers (web1)");
    const none = await run(folder, ["playbook", "site", "--limit", "@last-failed"]);
    expect(none.status).toBe(5);
    expect(none.stderr).toContain("no host failed in the last run of site");
  });
});
