/** The example of docs/extending.md beside our own modules, on this machine. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { kerberosLogin } from "../../examples/extending/modules/kerberos-login.ts";
import { batch } from "../../src/core/steps/batch.ts";
import { copy, lineinfile } from "../../src/modules/index.ts";
import { runHere } from "./local.ts";

const home = mkdtempSync(join(tmpdir(), "own-fact-"));
const path = join(home, ".k5login");
const before = process.env["HOME"];
process.env["HOME"] = home;
afterAll(() => {
  if (before !== undefined) process.env["HOME"] = before;
  rmSync(home, { recursive: true });
});

const principals = () => readFileSync(path, "utf8").trim().split("\n");
const allowed = () => kerberosLogin({ principal: "ann@EXAMPLE.ORG" });

beforeEach(async () => {
  rmSync(path, { force: true });
  await runHere(allowed);
});

const tasks = {
  "one after the other": async () => {
    await allowed();
    await copy({ dest: path, content: "ben@EXAMPLE.ORG\n" });
    await allowed();
  },
  "in a batch": () => batch([copy({ dest: path, content: "ben@EXAMPLE.ORG\n" }), allowed()]),
};
it.each(Object.entries(tasks))("sees what another task wrote: %s", async (_, body) => {
  const ran = await runHere(body);
  expect(ran.told.slice(-2)).toEqual(["copy changed content", "kerberosLogin changed allowed"]);
  expect(principals()).toEqual(["ben@EXAMPLE.ORG", "ann@EXAMPLE.ORG"]);
});

it("is not sure in a check of what another task would write", async () => {
  const body = async () => {
    await copy({ dest: path, content: "ben@EXAMPLE.ORG\n" });
    await allowed();
  };
  const ran = await runHere(body, { check: true });
  expect(ran.told).toEqual(["copy changed content", "kerberosLogin unknown"]);
});

it("has our modules read again what it wrote", async () => {
  writeFileSync(path, "");
  const line = () => lineinfile({ path, line: "ann@EXAMPLE.ORG", state: "absent" });
  const ran = await runHere(() => batch([line(), allowed(), line()]));
  expect(ran.told).toEqual(["lineinfile ok", "kerberosLogin changed allowed", "lineinfile changed content"]);
});
