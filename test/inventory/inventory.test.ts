import { describe, expect, test } from "vitest";
import { type InventoryDefinition, inventory, isInventory } from "../../src/inventory/index.ts";
import { loadTs, namesOf, place } from "./helpers.ts";

describe("hosts", () => {
  test("have Ansible's defaults", () => {
    expect(inventory({ hosts: { web1: {} } }).host("web1")).toMatchObject({
      name: "web1",
      address: "web1",
      port: 22,
      user: undefined,
      settings: {},
      vars: {},
      groups: ["all", "ungrouped"],
    });
  });

  test("keep the order of their definition", () => {
    const made = inventory({
      hosts: { web2: {}, "db[b:c]": {}, web1: {} },
      groups: { web: { hosts: ["web1", "web2"] } },
    });
    expect([...made.hosts.keys()]).toEqual(["web2", "dbb", "dbc", "web1"]);
    expect(namesOf(made.group("all"))).toEqual(["web2", "dbb", "dbc", "web1"]);
    expect(namesOf(made.group("web"))).toEqual(["web1", "web2"]);
  });

  test("of a range share what is said of the range", () => {
    const made = inventory({ hosts: { "web[1:2]": { user: "admin", vars: { rack: 7 } } } });
    expect(namesOf(made.hosts.values())).toEqual(["web1", "web2"]);
    expect(made.host("web2")).toMatchObject({ user: "admin", vars: { rack: 7 }, address: "web2" });
  });

  test("that are unknown are an error with the nearest name", () => {
    expect(() => inventory({ hosts: { web1: {} } }).host("wbe1")).toThrow(
      expect.objectContaining({
        code: "inventory.pattern",
        message: `there is no host "wbe1" (did you mean "web1"?)`,
        details: ["hosts: web1"],
      }),
    );
  });
});

describe("groups", () => {
  const made = inventory({
    hosts: { a: {}, b: {}, c: {}, d: {} },
    groups: {
      zoo: { children: ["south", "north"], hosts: ["d"] },
      north: { hosts: ["a", "b"] },
      south: { hosts: ["b", "c"], children: ["deep"] },
      deep: { hosts: ["a"] },
      apart: {},
    },
  });

  test("are all, ungrouped, and the others as defined", () => {
    expect([...made.groups.keys()]).toEqual(["all", "ungrouped", "zoo", "north", "south", "deep", "apart"]);
  });

  test("hold their own hosts first, then their descendants' level by level, each once", () => {
    expect(namesOf(made.group("zoo"))).toEqual(["d", "b", "c", "a"]);
    expect(made.group("apart")).toEqual([]);
  });

  test("know their place", () => {
    expect(made.groups.get("south")).toMatchObject({
      depth: 2,
      parents: ["zoo"],
      children: ["deep"],
      priority: 1,
    });
    expect(made.groups.get("deep")?.depth).toBe(3);
    expect(made.groups.get("apart")).toMatchObject({ depth: 1, parents: ["all"] });
  });

  test("of a host are listed with all ancestors, by depth and name", () => {
    expect(made.host("a").groups).toEqual(["all", "zoo", "north", "south", "deep"]);
    expect(made.host("d").groups).toEqual(["all", "zoo"]);
  });

  test("take the depth of the longest way", () => {
    const diamond = inventory({
      groups: { a: { children: ["c", "b"] }, b: { children: ["c"] }, c: {} },
    });
    expect(diamond.groups.get("c")?.depth).toBe(3);
  });

  test("can be called as a host is", () => {
    const same = inventory({ hosts: { db: {}, x: {} }, groups: { db: { hosts: ["x"] } } });
    expect(namesOf(same.group("db"))).toEqual(["x"]);
    expect(same.host("db").groups).toEqual(["all", "ungrouped"]);
  });

  test("that are unknown are an error naming the groups there are", () => {
    expect(() => made.group("nroth")).toThrow(
      expect.objectContaining({
        code: "inventory.pattern",
        message: `there is no group "nroth" (did you mean "north"?)`,
        details: ["groups: all, ungrouped, zoo, north, south, deep, apart"],
      }),
    );
  });

  test("let ungrouped have variables, and only hosts of no other group", () => {
    const some = inventory({
      hosts: { a: {}, b: {} },
      groups: { web: { hosts: ["a"] }, ungrouped: { hosts: ["a"], vars: { lonely: true } } },
    });
    expect(namesOf(some.group("ungrouped"))).toEqual(["b"]);
    expect(some.host("a").vars).toEqual({});
    expect(some.host("b").vars).toEqual({ lonely: true });
  });
});

