/** Questions on a terminal: a signal ends them, and the terminal is as it was. */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { main, project, twoHosts } from "./helpers.ts";

const asking = {
  "inventory/mine.ts": `import { inventory, secretFrom } from "showrunner";
export default inventory({
  settings: { transport: "local" },
  vars: { word: secretFrom.prompt("the word") },
  hosts: { web1: {} },
});
`,
  "playbooks/site.ts": `import { debug, play, playbook, SecretString } from "showrunner";
export default playbook([
  play("site", { hosts: "all", vars: { word: SecretString() } }, {
    say: async ({ vars }) => void (await debug({ message: "of length " + vars.word.reveal().length })),
  }),
]);
`,
};

/** Runs a command on a terminal of its own, and does something once a text shows there. */
async function onTerminal(
  folder: string,
  args: readonly string[],
  text: string,
  act: (terminal: Terminal) => void,
) {
  const kept = (name: string) => readFileSync(join(folder, name), "utf8").trim();
  const words = [process.execPath, main, ...args].map((word) => `'${word}'`).join(" ");
  const script = `stty -g > before; sh -c 'echo $$ > pid; exec "$@"' sh ${words}; echo $? > status; stty -g > after`;
  const child = spawn("script", ["-qec", script, "/dev/null"], { cwd: folder });
  let out = "";
  child.stdout.on("data", (piece: Buffer) => {
    out += piece.toString();
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  await expect.poll(() => out, { timeout: 60_000 }).toContain(text);
  act({
    signal: (name) => process.kill(Number(kept("pid")), name),
    type: (keys) => child.stdin.write(keys),
  });
  const kill = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await ended;
  clearTimeout(kill);
  return { out, status: kept("status"), isAsBefore: kept("before") === kept("after") };
}

interface Terminal {
  signal(name: NodeJS.Signals): void;
  type(keys: string): void;
}

it.each<[string, (terminal: Terminal) => void]>([
  ["SIGTERM", ({ signal }) => signal("SIGTERM")],
  ["SIGINT", ({ signal }) => signal("SIGINT")],
  ["Ctrl-C", ({ type }) => type("\x03")],
])("a question for a secret is ended by %s, and the echo is back", async (_, act) => {
  const { out, ...ended } = await onTerminal(project(asking), ["playbook", "site"], "the word: ", act);
  expect(ended).toEqual({ status: "99", isAsBefore: true });
  expect(out).toContain('interrupted: "the word" was not answered');
});

it("a question for a secret is answered with the keys of a terminal, and shows nothing", async () => {
  const { out, ...ended } = await onTerminal(
    project(asking),
    ["playbook", "site"],
    "the word: ",
    ({ type }) => type("wrong\x15he\u00e9\x7fllo\r"),
  );
  expect(ended).toEqual({ status: "0", isAsBefore: true });
  expect(out).toContain("of length 5");
  expect(out).not.toContain("llo");
});

it("the question of --step is ended by SIGTERM", async () => {
  const site = `import { play, playbook } from "showrunner";
export default playbook([play("site", { hosts: "all" }, { one: async () => undefined })]);
`;
  const files = { "inventory/mine.ts": twoHosts, "playbooks/site.ts": site };
  const { out, status } = await onTerminal(
    project(files),
    ["playbook", "site", "--step"],
    "ontinue? ",
    ({ signal }) => signal("SIGTERM"),
  );
  expect(status).toBe("99");
  expect(out).toContain("nothing changed");
});
