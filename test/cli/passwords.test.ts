/** Passwords that a command is given, where the inventory has none. */
import { spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { quote } from "../../src/base/script.ts";
import { project, run } from "./helpers.ts";

/** A sudo that takes one password. */
const sudo = `#!/bin/sh
printf '%s' "$3" >&2
read -r word
[ "$word" = right-password ] || { echo 'Sorry, try again.' >&2; exit 1; }
shift 7
exec "$@"
`;

const hosts = (settings: string) => `import { inventory } from "showrunner";
export default inventory({ settings: { transport: "local" }, hosts: { here: {${settings}} } });
`;

function projectWith(settings: string): { folder: string; env: Record<string, string> } {
  const folder = project({ "inventory/hosts.ts": hosts(settings), "bin/sudo": sudo });
  chmodSync(join(folder, "bin/sudo"), 0o755);
  return { folder, env: { PATH: `${join(folder, "bin")}:${process.env["PATH"]}` } };
}

const script = "echo in; printenv SHOWRUNNER_BECOME_PASSWORD || echo hidden";

describe("SHOWRUNNER_BECOME_PASSWORD", () => {
  it("is given to sudo where the inventory has no password, and to nothing else", async () => {
    const { folder, env } = projectWith("");
    const given = { ...env, SHOWRUNNER_BECOME_PASSWORD: "right-password" };
    const ran = await run(folder, ["exec", "all", "--become", "--", script], given);
    expect(ran).toMatchObject({ status: 0, stdout: "here | in\nhere | hidden\n" });
    const wrong = await run(folder, ["exec", "all", "--become", "--", script], {
      ...env,
      SHOWRUNNER_BECOME_PASSWORD: "other-password",
    });
    expect(wrong.status).toBe(2);
    expect(wrong.stdout + wrong.stderr).toContain("sudo did not let us become root");
    expect(wrong.stdout + wrong.stderr).not.toContain("other-password");
  });

  it("is hidden, as SHOWRUNNER_PASSWORD is, from what the inventory starts", async () => {
    const { folder, env } = projectWith("");
    const starting = `import { execSync } from "node:child_process";
console.error(execSync("printenv | grep -c _PASSWORD= || true").toString());
${hosts("")}`;
    writeFileSync(join(folder, "inventory/hosts.ts"), starting);
    const given = { ...env, SHOWRUNNER_PASSWORD: "a-password", SHOWRUNNER_BECOME_PASSWORD: "right-password" };
    const ran = await run(folder, ["exec", "all", "--become", "--", "true"], given);
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringMatching(/^0$/m) });
  });

  it("gives way to what the inventory says", async () => {
    const { folder, env } = projectWith('becomePassword: "right-password"');
    const given = { ...env, SHOWRUNNER_BECOME_PASSWORD: "other-password" };
    const ran = await run(folder, ["exec", "all", "--become", "--", script], given);
    expect(ran.status).toBe(0);
  });
});

it("Ctrl-C at the question is an interrupt, and the end of the input is no answer", async () => {
  const { folder, env } = projectWith("");
  const main = fileURLToPath(new URL("../../dist/src/cli/main.cjs", import.meta.url));
  const command = [process.execPath, main, "exec", "all", "-bK", "--", "echo done"].map(quote).join(" ");
  const typing = async (key: string) => {
    const child = spawn("script", ["-qec", command, "/dev/null"], {
      cwd: folder,
      env: { ...env, NO_COLOR: "1" },
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.endsWith("become password: ")) child.stdin.write(key);
    });
    return { status: await new Promise((resolve) => child.once("close", resolve)), said };
  };
  const interrupted = await typing("\x03");
  expect(interrupted.status).toBe(99);
  expect(interrupted.said).toContain('interrupted: "become password" was not answered');
  expect((await typing("\x04")).status).toBe(5);
});

it("--ask-become-pass asks on the terminal, and the variable for it stays hidden", async () => {
  const { folder, env } = projectWith("");
  const main = fileURLToPath(new URL("../../dist/src/cli/main.cjs", import.meta.url));
  const command = [process.execPath, main, "exec", "all", "-bkK", "--", script].map(quote).join(" ");
  // script gives the command a terminal of its own
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    cwd: folder,
    env: { ...env, NO_COLOR: "1", SHOWRUNNER_BECOME_PASSWORD: "other-password" },
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (/(SSH|become) password: $/.test(said)) child.stdin.write("right-password\n");
  });
  await new Promise((resolve) => child.once("close", resolve));
  expect(said).toContain("here | in");
  expect(said).toContain("here | hidden");
  expect(said).not.toContain("right-password");
});
