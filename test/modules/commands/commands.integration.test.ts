import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { sh } from "../../../src/base/script.ts";
import { secret } from "../../../src/base/secret.ts";
import { command } from "../../../src/modules/commands/command.ts";
import { shell } from "../../../src/modules/commands/shell.ts";
import { besideTask } from "../../../src/report/task-text.ts";
import { runHere } from "../local.ts";

const folder = mkdtempSync(join(tmpdir(), "a command's "));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => rmSync(join(folder, "made"), { force: true }));

/** What a task printed, run for real. */
async function output(task: () => ReturnType<typeof command>): Promise<string> {
  let printed = "";
  const ran = await runHere(async () => {
    printed = (await task()).value.stdout;
  });
  expect(ran.error).toBeUndefined();
  return printed;
}

describe("command", () => {
  it.each([
    [["printf", "%s|", "a b", "$HOME", "it's", "", "*", "new\nline"], "a b|$HOME|it's||*|new\nline|"],
    [["env", "A=b", "printenv", "A"], "b\n"],
  ])("hands over every word of %j as it is", async (argv, printed) => {
    expect(await output(() => command({ argv }))).toBe(printed);
  });

  it.each(["if", "A=b", "{"])("takes a first word %j for a command's name", async (word) => {
    const { error } = await runHere(() => command({ argv: [word] }));
    expect(error?.details.join()).toMatch(/not found/);
  });

  it("runs where and with what it is told", async () => {
    expect(await output(() => command({ argv: ["pwd"], chdir: folder }))).toBe(`${folder}\n`);
    expect(await output(() => command({ argv: ["cat"], stdin: "in %s \\n'\0" }))).toBe("in %s \\n'\0");
    expect(await output(() => command({ argv: ["printenv", "V"], environment: { V: "it's $HOME" } }))).toBe(
      "it's $HOME\n",
    );
  });

  it("ends with a message where it may not start or fails", async () => {
    const gone = await runHere(() => command({ argv: ["true"], chdir: join(folder, "none") }));
    expect(gone.error?.details.join()).toContain("none");
    const failed = await runHere(() => command({ argv: ["sh", "-c", "echo said; exit 3"] }));
    expect(failed.error).toMatchObject({
      message: "sh -c echo said; exit 3: ended with status 3",
      details: ["said"],
    });
    const fine = await runHere(() => command({ argv: ["sh", "-c", "exit 3"], statuses: [0, 3] }));
    expect(fine.error).toBeUndefined();
  });

  it("has its time limit also where it only reads", async () => {
    const slow = () => command({ argv: ["sleep", "20"], readOnly: true }, { timeout: "200ms" });
    expect((await runHere(slow)).error).toMatchObject({ code: "task.timeout" });
  });

  it("that fails is named once where its task is shown beside, and by its error alone, too", async () => {
    const { events, error } = await runHere(() => command({ argv: ["sh", "-c", "exit 3"] }));
    const shown = events.find((event) => event.type === "task:end");
    expect(error?.message).toBe("sh -c exit 3: ended with status 3");
    expect(error && shown && besideTask(error, shown.task).message).toBe("ended with status 3");
  });

  it("keeps a secret out of all that is said", async () => {
    const ran = await runHere(() =>
      command({
        argv: ["printenv", "TOKEN"],
        environment: { TOKEN: secret("s3cr3t-token") },
        stdin: secret("s3cr3t-input"),
      }),
    );
    expect(ran.told).toEqual(["command changed run"]);
    expect(JSON.stringify(ran.events)).not.toContain("s3cr3t");
  });
});

