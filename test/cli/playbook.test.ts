import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project, run, twoHosts } from "./helpers.ts";

const hello = `/** Says hello to every host. */
import { command, play, playbook } from "showrunner";

export default playbook([
  play("hello", { hosts: "web" }, {
    greet: () =>
      command({ argv: ["sh", "-c", "echo hello >> greeted"], chdir: process.cwd(), creates: "greeted" }),
  }),
]);
`;

/** A playbook whose only step has this body, beginning on line 4. */
function withStep(body: string, options = 'hosts: "web"', imports = "command, play, playbook"): string {
  return `import { ${imports} } from "showrunner";
export default playbook([
  play("work", { ${options} }, { work: async ({ vars, host }) => {
${body}
  } }),
]);
`;
}

function projectWith(playbook: string, files: Readonly<Record<string, string>> = {}): string {
  return project({ "inventory/lab.ts": twoHosts, "playbooks/site.ts": playbook, ...files });
}

describe("playbook", () => {
  it("lists the playbooks with the first line of their comment when no name is given", async () => {
    const folder = projectWith(hello, {
      "playbooks/noted.ts": '// playbooks/noted.ts\nimport "node:fs";\n/** Is noted. */\nexport default 1;',
      "playbooks/other.ts": "export default 1;",
    });
    const { status, stdout } = await run(folder, ["playbook"]);
    expect(status).toBe(0);
    expect(stdout).toBe("noted  Is noted.\nother\nsite   Says hello to every host.\n");
  });

  it("runs by name from the project's folders below, and by path, and says which inventory it took", async () => {
    const folder = projectWith(hello);
    mkdirSync(join(folder, "some", "where"), { recursive: true });
    const byName = await run(join(folder, "some", "where"), ["playbook", "site", "--check"]);
    expect(byName).toMatchObject({ status: 0, stderr: "" });
    expect(byName.stdout).toContain(`Playbook site on 2 hosts of ${join(folder, "inventory/lab.ts")}`);
    const byPath = await run(folder, ["playbook", "playbooks/site.ts", "--check", "-i", "lab"]);
    expect(byPath.status).toBe(0);
    expect(byPath.stdout).toContain("Playbook site on 2 hosts of inventory/lab.ts (check mode");
  });

  it("changes nothing in check mode, changes what differs, and then finds nothing to do", async () => {
    const folder = projectWith(hello.replaceAll("greeted", "$PWD/greeted").replace(/\$PWD/g, "/nowhere"));
    const file = join(folder, "greeted");
    writeFileSync(
      join(folder, "playbooks/site.ts"),
      hello.replace('"echo hello >> greeted"', `"echo hello > ${file}"`).replace('"greeted"', `"${file}"`),
    );
    const args = ["playbook", "site", "--limit", "web1"];
    const plan = await run(folder, [...args, "--check"]);
    expect(plan.stdout).toMatch(/would change {2}web1 {2}command/);
    expect(existsSync(file)).toBe(false);
    const first = await run(folder, args);
    expect(first.stdout).toMatch(/changed {6}web1 {2}command/);
    expect(first.stdout).toContain("1 task changed something");
    const second = await run(folder, args);
    expect(second).toMatchObject({ status: 0 });
    expect(second.stdout).toContain("nothing changed");
  });

  it("writes jsonl of which the last line is run:end, and the same events to a private journal", async () => {
    const folder = projectWith(withStep(`await command({ argv: ["true"] });`));
    const { status, stdout } = await run(folder, ["playbook", "site", "--reporter", "jsonl"]);
    expect(status).toBe(0);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.at(-1)).toMatchObject({
      type: "run:end",
      exitCode: 0,
      totals: { ok: 0, changed: 2, failed: 0, unreachable: 0, ignored: 0, likely: 0, unknown: 0 },
      hosts: { web1: { changed: 1, roundTrips: 1 }, web2: { changed: 1, roundTrips: 1 } },
    });
    const runs = join(folder, ".showrunner", "runs");
    const [journal = "", ...others] = readdirSync(runs);
    expect(others).toEqual([]);
    expect(journal).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}-site\.jsonl$/);
    expect(readFileSync(join(runs, journal), "utf8")).toBe(stdout);
    expect(statSync(join(runs, journal)).mode & 0o777).toBe(0o600);
    expect(statSync(runs).mode & 0o777).toBe(0o700);
  });

  it("shows a playbook by the reporter that its file exports, where the user names none", async () => {
    const own = `${hello.replace("{ command", "{ defineReporter, command")}
export const reporter = defineReporter(({ write }) => ({
  subscribe: ({ type }) => type === "run:end" && write("the end\\n"),
}));
`;
    const folder = projectWith(own);
    const args = ["playbook", "site", "--check"];
    expect(await run(folder, args)).toMatchObject({ status: 0, stdout: "the end\n", stderr: "" });
    const plain = await run(folder, [...args, "--reporter", "plain"]);
    expect(plain.stdout).toContain("Playbook site on 2 hosts");
    expect(plain.stdout).not.toContain("the end");
  });

  it("goes on without a reporter that can't begin, and says so where no other reports", async () => {
    const chat = `import { defineReporter } from "showrunner";
export default defineReporter(() => { throw new Error("no token"); });
`;
    const folder = projectWith(hello, { "reporters/chat.ts": chat });
    const args = ["playbook", "site", "--check", "--reporter", "chat"];
    const text = "the reporter at reporters/chat.ts:2 failed and gets no more events: no token";
    expect(await run(folder, args)).toMatchObject({ status: 0, stderr: `warning: ${text}\n` });
    const beside = await run(folder, [...args, "--reporter", "plain"]);
    expect(beside).toMatchObject({ status: 0, stderr: "", stdout: expect.stringContaining(text) });
  });

  it("answers with 2 when a host failed, with the line, what the command said, and the others done", async () => {
    const folder = projectWith(
      withStep(`
    if (host.name === "web2") await command({ argv: ["sh", "-c", "echo it is broken >&2; exit 3"] });
    await command({ argv: ["true"] });`),
    );
    const { status, stdout, stderr } = await run(folder, ["playbook", "site"]);
    expect(status).toBe(2);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/web2 failed: work › command sh -c/);
    expect(stdout).toContain("at playbooks/site.ts:5\n  it is broken\n");
    expect(stdout).toMatch(/changed {6}web1/);
    expect(stdout).not.toMatch(/node_modules|\.js:|at async/);
  });

  it("names the line of a task that was never awaited", async () => {
    const folder = projectWith(withStep(`    command({ argv: ["true"] });`));
    const { status, stdout } = await run(folder, ["playbook", "site"]);
    expect(status).toBe(2);
    expect(stdout).toContain("command true was made in this step and never awaited, so it did not run");
    expect(stdout).toContain("at playbooks/site.ts:4");
    expect(stdout).toContain("hint: write `await` before it");
  });

  it("names the line of a step that throws, without a stack trace", async () => {
    const folder = projectWith(withStep(`    const nothing: any = undefined;\n    nothing.name();`));
    const { status, stdout } = await run(folder, ["playbook", "site"]);
    expect(status).toBe(2);
    expect(stdout).toContain("web1, web2 failed: work\n  TypeError: Cannot read properties of undefined");
    expect(stdout).toContain("at playbooks/site.ts:5");
    expect(stdout).not.toMatch(/ at .*\(/);
  });

  it("answers with 1 to a task awaited outside any host", async () => {
    const folder = projectWith(
      `import { command } from "showrunner";\n\nexport default await command({ argv: ["true"] });\n`,
    );
    const { status, stderr } = await run(folder, ["playbook", "site"]);
    expect(status).toBe(1);
    expect(stderr).toContain("error: command true was awaited outside any host\n  at playbooks/site.ts:3\n");
  });
});

