/** The example of docs/extending.md beside our own modules, on this machine. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { authorizedKey } from "../../examples/extending/modules/authorized-key.ts";
import { batch } from "../../src/core/steps/batch.ts";
import { copy, lineinfile } from "../../src/modules/index.ts";
import { runHere } from "./local.ts";

const home = mkdtempSync(join(tmpdir(), "own-fact-"));
const path = join(home, ".ssh", "authorized_keys");
const before = process.env["HOME"];
process.env["HOME"] = home;
afterAll(() => {
  if (before !== undefined) process.env["HOME"] = before;
  rmSync(home, { recursive: true });
});

const keys = () => readFileSync(path, "utf8").trim().split("\n");
const allowed = () => authorizedKey({ key: "ssh-ed25519 A" });

beforeEach(async () => {
  rmSync(join(home, ".ssh"), { recursive: true, force: true });
  await runHere(allowed);
});

const tasks = {
  "one after the other": async () => {
    await allowed();
    await copy({ dest: path, content: "ssh-ed25519 B\n" });
    await allowed();
  },
  "in a batch": () => batch([copy({ dest: path, content: "ssh-ed25519 B\n" }), allowed()]),
};
it.each(Object.entries(tasks))("sees what another task wrote: %s", async (_, body) => {
  const ran = await runHere(body);
  expect(ran.told.slice(-2)).toEqual(["copy changed content", "authorizedKey changed allowed"]);
  expect(keys()).toEqual(["ssh-ed25519 B", "ssh-ed25519 A"]);
});

it("is not sure in a check of what another task would write", async () => {
  const body = async () => {
    await copy({ dest: path, content: "ssh-ed25519 B\n" });
    await allowed();
  };
  const ran = await runHere(body, { check: true });
  expect(ran.told).toEqual(["copy changed content", "authorizedKey unknown"]);
});

it("has our modules read again what it wrote", async () => {
  writeFileSync(path, "");
  const line = () => lineinfile({ path, line: "ssh-ed25519 A", state: "absent" });
  const ran = await runHere(() => batch([line(), allowed(), line()]));
  expect(ran.told).toEqual(["lineinfile ok", "authorizedKey changed allowed", "lineinfile changed content"]);
});