describe("precedence", () => {
  const v = (x: unknown) => ({ vars: { x } });
  const cases: [string, InventoryDefinition, unknown][] = [
    ["all", { hosts: { h: {} }, ...v("all") }, "all"],
    ["the group all wins over the top", { hosts: { h: {} }, ...v("top"), groups: { all: v("all") } }, "all"],
    [
      "a group wins over all",
      { hosts: { h: {} }, ...v("all"), groups: { g: { hosts: ["h"], ...v("g") } } },
      "g",
    ],
    [
      "ungrouped wins over all",
      { hosts: { h: {} }, ...v("all"), groups: { ungrouped: v("ungrouped") } },
      "ungrouped",
    ],
    [
      "a child wins over its parent, whatever their names",
      { hosts: { h: {} }, groups: { z: { children: ["a"], ...v("z") }, a: { hosts: ["h"], ...v("a") } } },
      "a",
    ],
    [
      "a child wins over its parent, whatever their priorities",
      {
        hosts: { h: {} },
        groups: { p: { children: ["c"], priority: 9, ...v("p") }, c: { hosts: ["h"], ...v("c") } },
      },
      "c",
    ],
    [
      "a deeper group wins over another one's child",
      {
        hosts: { h: {} },
        groups: {
          a: { children: ["b"] },
          b: { children: ["c"] },
          c: { hosts: ["h"], ...v("c") },
          d: { children: ["z"] },
          z: { hosts: ["h"], ...v("z") },
        },
      },
      "c",
    ],
    [
      "the last one by name wins at the same depth",
      { hosts: { h: {} }, groups: { b: { hosts: ["h"], ...v("b") }, a: { hosts: ["h"], ...v("a") } } },
      "b",
    ],
    [
      "the higher priority wins at the same depth",
      {
        hosts: { h: {} },
        groups: { b: { hosts: ["h"], ...v("b") }, a: { hosts: ["h"], priority: 2, ...v("a") } },
      },
      "a",
    ],
    [
      "priority 0 loses against none",
      {
        hosts: { h: {} },
        groups: { b: { hosts: ["h"], priority: 0, ...v("b") }, a: { hosts: ["h"], ...v("a") } },
      },
      "a",
    ],
    [
      "a host wins over its groups",
      { hosts: { h: v("h") }, groups: { g: { hosts: ["h"], priority: 9, ...v("g") } } },
      "h",
    ],
    [
      "undefined says nothing",
      { hosts: { h: v(undefined) }, groups: { g: { hosts: ["h"], ...v("g") } } },
      "g",
    ],
    ["null is a value", { hosts: { h: v(null) }, ...v("all") }, null],
    ["objects are replaced, not joined", { hosts: { h: v({ b: 1 }) }, ...v({ a: 1 }) }, { b: 1 }],
  ];

  test.each(cases)("of variables: %s", (_, definition, expected) => {
    expect(inventory(definition).host("h").vars.x).toEqual(expected);
  });

  test("of settings is the same", () => {
    const made = inventory({
      hosts: { h: { port: 2222, become: undefined } },
      groups: {
        all: { settings: { user: "all", connectTimeout: 5 } },
        p: { children: ["c"], settings: { user: "p", become: true, hostKeys: "known" } },
        c: { hosts: ["h"], settings: { user: "c", port: 22 } },
      },
      settings: { identityFile: "~/.ssh/id" },
    });
    expect(made.host("h").settings).toEqual({
      identityFile: "~/.ssh/id",
      user: "c",
      connectTimeout: 5,
      become: true,
      hostKeys: "known",
      port: 2222,
    });
    expect(made.host("h")).toMatchObject({ user: "c", port: 2222 });
  });

  test("keeps a variable called __proto__ a variable", () => {
    const vars = Object.fromEntries([["__proto__", { polluted: true }]]);
    const host = inventory({ hosts: { h: { vars } } }).host("h");
    expect(Object.keys(host.vars)).toEqual(["__proto__"]);
    expect("polluted" in host.vars).toBe(false);
  });
});

