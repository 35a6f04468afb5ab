/** Commands of which is said what they touch, among our own modules, on this machine. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { copy, shell } from "../../../src/modules/index.ts";
import { temporaryDirectory } from "../files/local-run.ts";
import { runHere } from "../local.ts";

const at = temporaryDirectory();
const [app, other] = [join(at, "app.conf"), join(at, "other.conf")];

beforeEach(() => {
  for (const path of [app, other]) writeFileSync(path, "old\n");
});

const put = (dest: string, content: string) => copy({ dest, content });
const upgrade = (path: string, touches?: readonly string[]) =>
  shell(
    { cmd: `echo upgraded | tee "$FILE"`, environment: { FILE: path } },
    {
      name: "upgrade",
      changedWhen: ({ value }) => value.stdout.includes("upgraded"),
      ...(touches ? { touches } : {}),
    },
  );

describe("a check after a command", () => {
  const check = (touches?: readonly string[]) =>
    runHere(
      async () => {
        await upgrade(app, touches);
        await put(other, "new\n");
        await put(app, "new\n");
      },
      { check: true },
    );

  it("is certain of what that does not touch", async () => {
    expect((await check()).told).toEqual(["shell unknown run", "copy likely content", "copy likely content"]);
    expect((await check([app])).told).toEqual([
      "shell unknown run",
      "copy changed content",
      "copy likely content",
    ]);
    expect((await check([at])).told.slice(1)).toEqual(["copy likely content", "copy likely content"]);
    expect((await check([])).told.slice(1)).toEqual(["copy changed content", "copy changed content"]);
  });
});

describe("a run with --verify", () => {
  const run = (path: string, touches: readonly string[]) =>
    runHere(async () => {
      await put(other, "old\n");
      await put(app, "old\n");
      await upgrade(path, touches);
      await put(path, "new\n");
    });

  it("goes by what was said, where it is true", async () => {
    const ran = await run(app, [app]);
    expect(ran.told.slice(2)).toEqual(["shell changed run", "copy changed content"]);
    expect(readFileSync(app, "utf8")).toBe("new\n");
  });

  it("fails where it is not, at the task's line", async () => {
    const { error, told } = await run(other, [app]);
    expect(told.at(-1)).toBe("shell failed");
    expect(error).toMatchObject({
      code: "change.not-stated",
      message: `upgrade: its \`touches\` say that it alters nothing but ${app}, which is not true`,
      details: [
        expect.stringMatching(/^file\.sha256 .*other\.conf: expected "[0-9a-f]{64}", got "[0-9a-f]{64}"$/),
      ],
      location: { file: import.meta.filename, line: expect.any(Number) },
    });
  });
});
