/** `run handlers --forget`: the way out of a handler that can't succeed. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { project, start } from "./helpers.ts";

/** A project whose one host is this machine, with handlers that fail. */
function failing() {
  const folder = project({
    "inventory/lab.ts": `import { inventory } from "showrunner";
export default inventory({ hosts: { here: { transport: "local", lease: true } } });`,
    "playbooks/site.ts": `import { command, copy, play, playbook } from "showrunner";
const fails = (name) => command({ argv: ["false", name] }, { name });
export default playbook([
  play("site", { hosts: "all" }, {
    conf: () => copy({ dest: process.env.DEST, content: "x" }, { notify: [fails("reload"), fails("restart")] }),
  }),
  play("next", { hosts: "all" }, { next: () => command({ argv: ["true"] }) }),
]);`,
  });
  const env = { SHOWRUNNER_STATE: join(folder, "state"), DEST: join(folder, "conf") };
  const pending = () => {
    const path = join(folder, "state/lib/owed");
    return existsSync(path) ? readdirSync(path).length : 0;
  };
  const run = (words: string[], input = "") => {
    const { child, ended } = start(folder, words, env);
    child.stdin.end(input);
    return ended;
  };
  return { pending, run };
}

it("forgets what is confirmed, and the playbook goes on", async () => {
  const { run, pending } = failing();
  expect((await run(["playbook", "site"])).status).toBe(2);
  const again = await run(["playbook", "site", "-i", "lab"]);
  expect(again.status).toBe(2);
  expect(again.stdout).toContain("npx run handlers --forget here -i lab");
  expect(pending()).toBe(2);

  const shown = await run(["handlers"]);
  expect(shown.stdout).toMatch(/^here +[0-9a-f]{8} +command reload +site /m);
  const id = /([0-9a-f]{8}) +command reload/.exec(shown.stdout)?.[1] ?? "";

  const refused = await run(["handlers", "--forget"], "n\n");
  expect([refused.status, pending()]).toEqual([0, 2]);
  const unanswered = await run(["handlers", "--forget"], "");
  expect([unanswered.status, pending()]).toEqual([5, 2]);
  expect(unanswered.stderr).toContain("say --yes");

  const one = await run(["handlers", "--forget", `here/${id}`], "y\n");
  expect(one.stderr).toContain(`forget here/${id}: command reload`);
  expect([one.status, pending()]).toEqual([0, 1]);
  const none = await run(["handlers", "--forget", `here/${id}`, "--yes"]);
  expect(none.stderr).toContain(`no handler ${id} is pending on here`);
  expect((await run(["handlers", "--forget", "there"])).status).toBe(5);

  expect((await run(["handlers", "--forget", "here", "--yes"])).status).toBe(0);
  expect(pending()).toBe(0);
  expect((await run(["handlers"])).stdout).toBe("No handler is pending.\n");
  expect((await run(["playbook", "site"])).status).toBe(0);
});
