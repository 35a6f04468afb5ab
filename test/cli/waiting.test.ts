/** Files of the user's that are pipes: they are waited for as long as a run is let, and no longer. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ended, main, project, type Started, start, twoHosts } from "./helpers.ts";

const signals = ["SIGINT", "SIGTERM"] as const;

const says = (
  schema: string,
  text: string,
) => `import { debug, play, playbook, SecretString, Type } from "showrunner";
export default playbook([
  play("site", { hosts: "web", vars: { word: ${schema} } }, {
    say: async ({ vars }) => void (await debug({ message: "it says " + ${text} })),
  }),
]);
`;
const saysWord = says("Type.Optional(Type.String())", "(vars.word ?? 'nothing')");
const saysLength = says("SecretString()", "vars.word.reveal().length");

const inventoryWith = (settings: string, vars = "") => `import { inventory, secretFrom } from "showrunner";
export default inventory({
  settings: { ${settings} },
  vars: { ${vars} },
  hosts: { web1: {}, web2: {} },
  groups: { web: { hosts: ["web1", "web2"] } },
});
`;
const local = 'transport: "local"';
const inYaml = `all:
  children: { web: { hosts: { web1: , web2: } } }
  vars: { ansible_connection: local }
`;
const site = ["playbook", "site", "--reporter", "plain"];

interface Case {
  /** The file that is a pipe. */
  readonly pipe: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What comes through the pipe, and what is then said. */
  readonly fed: string;
  readonly says: string;
}

const cases: Readonly<Record<string, Case>> = {
  "variables of -e": {
    pipe: "vars",
    args: [...site, "-e", "@vars"],
    fed: "word: spoken",
    says: "it says spoken",
  },
  "hosts of --limit": { pipe: "hosts", args: [...site, "-l", "@hosts"], fed: "web2", says: "on 1 host" },
  "an inventory in YAML": {
    pipe: "inventory/hosts.yml",
    args: [...site, "-i", "inventory/hosts.yml"],
    fed: inYaml,
    says: "web2  it says nothing",
  },
  "variables of a group": {
    pipe: "inventory/group_vars/web.yml",
    files: { "inventory/hosts.yml": inYaml },
    args: [...site, "-i", "inventory/hosts.yml"],
    fed: "word: grouped",
    says: "it says grouped",
  },
  "a secret": {
    pipe: "secret",
    files: {
      "inventory/mine.ts": inventoryWith(local, 'word: secretFrom.file("secret")'),
      "playbooks/site.ts": saysLength,
    },
    args: site,
    fed: "eight888",
    says: "it says 8",
  },
  "a vault's password": {
    pipe: "password",
    files: {
      "inventory/mine.ts": inventoryWith(local, 'word: secretFrom.vault("vault.yml", "inline")'),
      "playbooks/site.ts": saysLength,
      "vault.yml": readFileSync(new URL("../secrets/vault/inline.yml", import.meta.url), "utf8"),
    },
    env: { ANSIBLE_VAULT_PASSWORD_FILE: "password" },
    args: site,
    fed: "test-password\n",
    says: "it says 12",
  },
  "a plan": {
    pipe: "plan.json",
    args: ["plan", "--show", "plan.json"],
    fed: "{}",
    says: "plan.json is no plan",
  },
  "a plan to apply": {
    pipe: "plan.json",
    args: ["apply", "plan.json"],
    fed: "{}",
    says: "plan.json is no plan",
  },
  "a key to sign with": {
    pipe: "key",
    args: ["plan", "--show", "plan.json", "--sign", "key"],
    fed: "no key",
    says: "--sign key: it is neither a private key nor the public part of one",
  },
  "a key of a host": {
    pipe: "key",
    files: { "inventory/mine.ts": inventoryWith('address: "127.0.0.1", port: 1, identityFile: "key"') },
    args: ["exec", "web1", "--", "true"],
    fed: "no key",
    says: "the key file",
  },
};

