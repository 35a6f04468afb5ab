import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadInventory } from "../../src/inventory/index.ts";
import { failure, folder, importModule } from "./helpers.ts";

/** Loads several inventories out of a new folder. */
function loadAll(files: Readonly<Record<string, string>>, names: readonly string[]) {
  const root = folder(files);
  return loadInventory(
    names.map((name) => join(root, name)),
    importModule,
  );
}

const yaml = (host: string, vars: string) => `web:\n  hosts:\n    ${host}:\n  vars: ${vars}\n`;

describe("several inventories", () => {
  test("add up their hosts, groups and children, TypeScript and YAML alike", async () => {
    const made = await loadAll(
      {
        "a.ts": `import { inventory } from "showrunner";
export default inventory({ hosts: { web1: { port: 2201 } }, groups: { web: { hosts: ["web1"], vars: { a: 1, b: 1 } } } });`,
        "b.yml":
          "web:\n  hosts:\n    web1: { ansible_user: admin }\n    web2:\n  vars: { b: 2 }\nsite:\n  children: { web: }\n",
      },
      ["a.ts", "b.yml"],
    );
    expect(made.group("site").map(({ name }) => name)).toEqual(["web1", "web2"]);
    expect(made.host("web1")).toMatchObject({ port: 2201, user: "admin" });
    expect(made.host("web1").vars).toMatchObject({ a: 1, b: 2 });
  });

  test("win over those before them", async () => {
    const files = { "a.yml": yaml("web1", "{ v: a }"), "b.yml": yaml("web1", "{ v: b }") };
    expect((await loadAll(files, ["a.yml", "b.yml"])).host("web1").vars["v"]).toBe("b");
    expect((await loadAll(files, ["b.yml", "a.yml"])).host("web1").vars["v"]).toBe("a");
  });

  test("give the variables beside each of them to all hosts and groups of that name, the later folder's win", async () => {
    const files = {
      "one/hosts.yml": yaml("web1", "{}"),
      "one/group_vars/web.yml": "v: one\nonly: one\n",
      "one/host_vars/web2.yml": "h: one\n",
      "two/hosts.yml": yaml("web2", "{ v: inline }"),
      "two/group_vars/all.yml": "v: all of two\n",
      "two/group_vars/web.yml": "v: two\n",
    };
    const made = await loadAll(files, ["one/hosts.yml", "two/hosts.yml"]);
    expect(made.host("web1").vars).toEqual({ v: "two", only: "one" });
    expect(made.host("web2").vars).toEqual({ v: "two", only: "one", h: "one" });
    const turned = await loadAll(files, ["two/hosts.yml", "one/hosts.yml"]);
    expect(turned.host("web1").vars["v"]).toBe("one");
  });

  test("may lie in a folder, which is read by name and without what Ansible passes over", async () => {
    const made = await loadAll(
      {
        "prod/10-web.yml": yaml("web1", "{ v: first }"),
        "prod/20-more/hosts.yml": yaml("web2", "{ v: second }"),
        "prod/group_vars/web.yml": "file: true\n",
        "prod/README.md": "# hosts",
        "prod/.hidden.yml": "not: [an inventory",
        "prod/10-web.yml.bak": "not: [an inventory",
      },
      ["prod"],
    );
    expect(made.host("web1").vars).toEqual({ v: "second", file: true });
    expect(made.group("web")).toHaveLength(2);
  });

  test("name the file of a mistake", async () => {
    const told = await failure(() =>
      loadAll({ "a.yml": yaml("web1", "{}"), "b.yml": "web:\n  host: { web2: }\n" }, ["a.yml", "b.yml"]),
    );
    expect(told).toContain("b.yml:2");
    const ini = await failure(() => loadAll({ "d/a.yml": yaml("web1", "{}"), "d/b.ini": "[web]" }, ["d"]));
    expect(ini).toContain("d/b.ini can't be read as an inventory");
  });
});
