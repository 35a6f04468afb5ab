import { rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { inventory, loadInventory } from "../../src/inventory/index.ts";
import { failure, folder, importModule, load, namesOf, place } from "./helpers.ts";

const ts = `import { inventory } from "showrunner";\nexport default inventory({ hosts: { web1: {} } });\n`;

describe("loadInventory", () => {
  test.each(["lab.ts", "lab.mts", "lab.js", "lab.mjs"])("loads the module %s", async (name) => {
    const found = await load({ [name]: ts });
    expect(namesOf(found.hosts.values())).toEqual(["web1"]);
    expect(place(found.location)).toBe(`${name}:2`);
  });

  test.each(["hosts.yml", "hosts.yaml"])("loads the YAML file %s", async (name) => {
    const found = await load({ [name]: "all:\n  hosts:\n    web1:\n" });
    expect(namesOf(found.hosts.values())).toEqual(["web1"]);
  });

  test.each([
    ["an inventory in a folder", "inventory/b.yml", "inventory"],
    ["a module in a folder", "inventory/b.ts", "inventory"],
    ["a host's variables", "host_vars/web1.yml", "hosts.yml"],
    ["variables in a group's folder", "group_vars/all/b.yml", "hosts.yml"],
  ])("says of %s that its link leads nowhere, or in a circle", async (_, link, path) => {
    const hosts = "all:\n  hosts:\n    web1:\n";
    for (const [target, problem] of [
      ["gone", "it is a link that leads nowhere"],
      [basename(link), "it is a symbolic link that leads back to itself"],
    ] as const) {
      const root = folder({ "hosts.yml": hosts, "inventory/a.yml": hosts, [link]: "" });
      rmSync(join(root, link));
      symlinkSync(target, join(root, link));
      await expect(loadInventory(join(root, path), importModule)).rejects.toMatchObject({
        code: "file.missing",
        message: `${join(root, link)} can't be read: ${problem}`,
      });
    }
  });

  test("takes a promise of an inventory", async () => {
    const root = folder({ "lab.ts": "" });
    const made = inventory({ hosts: { web1: {} } });
    const found = await loadInventory(join(root, "lab.ts"), async () => ({ default: Promise.resolve(made) }));
    expect(found).toBe(made);
  });

  test("takes a function that makes one, at once or later, with its lines", async () => {
    const source = (text: string) => `import { inventory } from "showrunner";\nexport default ${text};\n`;
    for (const made of [
      "() => inventory({ hosts: { web1: {} } })",
      "async () => inventory({ hosts: { web1: {} } })",
    ]) {
      const found = await load({ "lab.ts": source(made) });
      expect(namesOf(found.hosts.values())).toEqual(["web1"]);
      expect(place(found.location)).toBe("lab.ts:2");
    }
  });

  test("says why a source of hosts does not answer", async () => {
    const text = `export default async () => {\n  await fetch("http://127.0.0.1:9/");\n};`;
    expect(await failure(() => load({ "lab.ts": text }))).toMatch(/cannot load .*lab.ts: fetch failed: .+/);
  });

  test("names the inventories there are where a file is missing", async () => {
    const root = folder({ "lab.ts": ts, "compact.yml": "", "README.md": "", "types.d.ts": "" });
    const error = await loadInventory(join(root, "lap.ts"), importModule).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ShowrunnerError);
    expect(error).toMatchObject({
      code: "file.missing",
      message: `there is no inventory ${root}/lap.ts (did you mean "lab.ts"?)`,
      hint: `Inventories in ${root}: compact.yml, lab.ts.`,
    });
  });

  test("says so where the folder is missing too", async () => {
    const root = folder({});
    await expect(loadInventory(join(root, "no/lab.ts"), importModule)).rejects.toMatchObject({
      code: "file.missing",
      hint: `The folder ${root}/no doesn't exist either.`,
    });
  });

  test.each(["hosts.ini", "hosts", "hosts.sh"])("says what is supported instead of %s", async (name) => {
    const root = folder({ [name]: "" });
    await expect(loadInventory(join(root, name), importModule)).rejects.toMatchObject({
      code: "inventory.invalid",
      message: `${root}/${name} can't be read as an inventory`,
      hint: expect.stringContaining("INI files and inventory scripts are not supported"),
    });
  });

  test("says of a folder without inventories that there are none", async () => {
    const root = folder({ "README.md": "", "group_vars/all.yml": "a: 1" });
    await expect(loadInventory(root, importModule)).rejects.toMatchObject({
      code: "inventory.invalid",
      message: `there is no inventory in the folder ${root}`,
    });
  });

  test.each([
    ["export default { hosts: {} };", "got an object"],
    ["export default () => 1;", "got 1"],
  ])("refuses a module that says %s", async (text, message) => {
    expect(await failure(() => load({ "lab.ts": text }))).toMatch(
      new RegExp(`^lab.ts:1: .*/lab.ts: expected an inventory as the default export, ${message}$`),
    );
  });

  test("refuses a module without a default export", async () => {
    const root = folder({ "lab.mjs": "export const a = 1;" });
    await expect(
      loadInventory(join(root, "lab.mjs"), (file) => import(/* @vite-ignore */ file)),
    ).rejects.toMatchObject({
      message: `${root}/lab.mjs: expected an inventory as the default export, got nothing`,
      hint: "Write `export default inventory({ hosts: { … } })`.",
    });
  });

  test("says why a module can't be loaded", async () => {
    const root = folder({ "lab.ts": "throw new Error('no network');" });
    await expect(loadInventory(join(root, "lab.ts"), importModule)).rejects.toMatchObject({
      code: "inventory.invalid",
      message: `cannot load ${root}/lab.ts: no network`,
    });
  });
});
