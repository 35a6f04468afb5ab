import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { secret } from "../../../src/base/secret.ts";
import { template } from "../../../src/modules/index.ts";
import { runTasks, temporaryDirectory } from "./local-run.ts";

describe("template on this machine", () => {
  const at = temporaryDirectory();
  const write = (name: string, text: string) => {
    writeFileSync(join(at, name), text);
    return join(at, name);
  };

  it("renders a file once; a plan writes nothing", async () => {
    const src = write("site.conf.ejs", "<% for (const s of servers) { -%>\nserver <%= s %>;\n<% } -%>\n");
    const dest = join(at, "it's site.conf");
    const task = () => template({ src, dest, vars: { servers: ["a", "b"] }, mode: "0600" });
    const plan = await runTasks([task, task], { check: true });
    expect(plan.statuses).toEqual(["changed", "ok"]);
    expect(plan.changes[0]?.diff).toEqual({ path: dest, before: "", after: "server a;\nserver b;\n" });
    expect(existsSync(dest)).toBe(false);
    expect((await runTasks([task, task])).statuses).toEqual(["changed", "ok"]);
    expect(readFileSync(dest, "utf8")).toBe("server a;\nserver b;\n");
  });

  it("goes into a directory under its name without .ejs", async () => {
    const src = write("motd.ejs", "hi\n");
    await runTasks([() => template({ src, dest: `${at}/` })]);
    expect(readFileSync(join(at, "motd"), "utf8")).toBe("hi\n");
  });

  it("writes secrets, and shows them to nobody", async () => {
    const src = write("env.ejs", "PASSWORD=<%= vars.db.password %>\n");
    const dest = join(at, "env");
    const vars = { db: { password: secret("correct horse") } };
    const { changes, error } = await runTasks([() => template({ src, dest, vars })]);
    expect(error).toBeUndefined();
    expect(readFileSync(dest, "utf8")).toBe("PASSWORD=correct horse\n");
    expect(changes[0]?.diff?.after).toBe("PASSWORD=********\n");
    expect(JSON.stringify(changes)).not.toContain("correct horse");
  });

  it("shows of a file with a secret nothing that it held before, which may be the secret that was", async () => {
    const src = write("env2.ejs", "HOST=db1\n\nUSER=new\nPASSWORD=<%= password %>\n");
    const dest = write("env2", "HOST=db1\n\nUSER=old\nPASSWORD=outgoing\n");
    const task = () => template({ src, dest, vars: { password: secret("incoming") } });
    for (const check of [true, false]) {
      const { changes, error } = await runTasks([task], { check });
      expect(error).toBeUndefined();
      expect(changes[0]?.diff).toMatchObject({
        before: "HOST=db1\n\n(not shown)\n(not shown)\n",
        after: "HOST=db1\n\nUSER=new\nPASSWORD=********\n",
      });
    }
    expect(readFileSync(dest, "utf8")).toBe("HOST=db1\n\nUSER=new\nPASSWORD=incoming\n");
  });

  for (const check of [false, true])
    for (const [what, text] of [
      ["a missing variable", "a\n<%= vars.nope %>\n"],
      ["a syntax error", "a\n<% if (true) { %>\n"],
    ] as const)
      it(`${what} fails with the template's line and writes nothing${check ? ", in a plan, too" : ""}`, async () => {
        const src = write("wrong.ejs", text);
        const dest = join(at, "wrong");
        const { error, roundTrips } = await runTasks([() => template({ src, dest, vars: {} })], { check });
        expect(error).toMatchObject({ code: "template.invalid", location: { file: src, line: 2 } });
        expect(existsSync(dest)).toBe(false);
        expect(roundTrips).toBe(0);
      });

  it("keeps the old file if the check refuses the new one", async () => {
    const src = write("checked.ejs", "port = <%= port %>\n");
    const dest = join(at, "checked");
    const task = (port: unknown) => () =>
      template({ src, dest, vars: { port }, validate: "grep -Eq '^port = [0-9]+$' %s" });
    await runTasks([task(80)]);
    const { error } = await runTasks([task("eighty")]);
    expect(error?.code).toBe("change.failed");
    expect(readFileSync(dest, "utf8")).toBe("port = 80\n");
  });

  it("names both places where a relative template is not found", () => {
    expect(() => template({ src: "none.ejs", dest: "/x" })).toThrow(
      expect.objectContaining({
        code: "file.missing",
        details: expect.arrayContaining([`looked for ${join(import.meta.dirname, "none.ejs")}`]),
      }),
    );
  });

  it("fails where an absolute template is not there", async () => {
    const { error } = await runTasks([() => template({ src: join(at, "gone.ejs"), dest: join(at, "x") })]);
    expect(error).toMatchObject({ code: "file.missing", hint: expect.stringContaining("role.template") });
  });

  it("refuses variables that are no object", () => {
    expect(() => template.fromData({ src: "/a", dest: "/b", vars: ["x"] })).toThrow(
      /vars: expected an object/,
    );
  });
});