describe("a mistake that is found before any host is touched", () => {
  it("in a group variable's name is told with its line and the name that was meant", async () => {
    const inventory = twoHosts.replace('"web2"] }', '"web2"],\n    vars: { domian: "example.org" } }');
    const folder = projectWith(
      withStep("", 'hosts: "web", vars: { domain: Type.String() }', "play, playbook, Type"),
      { "inventory/lab.ts": inventory },
    );
    const { status, stdout, stderr } = await run(folder, ["playbook", "site"]);
    expect(status).toBe(5);
    expect(stdout).toBe("");
    expect(stderr).toContain("inventory/lab.ts:6");
    expect(stderr).toContain('domian: no play knows this variable; did you mean "domain"?');
    expect(existsSync(join(folder, ".showrunner"))).toBe(false);
  });

  it("in a pattern is told with the groups there are", async () => {
    const folder = projectWith(withStep("", 'hosts: "wbe"'));
    const { status, stderr } = await run(folder, ["playbook", "site"]);
    expect(status).toBe(5);
    expect(stderr).toContain('"wbe"');
    expect(stderr).toContain('did you mean "web"?');
    expect(stderr).toContain("groups: all, ungrouped, web");
  });

  it("in a playbook's or an inventory's name is told with those there are", async () => {
    const folder = projectWith(hello);
    expect(await run(folder, ["playbook", "siet"])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('there is no playbook "siet" (did you mean "site"?)'),
    });
    expect(await run(folder, ["playbook", "site", "-i", "inventory/lba.ts"])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('there is no inventory inventory/lba.ts (did you mean "lab.ts"?)'),
    });
    for (const name of ["lba", "lba.yml"])
      expect(await run(folder, ["playbook", "site", "-i", name])).toMatchObject({
        status: 5,
        stderr: `error: there is no inventory ${name} (did you mean "lab"?)\nhint: those in inventory: lab\n`,
      });
    expect((await run(folder, ["inventory", "-i", "lab.ts"])).status).toBe(0);
    writeFileSync(join(folder, "inventory/lab.yml"), "all: {}\n");
    expect(await run(folder, ["inventory", "-i", "lab"])).toMatchObject({
      status: 5,
      stderr: "error: the inventory lab may be any of lab.ts, lab.yml\nhint: name it with its ending\n",
    });
    expect((await run(folder, ["inventory"])).stderr).toContain("the inventory lab may be any of");
  });

  it("in a limit that leaves no host is told", async () => {
    const { status, stderr } = await run(projectWith(hello), ["playbook", "site", "--limit", "web3"]);
    expect(status).toBe(5);
    expect(stderr).toContain("web3");
  });
});

