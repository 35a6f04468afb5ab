import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { main, project, start, twoHosts } from "./helpers.ts";

const slow = `import { command, play, playbook } from "showrunner";
export default playbook([
  play("slow", { hosts: "web" }, {
    first: () => command({ argv: ["true"] }),
    second: () => command({ argv: ["sh", "-c", "echo begun $$; exec sleep 60"] }),
  }),
]);
`;
/** A step that nothing can end. */
const stuck = slow.replace(
  '() => command({ argv: ["sh"',
  'async () => { await command({ argv: ["echo", "begun"] }); setInterval(() => {}, 1000); await new Promise(() => {}); },\n third: () => command({ argv: ["sh"',
);

async function interrupted(playbook: string, { again = false } = {}) {
  const folder = project({ "inventory/lab.ts": twoHosts, "playbooks/site.ts": playbook });
  const { child, ended } = start(folder, ["playbook", "site", "--reporter", "jsonl"]);
  await new Promise<void>((resolve) => {
    let heard = "";
    child.stdout.on("data", (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes('"text":"begun')) resolve();
    });
  });
  child.kill("SIGINT");
  if (!again) return ended;
  // two signals that come before the first is noticed are one
  const timer = setInterval(() => child.kill("SIGINT"), 500);
  return ended.finally(() => clearInterval(timer));
}

it("Ctrl-C ends a run at once, with the summary of what was done, and 99", async () => {
  const { status, stdout, stderr } = await interrupted(slow);
  expect(stderr).toBe("");
  expect(status).toBe(99);
  const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(last).toMatchObject({ type: "run:end", exitCode: 99, hosts: { web1: { changed: 1 } } });
  const pids = [...stdout.matchAll(/"text":"begun (\d+)"/g)].map(([, pid]) => Number(pid));
  expect(pids.length).toBeGreaterThan(0);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

/** One that has ended may wait to be reaped, by whoever does that on this machine. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

it("Ctrl-C ends what takes no notice of being asked to, and the run ends after that", async () => {
  const deaf = slow.replace(
    "echo begun $$; exec sleep 60",
    () => "trap '' TERM; echo begun $$; sleep 60; sleep 60",
  );
  const { status, stdout } = await interrupted(deaf);
  expect(status).toBe(99);
  const pids = [...stdout.matchAll(/"text":"begun (\d+)"/g)].map(([, pid]) => Number(pid));
  expect(pids.length).toBeGreaterThan(0);
  for (const pid of pids) expect(isRunning(pid)).toBe(false);
});

it("a second Ctrl-C ends even what does not end by itself", async () => {
  const { status } = await interrupted(stuck, { again: true });
  expect(status).toBe(99);
});

it.each(["SIGINT", "SIGTERM"] as const)(
  "%s while a secret is read ends the run and what reads it",
  async (name) => {
    const { child, ended, reader } = await readingSecret("exec sleep 60");
    child.kill(name);
    const { status, stdout } = await ended;
    expect(status).toBe(99);
    expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      type: "run:end",
      exitCode: 99,
    });
    expect(isRunning(reader)).toBe(false);
  },
);

it("a second Ctrl-C ends at once a run whose secret's command takes no notice", async () => {
  const { child, ended, reader } = await readingSecret("trap '' TERM INT; while :; do sleep 1; done");
  child.kill("SIGINT");
  await sleep(300);
  child.kill("SIGINT");
  expect((await ended).status).toBe(99);
  await expect.poll(() => isRunning(reader)).toBe(false);
});

/** A run whose secret is being read, and the process that does that. */
async function readingSecret(script: string) {
  const folder = project({
    "inventory/lab.ts": `import { inventory, secretFrom } from "showrunner";
export default inventory({
  settings: { transport: "local" },
  vars: { password: secretFrom.command(["sh", "-c", ${JSON.stringify(`echo $$ >reader; ${script}`)}]) },
  hosts: { web1: {}, web2: {} },
});`,
    "playbooks/site.ts": `import { copy, play, playbook, SecretString } from "showrunner";
export default playbook([
  play("p", { hosts: "all", vars: { password: SecretString() } }, {
    one: ({ vars }) => copy({ dest: "/nowhere/at/all", content: vars.password }),
  }),
]);`,
  });
  const started = start(folder, ["playbook", "site", "--reporter", "jsonl"]);
  const file = join(folder, "reader");
  while (!existsSync(file) || !readFileSync(file, "utf8").endsWith("\n")) await sleep(50);
  return { ...started, reader: Number(readFileSync(file, "utf8")) };
}

it("the end of npx, which passes no signal on, ends a run as the signal would", async () => {
  const folder = project({ "inventory/lab.ts": twoHosts, "playbooks/site.ts": slow });
  const said = join(folder, "said");
  const npx = spawn(
    "sh",
    ["-c", `'${process.execPath}' '${main}' playbook site --reporter jsonl >said 2>&1 & wait`],
    {
      cwd: folder,
      env: { ...process.env, npm_command: "exec" },
      stdio: "ignore",
    },
  );
  const until = async (text: string) => {
    while (!existsSync(said) || !readFileSync(said, "utf8").includes(text)) await sleep(50);
  };
  await until('"text":"begun');
  npx.kill("SIGKILL");
  await until('"type":"run:end"');
  const text = readFileSync(said, "utf8");
  expect(JSON.parse(text.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
    type: "run:end",
    exitCode: 99,
  });
  for (const [, pid] of text.matchAll(/"text":"begun (\d+)"/g)) expect(isRunning(Number(pid))).toBe(false);
});
