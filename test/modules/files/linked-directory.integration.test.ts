/** Links with `..` in a directory that is a link itself, as deployments have them: current -> releases/5. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { batch } from "../../../src/core/steps/batch.ts";
import { copy, file, lineinfile } from "../../../src/modules/index.ts";
import { runLocal, temporaryDirectory } from "./local-run.ts";

const base = temporaryDirectory();
let count = 0;
let app = "";
/** A path below the application, by the link of its release. */
const current = (name: string) => join(app, "current", name);
const shared = (name: string) => join(app, "shared", name);

beforeEach(() => {
  app = join(base, String(++count), "app");
  mkdirSync(join(app, "releases/5"), { recursive: true });
  mkdirSync(join(app, "shared/logs"), { recursive: true });
  symlinkSync("releases/5", join(app, "current"));
  symlinkSync("../../shared/.env", current(".env"));
  symlinkSync("../../shared/logs", current("log"));
  writeFileSync(shared(".env"), "A=1\n", { mode: 0o640 });
});

/** Nothing but what was there: beside the application, and in the release. */
function expectNothingElsewhere(): void {
  expect(readdirSync(join(app, ".."))).toEqual(["app"]);
  expect(readdirSync(app).sort()).toEqual(["current", "releases", "shared"]);
  expect(readdirSync(join(app, "releases/5")).sort()).toEqual([".env", "log"]);
  for (const name of [".env", "log"]) expect(lstatSync(current(name)).isSymbolicLink()).toBe(true);
}

describe("a link out of a linked directory", () => {
  it("leads to the file that the kernel finds", async () => {
    const body = () =>
      batch([
        lineinfile({ path: current(".env"), line: "B=2" }),
        file({ path: current(".env"), mode: "0600" }),
        lineinfile({ path: shared(".env"), line: "B=2" }),
      ]);
    for (const check of [true, false])
      expect((await runLocal(body, { check })).statuses).toEqual(["changed", "changed", "ok"]);
    expect(readFileSync(shared(".env"), "utf8")).toBe("A=1\nB=2\n");
    expect(statSync(shared(".env")).mode & 0o777).toBe(0o600);
    expect((await runLocal(body)).statuses).toEqual(["ok", "ok", "ok"]);
    expectNothingElsewhere();
  });

  it("is written through", async () => {
    const body = () =>
      batch([
        copy({ dest: current(".env"), content: "C=3\n", follow: true }),
        copy({ dest: current("log/today"), content: "x\n", follow: true }),
        file({ path: current("log"), state: "directory", mode: "0750" }),
      ]);
    for (const check of [true, false])
      expect((await runLocal(body, { check })).statuses).toEqual(["changed", "changed", "changed"]);
    expect(readFileSync(shared(".env"), "utf8")).toBe("C=3\n");
    expect(readFileSync(shared("logs/today"), "utf8")).toBe("x\n");
    expect(statSync(shared("logs")).mode & 0o777).toBe(0o750);
    expect((await runLocal(body)).statuses).toEqual(["ok", "ok", "ok"]);
    expectNothingElsewhere();
  });

  it("creates the missing file or directory that the link leads to", async () => {
    symlinkSync("../../shared/new.env", current("new.env"));
    symlinkSync("../../shared/cache", current("cache"));
    const { error } = await runLocal(() =>
      batch([
        lineinfile({ path: current("new.env"), line: "A=1", create: true }),
        file({ path: current("cache"), state: "directory", mode: "0700" }),
      ]),
    );
    expect(error).toBeUndefined();
    expect(readFileSync(shared("new.env"), "utf8")).toBe("A=1\n");
    expect(statSync(shared("cache")).isDirectory()).toBe(true);
    expect(existsSync(join(app, "..", "shared"))).toBe(false);
  });

  it("is made where what it leads to is there, or is planned to be", async () => {
    const good = () => file({ path: current("env"), state: "link", src: "../../shared/.env" });
    const bad = () => file({ path: current("up"), state: "link", src: "../shared/.env" });
    const planned = () =>
      batch([
        file({ path: join(app, "releases/6"), state: "directory" }),
        file({ path: join(app, "common"), state: "directory" }),
        file({ path: join(app, "releases/6/common"), state: "link", src: "../../common" }),
      ]);
    for (const check of [true, false]) {
      expect((await runLocal(good, { check })).statuses).toEqual(["changed"]);
      expect((await runLocal(bad, { check })).error?.message).toContain(
        `would lead nowhere: ${join(app, "releases/shared/.env")} does not exist`,
      );
      expect((await runLocal(planned, { check })).statuses).toEqual(["changed", "changed", "changed"]);
    }
    expect(readFileSync(current("env"), "utf8")).toBe("A=1\n");
  });

  it("has an end, though it may go round by its own directory", async () => {
    symlinkSync("round/../x", current("round"));
    const { error } = await runLocal(() => file({ path: current("round"), mode: "0600" }));
    expect(error?.message).toContain("in a circle");
  });

  it("leads nowhere over a directory that is not there, as for the kernel", async () => {
    symlinkSync("gone/../.env", current("over"));
    const { error } = await runLocal(() => lineinfile({ path: current("over"), line: "B=2" }));
    expect(error?.message).toContain("does not exist on the host");
    expect(readFileSync(shared(".env"), "utf8")).toBe("A=1\n");
  });
});
