/** Every command that prints, on hosts, files and an inventory that hold what a terminal would obey. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { hostile, obeyed } from "../report/hostile.ts";
import { type Ended, project, run, twoHosts } from "./helpers.ts";

/** A shell's printf, byte by byte: the host's own output. */
const octal = [...Buffer.from(hostile.replaceAll("\0", ""))]
  .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
  .join("");
/** As a name in TypeScript and as a file's: neither holds a NUL, and no slash. */
const name = JSON.stringify(hostile.replaceAll("\0", "").replaceAll("/", ""));
const title = hostile.replaceAll("\0", "").replaceAll("/", "").slice(0, 60);

const playbook = `/** It says ${title} */
import { command, copy, debug, fail, play, playbook, shell } from "showrunner";
const name = ${name};
export default playbook([
  play("p " + name, { hosts: "web1" }, {
    ["step " + name]: async ({ check }) => {
      await shell({ cmd: "printf '${octal.replaceAll("\\", "\\\\")}'" }, { name });
      await copy({ dest: process.env["FOLDER"] + "/" + name.slice(0, 40), content: name + "\\n" });
      await debug({ message: name });
      await shell({ cmd: "printf '${octal.replaceAll("\\", "\\\\")}' >&2; exit 3" }, { ignoreErrors: true, name: "failing " + name });
      if (!check) fail("at last " + name, "hint " + name);
    },
  }),
]);
`;

const pending = JSON.stringify({
  id: "abc",
  label: `label ${hostile}`,
  module: `shell${hostile}`,
  task: { params: { [hostile]: hostile }, options: {} },
  playbook: `book ${hostile}`,
  play: "p",
  since: 1_000,
});

let folder: string;
let env: Record<string, string>;

beforeAll(() => {
  folder = project({
    // root here becomes root without sudo, which a test machine need not have
    "inventory/hosts.ts": twoHosts.replace('transport: "local"', 'transport: "local", becomeMethod: "su"'),
    "inventory/bad.yml": `all:\n  hosts:\n    ${JSON.stringify(`web${hostile}`)}: {}\n`,
    "inventory/talk.ts": `import { inventory } from "showrunner";
export default inventory({ hosts: { "web1\u202e\u200b": {} }, traffic: [
  { what: "what \u001b[31m\u202e", from: ["anywhere", "web1\u202e\u200b"], to: "all", ports: 80 },
] });`,
    "inventory/odd.ts": `import { inventory } from "showrunner";
export default inventory({ settings: { transport: "local" }, hosts: { "web1\u202e\u200b": { vars: { v: ${name} } } } });`,
    "playbooks/site.ts": playbook,
  });
  const bin = join(folder, "bin");
  mkdirSync(bin);
  // what the host itself says of itself
  writeFileSync(join(bin, "uname"), `#!/bin/sh\nprintf 'Linux${octal}\\n'\n`);
  chmodSync(join(bin, "uname"), 0o755);
  env = {
    FOLDER: folder,
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
    FORCE_COLOR: "0",
    SHOWRUNNER_STATE: join(folder, "state"),
  };
  mkdirSync(join(folder, "state/lib/owed"), { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "state/lib/owed/abc.json"), `${pending}\n`);
  const runs = join(folder, ".showrunner", "runs");
  mkdirSync(runs, { recursive: true });
  // a journal that somebody else wrote
  const event = (rest: object) => JSON.stringify({ time: 1_000, ...rest });
  writeFileSync(
    join(runs, "2020-01-01T00-00-00-000-forged.jsonl"),
    [
      event({ type: "run:start", playbook: hostile, inventory: hostile, check: false, hosts: [hostile] }),
      event({ type: "message", host: hostile, text: hostile }),
      `{"time":1000,"type":"message","host":"web1","text":"raw \u009b2J\u202e\u007f"}`,
      "",
    ].join("\n"),
  );
});

const inventory = ["-i", "inventory/hosts.ts"];

/** What is tried of each command; the compiler does not know the list, so the first test does. */
const tried: Record<string, readonly (readonly string[])[]> = {
  playbook: [
    [],
    ["site", ...inventory, "-v", "--diff"],
    ["site", ...inventory, "--check", "--diff"],
    ["site", ...inventory, "--reporter", "jsonl"],
    ["site", ...inventory, "--list-steps", "--list-hosts", "--list-tags"],
    [`no${title}`, ...inventory],
    ["site", ...inventory, "--limit", `no${title}`],
    ["site", ...inventory, "-e", `no${title}`],
    ["site", ...inventory, `--no${title}`],
    ["site", "-i", "inventory/bad.yml"],
  ],
  plan: [
    ["site", ...inventory, "-o", "plan.json"],
    ["--show", "plan.json"],
    ["--show", `no${title}`],
  ],
  drift: [["site", ...inventory, "--diff"]],
  apply: [["plan.json"], [`no${title}`]],
  inventory: [
    ["-i", "inventory/odd.ts"],
    ["-i", "inventory/odd.ts", "--list"],
    ["-i", "inventory/bad.yml"],
    ["-i", `no${title}`],
    [...inventory, "--host", `no${title}`],
  ],
  firewall: [
    ["-i", "inventory/talk.ts"],
    ["-i", "inventory/talk.ts", "--graph"],
    ["-i", `no${title}`],
    inventory,
  ],
  doc: [[], ["shell"], [`no${title}`]],
  facts: [
    [...inventory, "web1"],
    [...inventory, "web1", "--json"],
  ],
  exec: [
    ["web1", ...inventory, "--", `printf '${octal}'; printf '${octal}' >&2; exit 3`],
    ["web1", ...inventory, "--", "sh", "-c", `printf '${octal}\\n'`],
    ["all", "-i", "inventory/odd.ts", "--", "echo hello"],
  ],
  task: [
    ["command", JSON.stringify({ argv: ["printf", octal] }), "--hosts", "web1", ...inventory, "-v"],
    ["shell", JSON.stringify({ cmd: `printf '${octal}' >&2; exit 2` }), "--hosts", "web1", ...inventory],
    [`no${title}`, "{}", "--hosts", "web1", ...inventory],
    ["command", `{${title}`, "--hosts", "web1", ...inventory],
  ],
  history: [[]],
  show: [["last", "-v"], ["last", "--json"], ["2020-01"], ["2020-01", "--json"], [`no${title}`]],
  handlers: [
    [...inventory, "web1"],
    [...inventory, "web1", "--json"],
  ],
  lab: [
    ["status", ...inventory],
    ["ssh", `no${title}`, ...inventory],
  ],
  demo: [[]],
  new: [
    ["module", `no${title}`],
    [`no${title}`, "probe"],
  ],
  law: [[], [`no${title}`]],
};

it("tries every command", () => {
  expect(Object.keys(tried).toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
});

it.each(Object.entries(tried))("%s writes nothing that a terminal would obey", async (command, all) => {
  for (const words of all) {
    const { stdout, stderr }: Ended = await run(
      folder,
      [command, ...words.map((word) => word.replaceAll("\0", ""))],
      env,
    );
    expect(stdout + stderr).not.toBe("");
    if (command === "handlers") expect(stdout).toContain("label");
    expect({ words, obeyed: obeyed(stdout + stderr) }).toEqual({ words, obeyed: [] });
  }
});
