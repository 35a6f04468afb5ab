import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { secret } from "../../../src/base/secret.ts";
import { blockinfile } from "../../../src/modules/index.ts";
import { runTasks, temporaryDirectory } from "./local-run.ts";

const directory = temporaryDirectory();
const write = (name: string, content: string | Buffer) => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

describe("blockinfile", () => {
  it("puts a block into a file, foresees it, leaves it alone, and takes it out again", async () => {
    const path = write("file", "a\n");
    const put = () => blockinfile({ path, block: "x\ny\n" });
    expect((await runTasks([put], { check: true })).statuses).toEqual(["changed"]);
    expect(readFileSync(path, "utf8")).toBe("a\n");
    expect((await runTasks([put, put])).statuses).toEqual(["changed", "ok"]);
    expect(readFileSync(path, "utf8")).toBe(
      "a\n# BEGIN Showrunner's block\nx\ny\n# END Showrunner's block\n",
    );
    const take = () => blockinfile({ path, state: "absent" });
    expect((await runTasks([take, take])).statuses).toEqual(["changed", "ok"]);
    expect(readFileSync(path, "utf8")).toBe("a\n");
  });

  it("keeps several in one file, by their marks", async () => {
    const path = write("several", "");
    const one = () => blockinfile({ path, block: "x", marker: "; {mark} one" });
    const two = () => blockinfile({ path, block: "x", marker: "; {mark} two" });
    expect((await runTasks([one, two, one, two])).statuses).toEqual(["changed", "changed", "ok", "ok"]);
    expect(readFileSync(path, "utf8")).toBe("; BEGIN one\nx\n; END one\n; BEGIN two\nx\n; END two\n");
  });

  it("leaves bytes as they are that are no text", async () => {
    const path = write("bytes", Buffer.from([0xe9, 0x0a]));
    const task = () => blockinfile({ path, block: "é", replaces: "^é$" });
    expect((await runTasks([task, task])).statuses).toEqual(["changed", "ok"]);
    expect(readFileSync(path)).toEqual(
      Buffer.concat([
        Buffer.from([0xe9]),
        Buffer.from("\n# BEGIN Showrunner's block\né\n# END Showrunner's block\n"),
      ]),
    );
  });

  it("shows no secret, and makes a file of it for its owner only", async () => {
    const path = join(directory, "secret");
    const ran = await runTasks([() => blockinfile({ path, block: secret("hush"), create: true })]);
    expect(ran.statuses).toEqual(["changed"]);
    expect(JSON.stringify(ran.changes)).not.toContain("hush");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("asks for a file, unless it may make one", async () => {
    const path = join(directory, "missing");
    expect((await runTasks([() => blockinfile({ path, block: "x" })])).error?.hint).toContain("create: true");
    expect((await runTasks([() => blockinfile({ path, state: "absent" })])).statuses).toEqual(["ok"]);
  });

  it.each([
    [{ path: "/x" }, "expected its lines"],
    [{ path: "x", block: "a" }, "absolute path"],
    [{ path: "/x", block: "a", marker: "# mark" }, "marker"],
    [{ path: "/x", block: "# BEGIN m", marker: "# {mark} m" }, "one of its lines is a mark"],
    [{ path: "/x", block: "a", replaces: "(" }, "replaces:"],
    [{ path: "/x", block: "a", state: "absent" }, "has no lines"],
  ])("refuses %j", (params, message) => {
    expect(() => blockinfile.fromData(params)).toThrow(message);
  });
});
