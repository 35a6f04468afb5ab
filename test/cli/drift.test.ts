import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project, run, twoHosts } from "./helpers.ts";

/** A playbook that has a file hold a text. */
const describing = (step: string) => `import { command, copy, fail, play, playbook } from "showrunner";
export default playbook([
  play("file", { hosts: "web1" }, { file: async () => {
    ${step}
  } }),
]);
`;

function projectWith(step: (path: string) => string) {
  const folder = project({ "inventory/lab.ts": twoHosts });
  const path = join(folder, "described");
  mkdirSync(join(folder, "playbooks"));
  writeFileSync(join(folder, "playbooks/site.ts"), describing(step(path)));
  return { folder, path };
}

const copies = (path: string) => `await copy({ dest: ${JSON.stringify(path)}, content: "as described\\n" });`;

describe("drift", () => {
  it("answers with 3 and what differs, changes nothing, and answers with 0 once nothing differs", async () => {
    const { folder, path } = projectWith(copies);
    const missing = await run(folder, ["drift"]);
    expect(missing).toMatchObject({ status: 3, stderr: "" });
    expect(missing.stdout).toMatch(/would change {2}web1 {2}copy/);
    expect(existsSync(path)).toBe(false);

    expect((await run(folder, ["playbook", "site"])).status).toBe(0);
    const same = await run(folder, ["drift", "site"]);
    expect(same).toMatchObject({ status: 0, stderr: "" });
    expect(same.stdout).toContain("nothing would change");

    writeFileSync(path, "by hand\n");
    const altered = await run(folder, ["drift", "site", "--diff"]);
    expect(altered.status).toBe(3);
    expect(altered.stdout).toContain("by hand");
  });

  it("answers with 3 where nobody can know what a run would do", async () => {
    const { folder } = projectWith(
      () =>
        `const { value } = await command({ argv: ["date"] });\n    if (value.stdout === "") fail("no date");`,
    );
    const { status, stdout } = await run(folder, ["drift"]);
    expect(status).toBe(3);
    expect(stdout).toContain("unknown");
  });

  it("answers with 2 where a host could not be checked, also where something differs", async () => {
    const { folder } = projectWith((path) => `${copies(path)}\n    fail("not this host");`);
    expect((await run(folder, ["drift"])).status).toBe(2);
  });

  it("answers with 5 where there is no such playbook", async () => {
    const { folder } = projectWith(copies);
    const { status, stderr } = await run(folder, ["drift", "sit"]);
    expect(status).toBe(5);
    expect(stderr).toContain('there is no playbook "sit" (did you mean "site"?)');
  });
});