/** A project in which one file is a pipe. */
function withPipe({ pipe, files = {} }: Pick<Case, "pipe" | "files">): { folder: string; file: string } {
  const folder = realpathSync(
    project({ "inventory/mine.ts": twoHosts, "playbooks/site.ts": saysWord, ...files }),
  );
  const file = join(folder, pipe);
  execFileSync("sh", ["-c", 'mkdir -p "$(dirname "$0")" && rm -f "$0" && mkfifo "$0"', file]);
  return { folder, file };
}

function hasOpen({ child: { pid } }: Started, file: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((name) => readlinkSync(join(folder, name)) === file);
  } catch {
    return false; // closed meanwhile
  }
}

function hasChild({ child: { pid } }: Started, name: string): boolean {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
  return children.some((id) => id !== "" && readFileSync(`/proc/${id}/comm`, "utf8").trim() === name);
}

/** Signals a process once it waits. One that then does not end is killed, and its status is null. */
async function interrupted(started: Started, signal: NodeJS.Signals, waits: () => boolean): Promise<Ended> {
  await expect.poll(waits, { timeout: 30_000 }).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 200)); // it has only just opened it
  started.child.kill(signal);
  const kill = setTimeout(() => started.child.kill("SIGKILL"), 10_000);
  const ended = await started.ended;
  clearTimeout(kill);
  return ended;
}

describe.each(Object.entries(cases))("%s, from a pipe", (_, { args, env, fed, says, ...files }) => {
  it("comes when somebody writes it", async () => {
    const { folder, file } = withPipe(files);
    const started = start(folder, args, env);
    const writer = spawn("sh", ["-c", 'sleep 0.5; printf %s "$1" > "$0"', file, fed]);
    const { stdout, stderr } = await started.ended;
    writer.kill();
    expect(stdout + stderr).toContain(says);
  });

  it.each(signals)("is given up at %s, which says what was waited for", async (signal) => {
    const { folder, file } = withPipe(files);
    const started = start(folder, args, env);
    const { status, stdout, stderr } = await interrupted(started, signal, () => hasOpen(started, file));
    expect({ status, said: stdout + stderr }).toEqual({
      status: 99,
      said: expect.stringMatching(/interrupted while waiting for \S+, a pipe\b/),
    });
  });
});

it.each(["ssh", "openssh"])(
  "a configuration of ssh that is a pipe holds up no interrupt (%s)",
  async (transport) => {
    const { folder } = withPipe({
      pipe: "home/.ssh/config",
      files: {
        "inventory/mine.ts": inventoryWith(`transport: "${transport}", address: "127.0.0.1", port: 1`),
      },
    });
    const started = start(folder, ["exec", "web1", "--", "true"], { HOME: join(folder, "home") });
    const { status } = await interrupted(started, "SIGTERM", () => hasChild(started, "ssh"));
    expect(status).toBe(99);
  },
);

it("what the shell makes for <(…) is read like a file", () => {
  const { folder } = withPipe({ pipe: "unused" });
  const { status, stdout } = spawnSync(
    "bash",
    [
      "-c",
      `"$0" "$@" -e @<(sleep 0.3; echo word: substituted) -l @<(echo web1)`,
      process.execPath,
      main,
      ...site,
    ],
    { cwd: folder, encoding: "utf8" },
  );
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining("it says substituted") });
  expect(stdout).toContain("on 1 host");
});

it.each([
  [
    "a pipe that is named as a module",
    "inventory/mine.ts",
    site,
    "inventory/mine.ts can't be read: it is a pipe, which can't be read here",
  ],
  [
    "a directory in the place of a file",
    "vars",
    [...site, "-e", "@inventory"],
    "-e @inventory: it is a directory",
  ],
  ["a device", "vars", [...site, "-e", "@/dev/zero"], "-e @/dev/zero: it is a device"],
])("%s is told by what it is", async (_, pipe, args, problem) => {
  const { folder } = withPipe({ pipe, files: {} });
  const { status, stderr } = await start(folder, args).ended;
  expect(stderr).toContain(problem);
  expect(status).toBe(5);
});
