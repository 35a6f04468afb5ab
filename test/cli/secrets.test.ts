/** A secret through every command: none of them prints it, and none of their files holds it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { type Ended, project, run } from "./helpers.ts";

/** Of a shape that is hard to quote. */
const token = `Zc4n${process.pid}`;
const value = `${token}'deep" \\ $HOME`;

const folder = project({
  "inventory/mine.ts": `import { inventory, secret, secretFrom } from "showrunner";
export default inventory({
  settings: { transport: "local", password: secretFrom.env("CANARY"), becomePassword: process.env.CANARY },
  vars: { password: secretFrom.env("CANARY"), deep: { list: [secret(process.env.CANARY ?? "")] } },
  hosts: { web1: {} },
});
`,
  "templates/page.ejs": "password=<%= vars.password %>\n",
  "reporters/own.ts": `import { defineReporter } from "showrunner";
export default defineReporter(({ write }) => ({
  subscribe(event) {
    write(JSON.stringify(event) + process.env.CANARY + "\\n");
    if (event.type === "run:end") throw new Error("no chat for " + process.env.CANARY);
  },
}));
`,
  "playbooks/site.ts": `import { command, copy, debug, play, playbook, SecretString, shell, template, Type } from "showrunner";
const handler = shell({ cmd: "cat", stdin: process.env.CANARY ?? "" }, { name: "tell " + process.env.CANARY });
export default playbook([
  play("site", { hosts: "all", vars: { password: SecretString(), deep: Type.Unknown(), into: Type.String() } }, {
    files: async ({ vars: { password, into } }) => {
      await copy({ dest: into + "/content", content: password }, { notify: handler });
      await template({ src: "../templates/page.ejs", dest: into + "/page", vars: { password } });
      await copy({ dest: into + "/page", content: "no longer" });
    },
    commands: async ({ vars: { password } }) => {
      await shell({ cmd: "cat", stdin: password });
      await command({ argv: ["cat"], stdin: password, readOnly: true });
      await command({ argv: ["sh", "-c", "echo $CANARY"] }, { environment: { CANARY: password } });
      await command({ argv: ["sh", "-c", "cat >&2; false"], stdin: password }, { ignoreErrors: true });
      await debug({ message: [password, process.env.CANARY] });
    },
    last: async ({ vars: { deep } }) => {
      await debug({ message: deep });
      if (process.env.FAIL === "yes") throw new Error("it was " + process.env.CANARY);
    },
  }),
]);
`,
});
const into = join(folder, "into");
const state = join(folder, "state");
const env = { CANARY: value, SHOWRUNNER_STATE: state };

const spellings = [
  token,
  ...[0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), Buffer.from(token)])
      .toString("base64")
      .slice(before === 0 ? 0 : before + 1, Math.floor(((before + token.length) * 8) / 6)),
  ),
];
const holds = (text: string) => spellings.some((spelling) => text.includes(spelling));

const ran: (Ended & { readonly args: readonly string[] })[] = [];
const site = ["-e", `into=${into}`];

async function say(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const ended = await run(folder, args, { ...env, ...more });
  ran.push({ ...ended, args });
  return ended;
}

function filesBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());
}

/** A command line for each command there is, where it can meet a secret at all. */
const lines: Record<string, readonly (readonly string[])[]> = {
  plan: [
    ["plan", "site", ...site, "--diff", "-v", "-o", "plan.json"],
    ["plan", "--show", "plan.json", "--diff"],
  ],
  apply: [["apply", "plan.json", "--reporter", "jsonl"]],
  playbook: [
    ["playbook", "site", ...site, "--check", "--diff", "-v", "--reporter", "plain"],
    ["playbook", "site", ...site, "--diff", "-v", "--reporter", "jsonl"],
    ["playbook", "site", ...site, "--diff", "-v", "--reporter", "tty"],
    ["playbook", "site", ...site, "--verify", "--reporter", "plain", "--reporter", "own"],
    ["playbook", "site", ...site, "--list-steps"],
    ["playbook", "site", "-e", `into=${into}`, "-e", `password=${value}`, "--reporter", "plain", "-v"],
    ["playbook", "site", "-e", `passwort=${value}`, "-e", `into=[${value}]`],
  ],
  drift: [["drift", "site", ...site, "--diff", "-v", "--reporter", "plain"]],
  task: [
    ["task", "user", `{name: nobody, password: "$6$${token}$", shell: sh}`, "--hosts", "web1", "--check"],
    ["task", "shell", "{cmd: 'echo \"$CANARY\"'}", "--hosts", "web1", "-v"],
  ],
  exec: [["exec", "all", "--", "sh", "-c", 'echo "$CANARY"; exit 3']],
  inventory: [
    ["inventory", "--list"],
    ["inventory", "--host", "web1"],
    ["inventory", "--graph"],
  ],
  firewall: [["firewall"], ["firewall", "--graph"]],
  facts: [["facts", "--json"]],
  handlers: [["handlers"]],
  history: [["history"]],
  show: [
    ["show", "last", "-v"],
    ["show", "last", "--json"],
  ],
  doc: [["doc", "user"]],
  law: [["law"]],
  // these make hosts or files of their own, and take no secret
  new: [],
  lab: [],
  demo: [],
};

beforeAll(async () => {
  mkdirSync(into);
  for (const args of [...(lines["plan"] ?? []), ...(lines["apply"] ?? []), ...(lines["playbook"] ?? [])])
    await say(args);
  await say(["playbook", "site", ...site, "--reporter", "plain", "-v"], { FAIL: "yes" });
  await say(["show", "last", "-v"]);
  for (const [name, all] of Object.entries(lines))
    if (!["plan", "apply", "playbook"].includes(name)) for (const args of all) await say(args);
}, 120_000);

describe("a secret", () => {
  it("meets every command there is", () => {
    expect(Object.keys(lines).sort()).toEqual(commands.map(({ name }) => name).sort());
  });

  it("was really there: files were written, commands printed it, hosts failed with it", () => {
    expect(readFileSync(join(into, "content"), "utf8")).toBe(value);
    const status = (...args: string[]) =>
      ran.find((one) => args.every((word) => one.args.includes(word)))?.status;
    expect([status("plan", "-o"), status("apply"), status("--verify")]).toEqual([0, 0, 0]);
    expect(status("exec")).toBe(2);
    expect(ran.filter(({ stdout }) => stdout.includes("********")).length).toBeGreaterThan(10);
  });

  it("is printed by none", () => {
    const found = ran.flatMap(({ args, stdout, stderr }) =>
      `${stdout}\n${stderr}`
        .split("\n")
        .filter(holds)
        .map((line) => `${args.slice(0, 2).join(" ")}: ${line}`),
    );
    expect(found).toEqual([]);
  });

  it("is in no file of theirs: journals, plans, pending handlers, compiled playbooks", () => {
    const kept = [join(folder, ".showrunner"), state, join(folder, "plan.json"), join(folder, "..", "cache")];
    const files = kept.flatMap((path) => (path.endsWith(".json") ? [path] : filesBelow(path)));
    expect(files.filter((file) => file.endsWith(".jsonl")).length).toBeGreaterThan(5);
    expect(files.filter((file) => holds(readFileSync(file, "latin1")))).toEqual([]);
    expect(readdirSync(tmpdir()).filter((name) => name.includes(token))).toEqual([]);
  });
});