describe("shell", () => {
  const made = join(folder, "made");
  const touch = () => shell({ cmd: sh`echo x >> ${made}`, creates: made });

  it("runs once where it creates something, and never in a check", async () => {
    expect((await runHere(touch, { check: true })).told).toEqual(["shell changed run"]);
    expect(existsSync(made)).toBe(false);
    expect((await runHere(touch)).told).toEqual(["shell changed run"]);
    expect((await runHere(touch)).told).toEqual(["shell ok"]);
    expect(readFileSync(made, "utf8")).toBe("x\n");
    expect((await runHere(() => shell({ cmd: "exit 1", removes: join(folder, "none") }))).told).toEqual([
      "shell ok",
    ]);
  });

  it("looks for what it creates in the directory that it runs in", async () => {
    const again = () => command({ argv: ["touch", "here"], chdir: folder, creates: "./here" });
    expect((await runHere(again)).told).toEqual(["command changed run"]);
    expect((await runHere(again)).told).toEqual(["command ok"]);
    // behind a link the parent is that of where it leads
    mkdirSync(join(folder, "releases/5"), { recursive: true });
    symlinkSync("releases/5", join(folder, "current"));
    const beside = { chdir: join(folder, "current"), creates: "../shared" };
    const share = () => command({ argv: ["touch", "../shared"], ...beside });
    expect((await runHere(share)).told).toEqual(["command changed run"]);
    expect((await runHere(share)).told).toEqual(["command ok"]);
  });

  it.each([
    [{ creates: "here" }, "creates: expected an absolute path on the host"],
    [{ creates: "~/here", chdir: "/srv" }, "a home directory is not looked up"],
    [{ removes: "/srv/*.old" }, "removes: patterns are not expanded"],
    [{ creates: "" }, "creates"],
  ])("refuses %j, which names no path", (params, message) => {
    const made = () => shell({ cmd: "true", ...params });
    expect(made).toThrow(expect.objectContaining({ code: "params.invalid" }));
    try {
      made();
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).toContain(message);
    }
  });

  it("refuses a word that no command can get", async () => {
    const { error } = await runHere(() => command({ argv: ["echo", "a\0b"] }));
    expect(error).toMatchObject({ code: "params.invalid", message: expect.stringContaining("NUL") });
  });

  it("runs several lines with pipes, input and another shell", async () => {
    expect(
      await output(() => shell({ cmd: "cd /\nfor i in 1 2; do echo $i; done | tr '\\n' ,\n# end" })),
    ).toBe("1,2,");
    expect(await output(() => shell({ cmd: 'read a; echo "<$a>"', stdin: "it's\n" }))).toBe("<it's>\n");
    expect(await output(() => shell({ cmd: "a=(1 2); echo ${#a[@]}", executable: "/bin/bash" }))).toBe("2\n");
  });

  it("reads in a check, too, where it is declared to change nothing", async () => {
    writeFileSync(join(folder, "count"), "3");
    for (const check of [true, false]) {
      let printed = "";
      const ran = await runHere(
        async () => {
          printed = (await shell({ cmd: sh`cat ${join(folder, "count")}`, readOnly: true })).value.stdout;
        },
        { check },
      );
      expect([printed, ran.told]).toEqual(["3", ["shell ok"]]);
    }
  });

  it("reads afresh after a change, and is unknown in a plan with one before it", async () => {
    const count = sh`wc -l < ${made}`;
    const body = async () => {
      await shell({ cmd: sh`: > ${made}` });
      const before = await shell({ cmd: count, readOnly: true });
      await shell({ cmd: sh`echo >> ${made}` });
      const after = await shell({ cmd: count, readOnly: true });
      expect([before.value.stdout, after.value.stdout].map(Number)).toEqual([0, 1]);
    };
    expect((await runHere(body)).error).toBeUndefined();
    const planned = await runHere(body, { check: true });
    expect(planned.told).toEqual([
      "shell changed run",
      "shell unknown",
      "shell changed run",
      "shell unknown",
    ]);
    expect(planned.error).toBeUndefined();
  });

  it("fails with the last lines of what only reads", async () => {
    const { error } = await runHere(() => shell({ cmd: "echo why >&2; exit 4", readOnly: true }));
    expect(error).toMatchObject({ message: "echo why >&2; exit 4: ended with status 4", details: ["why"] });
  });

  it.each([
    [{ cmd: "" }],
    [{ cmd: "x", executable: "bash" }],
    [{ cmd: "x", environment: { "A B": "x" } }],
    [{}],
  ])("refuses %j", (params) => {
    expect(() => shell.fromData(params)).toThrow("shell");
  });
});
