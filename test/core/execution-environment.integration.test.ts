/** Environment, directory and umask of tasks and plays, on this machine. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { sh } from "../../src/base/script.ts";
import { secret } from "../../src/base/secret.ts";
import { play } from "../../src/core/plays/play.ts";
import { command, copy, shell } from "../../src/modules/index.ts";
import { runHere } from "../modules/local.ts";

const folder = mkdtempSync(join(tmpdir(), "surround's "));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the shell printed. */
async function said(task: () => ReturnType<typeof shell>, environment = {}): Promise<string> {
  let printed = "";
  const ran = await runHere(
    async () => {
      printed = (await task()).value.stdout;
    },
    { environment },
  );
  expect(ran.error).toBeUndefined();
  return printed;
}

describe("a task's environment", () => {
  it("reaches its script as it stands, and the next task does not have it", async () => {
    const odd = `it's "$HOME" \\n %s\nsecond`;
    const printed: string[] = [];
    await runHere(async () => {
      printed.push((await shell({ cmd: `printf '%s' "$ODD"` }, { environment: { ODD: odd } })).value.stdout);
      printed.push((await shell({ cmd: `printf '%s' "\${ODD-none}"` })).value.stdout);
    });
    expect(printed).toEqual([odd, "none"]);
  });

  it("goes over the play's name by name, and a parameter over both", async () => {
    const task = () =>
      shell(
        { cmd: 'echo "$PLAY $TASK $PARAM"', environment: { PARAM: "param" } },
        { environment: { TASK: "task", PARAM: "task" } },
      );
    expect(await said(task, { PLAY: "play", TASK: "play", PARAM: "play" })).toBe("play task param\n");
  });

  it("reaches a command that only reads, in a check too, and does not mix it up with another", async () => {
    const printed: string[] = [];
    const read = async (value: string) => {
      const { value: got } = await command(
        { argv: ["printenv", "WHICH"], readOnly: true },
        { environment: { WHICH: value } },
      );
      printed.push(got.stdout);
    };
    const body = async () => {
      await read("one");
      await read("two");
    };
    await runHere(body);
    await runHere(body, { check: true });
    expect(printed).toEqual(["one\n", "two\n", "one\n", "two\n"]);
  });

  it("keeps a secret out of the process list and all that is said", async () => {
    const cmd = `ps -eo args | grep -c '[e]nv-s3cret'; echo "$TOKEN"`;
    const ran = await runHere(() => shell({ cmd }, { environment: { TOKEN: secret("env-s3cret") } }));
    expect(ran.error).toBeUndefined();
    const lines = ran.events.flatMap((event) => (event.type === "task:output" ? [event.text] : []));
    expect(lines).toEqual(["0", "********"]);
    expect(JSON.stringify(ran.events)).not.toContain("env-s3cret");
  });

  it("is what the check of a written file runs with, whatever the variables are called", async () => {
    const seen = join(folder, "seen");
    const task = (dest: string, validate: string) =>
      copy(
        { dest: join(folder, dest), content: "right\n", validate },
        { environment: { new: "wrong", sr: "%s", dest: "/dev/null" }, cwd: folder, umask: "077" },
      );
    const beside = await runHere(() =>
      task("beside", `grep -q right %s && echo "$sr $new $PWD $(umask)" >seen`),
    );
    expect(beside.error).toBeUndefined();
    expect(readFileSync(seen, "utf8")).toBe(`%s wrong ${folder} 0077\n`);
    const inPlace = await runHere(() => task("in-place", `echo "$new" >seen`));
    expect(inPlace.error).toBeUndefined();
    expect(readFileSync(seen, "utf8")).toBe("wrong\n");
    expect(readFileSync(join(folder, "in-place"), "utf8")).toBe("right\n");
  });
});

describe("a task's directory and umask", () => {
  it("are where and how its command runs; chdir is relative to it", async () => {
    mkdirSync(join(folder, "below"));
    const made = join(folder, "below", "made");
    const task = () =>
      shell({ cmd: "umask; pwd; : >made", chdir: "below", creates: made }, { cwd: folder, umask: "027" });
    expect(await said(task)).toBe(`0027\n${folder}/below\n`);
    expect(statSync(made).mode & 0o777).toBe(0o640);
    expect(await said(() => shell({ cmd: "umask" }))).toBe("0022\n");
  });

  it("fail where there is no such directory, and nothing is run", async () => {
    const made = join(folder, "not-made");
    const { error } = await runHere(() => shell({ cmd: sh`: >${made}` }, { cwd: join(folder, "none") }));
    expect(error?.details.join()).toContain("none");
    expect(existsSync(made)).toBe(false);
  });
});

describe("mistakes in them", () => {
  it.each<[string, Parameters<typeof command>[1], RegExp]>([
    ["a name that is none", { environment: { "A-B": "x" } }, /environment: expected names .* got "A-B"/],
    ["an empty directory", { cwd: "" }, /cwd: expected a directory/],
    ["the previous directory", { cwd: "-" }, /cwd: expected a directory, got "-"/],
    ["a umask in words", { umask: "u=rw" }, /umask: expected octal digits/],
  ])("are refused with the line: %s", (_, options, message) => {
    expect(() => command({ argv: ["true"] }, options)).toThrow(
      expect.objectContaining({ code: "params.invalid", message: expect.stringMatching(message) }),
    );
  });

  it("are refused in what was not compiled, without showing the value", () => {
    const given = JSON.parse('{"environment": {"TOKEN": 4711}}');
    expect(() => command({ argv: ["true"] }, given)).toThrow(
      "environment.TOKEN: expected a string or a secret, got a number",
    );
    expect(() => play("p", { hosts: "all", ...given }, { s: async () => undefined })).toThrow(
      expect.objectContaining({
        code: "playbook.invalid",
        message: expect.stringContaining('play "p": environment.TOKEN'),
      }),
    );
  });
});
