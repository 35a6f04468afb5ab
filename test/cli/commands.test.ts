import { describe, expect, it } from "vitest";
import { project, run, twoHosts } from "./helpers.ts";

const folder = project({ "inventory/lab.ts": twoHosts });

describe("the command line", () => {
  it("prints the version and nothing else", async () => {
    const { status, stdout } = await run(folder, ["--version"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("explains itself and each command", async () => {
    const { status, stdout } = await run(folder, ["--help"]);
    expect(status).toBe(0);
    for (const command of ["playbook", "inventory", "doc", "exec", "task", "lab"])
      expect(stdout).toContain(`  ${command} `);
    for (const args of [
      ["playbook", "--help"],
      ["help", "playbook"],
    ])
      expect((await run(folder, args)).stdout).toContain("Exit codes: 0 fine");
  });

  it.each([
    ["playbook", "x"],
    ["task", "debug", "{message: hi}", "--hosts", "all"],
    ["apply", "plan.json"],
  ])("lets %s wait for a host that another run is changing, or take it over", async (...args) => {
    const { stderr } = await run(folder, [...args, "--take-over", "--wait-lease", "soon"]);
    expect(stderr).toContain("expected a time such as 30s, 10m or 1h");
  });

  it.each([
    { args: ["playbok"], said: "(Did you mean playbook?)" },
    { args: ["playbook", "x", "host=web1"], said: "a variable follows -e: -e host=VALUE" },
    { args: ["playbook", "--chek"], said: "(Did you mean --check?)" },
    { args: ["playbook", "x", "--forks", "0"], said: "expected a whole number above 0" },
    {
      args: ["task", "debug", "{message: hi}", "--hosts", "all", "--reporter", "html"],
      said: "there are: tty, plain, jsonl; a file's path works too",
    },
    { args: ["lab", "upp"], said: "(Did you mean up?)" },
    { args: ["exec", "all"], said: "missing required argument" },
    { args: ["task", "command"], said: "--hosts" },
  ])("answers $args with what is wrong, and 5", async ({ args, said }) => {
    const { status, stderr } = await run(folder, args);
    expect(status).toBe(5);
    expect(stderr).toContain(said);
    expect(stderr).not.toMatch(/\n\s+at .*:\d+/);
  });
});

describe("inventory", () => {
  const secretive = project({
    "inventory/only.ts": `import { inventory, secret } from "showrunner";
export default inventory({
  settings: { user: "admin", password: "letmein", identityFile: "keys/id" },
  hosts: { "web[1:2]": { address: "192.0.2.1" }, db1: { vars: { token: secret("sesame-open"), n: 1 } } },
  groups: { front: { children: ["web"] }, web: { hosts: ["web[1:2]"] } },
});
`,
  });

  it("draws the groups and hosts of the only inventory there is", async () => {
    const { stdout } = await run(secretive, ["inventory"]);
    expect(stdout).toBe(`inventory/only.ts
@all:
  |--@ungrouped:
  |  |--db1
  |--@front:
  |  |--@web:
  |  |  |--web1  192.0.2.1
  |  |  |--web2  192.0.2.1
`);
  });

  it("lists it in Ansible's form, with secrets masked", async () => {
    const { stdout } = await run(secretive, ["inventory", "--list"]);
    expect(stdout).not.toMatch(/letmein|sesame/);
    expect(JSON.parse(stdout)).toMatchObject({
      _meta: {
        hostvars: {
          web1: {
            ansible_host: "192.0.2.1",
            ansible_port: 22,
            ansible_user: "admin",
            ansible_password: "********",
          },
          db1: { token: "********", n: 1 },
        },
      },
      front: { children: ["web"] },
      web: { hosts: ["web1", "web2"] },
    });
  });

  it("shows one host, and refuses an unknown one", async () => {
    const { stdout } = await run(secretive, ["inventory", "--host", "db1"]);
    expect(JSON.parse(stdout)).toMatchObject({ n: 1, ansible_ssh_private_key_file: "keys/id" });
    expect(await run(secretive, ["inventory", "--host", "db2"])).toMatchObject({ status: 5 });
  });

  it("merges several, of which the later ones win, and runs on all of their hosts", async () => {
    const folder = project({
      "inventory/lab.ts": twoHosts,
      "inventory/more.yml":
        "web:\n  hosts:\n    web3: { ansible_connection: local }\n  vars: { from: more }\n",
      "inventory/other.yml": "web:\n  hosts:\n    web3:\n  vars: { from: other }\n",
    });
    const args = ["inventory", "--host", "web3", "-i", "lab", "-i", "more", "-i", "other"];
    expect((await run(folder, args)).stdout).toContain('"from": "other"');
    const ran = await run(folder, [
      "exec",
      "web",
      "-i",
      "inventory/lab.ts",
      "-i",
      "more",
      "--",
      "echo",
      "here",
    ]);
    expect(ran.stdout.trimEnd().split("\n").sort()).toEqual(["web1 | here", "web2 | here", "web3 | here"]);
    const lab = await run(folder, ["lab", "status", "-i", "lab", "-i", "more"]);
    expect(lab.status).toBe(5);
    expect(lab.stderr).toContain("a lab is what one inventory describes, and not 2");
  });

  it("asks which one where there are several and none is called lab", async () => {
    const two = project({ "inventory/a.ts": twoHosts, "inventory/b.yml": "all: {hosts: {x: {}}}" });
    const { status, stderr } = await run(two, ["inventory"]);
    expect(status).toBe(5);
    expect(stderr).toContain("inventory/a.ts, inventory/b.yml");
    const chosen = await run(two, ["inventory"], { SHOWRUNNER_INVENTORY: "inventory/b.yml" });
    expect(chosen.stdout).toContain("|--x");
  });
});

describe("exec", () => {
  it("prints what every host says, each line with its host", async () => {
    const { status, stdout, stderr } = await run(folder, ["exec", "all", "--", "echo one; echo two >&2"]);
    expect(status).toBe(0);
    expect(stdout.trimEnd().split("\n").sort()).toEqual(["web1 | one", "web2 | one"]);
    expect(stderr.trimEnd().split("\n").sort()).toEqual(["web1 | two", "web2 | two"]);
  });

  it("hands several words over as they are", async () => {
    const { stdout } = await run(folder, ["exec", "web1", "--", "printf", "%s-%s\\n", "a b", "$HOME"]);
    expect(stdout).toBe("web1 | a b-$HOME\n");
  });

  it("answers with 2 and the status where the command failed", async () => {
    const { status, stderr } = await run(folder, ["exec", "web1", "--", "exit 3"]);
    expect(status).toBe(2);
    expect(stderr).toBe("web1 ! ended with status 3\n");
  });

  it("answers with 4 where a host was unreachable", async () => {
    const dead = project({
      "inventory/lab.ts": `import { inventory } from "showrunner";
export default inventory({ hosts: { gone: { address: "127.0.0.1", port: 1 } } });`,
    });
    const { status, stderr } = await run(dead, ["exec", "all", "--", "true"]);
    expect(status).toBe(4);
    expect(stderr).toContain("gone ! nothing listens on 127.0.0.1:1");
  });
});

describe("task", () => {
  it("runs one module with parameters in YAML, and shows its value", async () => {
    const { status, stdout } = await run(folder, [
      "task",
      "command",
      "{argv: [echo, hi]}",
      "--hosts",
      "web1",
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/changed {6}web1 {2}command echo hi/);
    expect(stdout).toContain('web1: {"stdout":"hi\\n","stderr":"","status":0}');
  });

  it("says what is wrong with the module's name or the parameters before any host is reached", async () => {
    expect(await run(folder, ["task", "comand", "{}", "--hosts", "all"])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('there is no module "comand" (did you mean "command"?)'),
    });
    expect(await run(folder, ["task", "command", '{"argvv": ["a"]}', "--hosts", "all"])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('argvv: there is no such parameter (did you mean "argv"?)'),
    });
  });
});

describe("doc", () => {
  it("explains a module: its parameters with types and defaults, what it gives, and examples", async () => {
    const { status, stdout } = await run(folder, ["doc", "command"]);
    expect(status).toBe(0);
    expect(stdout).toContain("command (module): ");
    expect(stdout).toMatch(/ {2}argv {2}string\[\] {2}required\n {4}\S/);
    expect(stdout).toMatch(/Gives, as `value`:\n[\s\S]* {2}stdout {2}string\n {4}\S/);
    expect(stdout).toContain("Examples:\n  command({ argv:");
  });

  it("lists modules and roles, those of the project too", async () => {
    const own = project({
      "roles/motd/index.ts": `import { defineRole, Type } from "showrunner";
export const motd = defineRole({ name: "motd", summary: "A greeting at login.", vars: {
  /** What to say. */
  text: Type.String(),
  size: Type.Integer({ default: 3, description: "how large" }),
}, async run() {} });`,
    });
    const list = await run(own, ["doc"]);
    expect(list.stderr).toBe("");
    expect(list.stdout).toMatch(
      /Modules:\n[\s\S]* {2}command +Runs a command[\s\S]*Roles:\n[\s\S]* {2}motd +A greeting at login\./,
    );
    const { stdout } = await run(own, ["doc", "motd"]);
    expect(stdout).toContain("roles/motd/index.ts:2");
    // a comment, or a schema's own description
    expect(stdout).toContain(
      "text  string  required\n    What to say.\n  size  integer  default 3\n    how large",
    );
    expect(await run(own, ["doc", "modt"])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('did you mean "motd"?'),
    });
  });
});

it("lab refuses an inventory that does not say it is one: its hosts may be real", async () => {
  const { status, stderr } = await run(folder, ["lab", "up"]);
  expect(status).toBe(5);
  expect(stderr).toContain("inventory/lab.ts describes no lab");
  expect(stderr).toContain('identityFile: ".showrunner/lab/lab/id_ed25519"');
});