describe("lab", () => {
  test.each<[string, InventoryDefinition, object]>([
    [
      "the /24 of the first address",
      { hosts: { a: { address: "192.0.2.17" }, b: {} } },
      { network: "192.0.2.0/24" },
    ],
    [
      "the /24 of a name that is an address",
      { hosts: { "198.51.100.9": {} } },
      { network: "198.51.100.0/24" },
    ],
    ["nothing for a first host with a name", { hosts: { a: {} } }, { network: undefined }],
    [
      "what is given",
      { hosts: { a: { address: "192.0.2.17" } }, lab: { network: "10.1.0.0/16", suite: "trixie" } },
      { network: "10.1.0.0/16", suite: "trixie" },
    ],
  ])("is %s", (_, definition, lab) => {
    expect(inventory(definition).lab).toMatchObject(lab);
  });
});

describe("locations in TypeScript", () => {
  const written = `{
  // hosts: { web1: { vars: { colour: "wrong" } } }
  vars: { domain: "example.com", "quoted-key": { nested: 1 } },
  lab: { network: "192.0.2.0/24" },
  hosts: {
    "web[1:2]": {
      user: "admin", /* vars: { a: 1 } */
      vars: {
        colour: "red: { colour: 1 }",
        size: [1, { colour: 2 }].length > 1 ? 3 : 4,
      },
    },
    db1: { vars: {
      colour: \`a
      colour: \${1}\` },
    },
  },
  groups: {
    web: {
      hosts: ["web[1:2]"],
      vars: { colour: "blue", port: 80 },
    },
  },
}`;
  test("are those of the keys, of the value that wins", async () => {
    const made = await loadTs(written);
    const where = (host: string, name: string) => place(made.host(host).varLocation(name));
    expect(place(made.location)).toBe("lab.ts:2");
    expect(place(made.host("web2").location)).toBe("lab.ts:7");
    expect(place(made.host("db1").location)).toBe("lab.ts:14");
    expect(place(made.groups.get("web")?.location)).toBe("lab.ts:20");
    expect(where("web1", "colour")).toBe("lab.ts:10");
    expect(where("web1", "size")).toBe("lab.ts:11");
    expect(where("web1", "port")).toBe("lab.ts:22");
    expect(where("web1", "domain")).toBe("lab.ts:4");
    expect(where("db1", "colour")).toBe("lab.ts:15");
    expect(where("db1", "quoted-key")).toBe("lab.ts:4");
    expect(where("db1", "port")).toBeUndefined();
  });

  test("fall back to what encloses a key that isn't written out", async () => {
    const made = await loadTs(`{
  hosts: {
    web1: { vars: { ...Object.fromEntries([["colour", "red"]]) } },
    ...Object.fromEntries([["web2", { vars: { colour: "red" } }]]),
  },
}`);
    expect(place(made.host("web1").varLocation("colour"))).toBe("lab.ts:4");
    expect(place(made.host("web2").varLocation("colour"))).toBe("lab.ts:3");
    expect(place(made.groups.get("ungrouped")?.location)).toBeUndefined();
  });
});

describe("thousands of hosts", () => {
  test("take well below a second of work", () => {
    const hosts = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`web${i}`, { address: `192.0.2.${i % 250}`, vars: { i } }]),
    );
    const groups = Object.fromEntries(
      Array.from({ length: 100 }, (_, g) => [
        `group${g}`,
        { hosts: Object.keys(hosts).filter((_, i) => i % 100 === g), vars: { g } },
      ]),
    );
    // the work of this process alone: how busy the machine is does not matter
    const begin = process.cpuUsage();
    const made = inventory({ hosts, groups: { ...groups, top: { children: Object.keys(groups) } } });
    const vars = made.select("top:!web[0:9]*:!group7").map((host) => [host.vars.i, host.vars.g, host.port]);
    expect(process.cpuUsage(begin).user).toBeLessThan(1_000_000);
    expect(vars.length).toBeLessThan(5000);
  });
});

test("an inventory is known as one, and nothing else is", () => {
  expect(isInventory(inventory({}))).toBe(true);
  for (const other of [undefined, null, {}, { hosts: {} }, "inventory"])
    expect(isInventory(other)).toBe(false);
});