describe("-e", () => {
  const folder = projectWith(
    withStep(
      `    await command({ argv: ["echo", JSON.stringify(vars)] });`,
      'hosts: "web1", vars: { name: Type.String(), size: Type.Optional(Type.Integer()), on: Type.Optional(Type.Boolean()), list: Type.Optional(Type.Array(Type.String())), either: Type.Optional(Type.Union([Type.Integer(), Type.String()])) }',
      "command, play, playbook, Type",
    ),
    { "more.yml": "name: from file\nsize: 4\nlist: [a, b]\n" },
  );

  async function varsOf(...given: string[]): Promise<unknown> {
    const args = given.flatMap((one) => ["-e", one]);
    const { stdout, stderr } = await run(folder, ["playbook", "site", ...args, "--reporter", "jsonl"]);
    const line = stdout.split("\n").find((text) => text.includes('"task:output"'));
    if (line === undefined) throw new Error(stderr);
    return JSON.parse(JSON.parse(line).text);
  }

  it("takes text as the declared schema wants it", async () => {
    expect(await varsOf("name=42", "size=7", "on=true", 'list=["x"]', "either=5")).toEqual({
      name: "42",
      size: 7,
      on: true,
      list: ["x"],
      either: "5",
    });
  });

  it("reads files in YAML, and of one name the last value counts", async () => {
    expect(await varsOf("name=first", "@more.yml")).toEqual({ name: "from file", size: 4, list: ["a", "b"] });
    expect(await varsOf("@more.yml", '{"name": "last"}')).toMatchObject({ name: "last", size: 4 });
  });

  it("says what is wrong with a value, and where it came from", async () => {
    const bad = await run(folder, ["playbook", "site", "-e", "name=x", "-e", "size=big"]);
    expect(bad.status).toBe(5);
    expect(bad.stderr).toMatch(/size: expected an integer, got "big".*\n +from -e size, for web1/);
    const strange = await run(folder, ["playbook", "site", "-e", "name=x", "-e", "colour=red"]);
    expect(strange).toMatchObject({ status: 5, stderr: expect.stringContaining("-e colour: no play knows") });
    const form = await run(folder, ["playbook", "site", "-e", "name"]);
    expect(form).toMatchObject({ status: 5, stderr: expect.stringContaining("expected name=value, @file") });
  });
});
