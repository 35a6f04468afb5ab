/** When systemd is told to read its unit files again: by a stand-in for systemctl, with folders of the test's own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readAltered } from "../../../src/modules/services/systemctl.ts";
import { shellWith } from "../../facts/stub-commands.ts";

const [command = "sh", ...words] = shellWith({
  systemctl: `#!/bin/sh
case $* in
daemon-reload) echo reloaded ;;
*DropInPaths*) echo "$LOADED" ;;
*) echo NeedDaemonReload=no ;;
esac`,
});
const base = mkdtempSync(join(tmpdir(), "drop-ins-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let count = 0;

/** @returns whether it was told to, with these files there, and those loaded */
function reloads(files: readonly string[], loaded: readonly string[]): boolean {
  const root = join(base, String(++count));
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), "");
  }
  const script = readAltered("app.service").text.replaceAll(/\/(etc|run)\/systemd/g, `${root}$&`);
  const LOADED = loaded.map((file) => join(root, file)).join(" ");
  const { stdout, stderr } = spawnSync(command, [...words, "-c", script], {
    env: { ...process.env, LOADED },
  });
  expect(stderr.toString()).toBe("");
  return stdout.toString() === "reloaded\n";
}

const etc = (name: string) => `/etc/systemd/system/app.service.d/${name}`;
const run = (name: string) => `/run/systemd/system/app.service.d/${name}`;
const packaged = (name: string) => `/usr/lib/systemd/system/app.service.d/${name}`;

describe("systemd is told to read its unit files again", () => {
  it.each([
    ["not without drop-ins", [], [], false],
    ["not for what it has loaded", [etc("a.conf")], [etc("a.conf")], false],
    ["for a drop-in that came", [etc("a.conf"), etc("b.conf")], [etc("a.conf")], true],
    ["not for what is hidden", [etc("a.conf"), run("a.conf")], [etc("a.conf")], false],
    ["for what hides what it has loaded", [etc("a.conf"), run("a.conf")], [run("a.conf")], true],
    ["for what hides a package's", [etc("a.conf")], [packaged("a.conf")], true],
  ])("%s", (_, files, loaded, expected) => {
    expect(reloads(files, loaded)).toBe(expected);
  });
});
