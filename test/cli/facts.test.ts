import { hostname } from "node:os";
import { expect, it } from "vitest";
import { project, run, twoHosts } from "./helpers.ts";

const folder = project({ "inventory/lab.ts": twoHosts });

it("facts prints a row a host, or everything as JSON", async () => {
  const { status, stdout, stderr } = await run(folder, ["facts"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const [heading, ...rows] = stdout.trimEnd().split("\n");
  expect(heading).toMatch(/^host +system +kernel +architecture +address +processors +memory /);
  expect(rows.map((row) => row.split(" ")[0])).toEqual(["web1", "web2"]);
  expect(rows[0]).toMatch(/ GiB /);
  const json = await run(folder, ["facts", "web2", "--json"]);
  expect(JSON.parse(json.stdout)).toEqual({
    web2: expect.objectContaining({ hostname: hostname(), os: "linux" }),
  });
});

it("every command that reaches hosts warns of those whose keys are not checked", async () => {
  const unchecked = project({
    "inventory/lab.ts": `import { inventory } from "showrunner";
export default inventory({
  settings: { hostKeys: "insecure" },
  hosts: { gone: { address: "127.0.0.1", port: 1 }, here: { transport: "local" } },
});`,
  });
  for (const words of [
    ["facts"],
    ["exec", "all", "--", "true"],
    ["handlers"],
    ["task", "command", "{argv: ['true']}", "--hosts", "all"],
  ]) {
    const { stdout, stderr } = await run(unchecked, words);
    expect(stdout + stderr).toMatch(/HOST KEYS ARE NOT CHECKED, ANYBODY MAY POSE AS gone \(hostKeys/);
  }
});

it("facts answers with 4 for a host that is not there, and still tells of the others", async () => {
  const mixed = project({
    "inventory/lab.ts": `import { inventory } from "showrunner";
export default inventory({ hosts: { gone: { address: "127.0.0.1", port: 1 }, here: { transport: "local" } } });`,
  });
  const { status, stdout, stderr } = await run(mixed, ["facts", "all"]);
  expect(status).toBe(4);
  expect(stderr).toContain("gone ! nothing listens on 127.0.0.1:1");
  expect(stdout).toMatch(/^here /m);
});

it("handlers says that no handler is pending only of the hosts that it could ask", async () => {
  const mixed = project({
    "inventory/lab.ts": `import { inventory } from "showrunner";
export default inventory({ hosts: { gone: { address: "127.0.0.1", port: 1 }, here: { transport: "local" } } });`,
  });
  const some = await run(mixed, ["handlers"]);
  expect(some.status).toBe(4);
  expect(some.stdout).toBe("No handler is pending on 1 of 2 hosts; of the rest nothing is known.\n");
  expect((await run(mixed, ["handlers", "here"])).stdout).toBe("No handler is pending.\n");
});
