import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { type InventoryDefinition, inventory } from "../../src/inventory/index.ts";
import { splitPattern } from "../../src/inventory/split-pattern.ts";
import { folder, namesOf } from "./helpers.ts";

const definition: InventoryDefinition = {
  hosts: {
    "web[1:4]": {},
    db1: {},
    db2: {},
    "www.example.com": {},
    "api.example.com": {},
    "fe80::1": {},
    "192.0.2.7": {},
    both: {},
    spare: {},
  },
  groups: {
    web: { hosts: ["web[1:4]"] },
    db: { hosts: ["db2", "db1"] },
    prod: { hosts: ["web1", "web2", "db1"] },
    retired: { hosts: ["web2"] },
    empty: {},
    "example.com": { hosts: ["www.example.com", "api.example.com"] },
    both: { hosts: ["web3"] },
    app: { children: ["web", "db"], hosts: ["spare"] },
  },
};

const made = inventory(definition);

describe("splitPattern", () => {
  test.each([
    ["a,b:c", ["a", "b:c"]],
    [" a , b ", ["a", "b"]],
    ["a:b:&c:!d", ["a", "b", "&c", "!d"]],
    ["a b", ["a", "b"]],
    ["a,,b,", ["a", "b"]],
    ["web[1:3]", ["web[1:3]"]],
    ["web[1:]:db[0]", ["web[1:]", "db[0]"]],
    ["fe80::1", ["fe80::1"]],
    ["!fe80::1", ["!fe80::1"]],
    ["::1", ["::1"]],
    ["2001:db8:0:0:0:0:0:1", ["2001:db8:0:0:0:0:0:1"]],
    ["fe80::[1:9]", ["fe80::[1:9]"]],
    ["[fe80::1]:22", ["[fe80::1]:22"]],
    ["fe80::1,web", ["fe80::1", "web"]],
    ["web:22", ["web:22"]],
    ["a:! b", ["a", "!", "b"]],
    ["", []],
    [",", []],
  ])("%j is cut into %j", (pattern, terms) => {
    expect(splitPattern(pattern).map(({ sign, text }) => sign + text)).toEqual(terms);
  });

  test("takes a list of patterns", () => {
    expect(splitPattern(["a:b", "!c"]).map(({ text }) => text)).toEqual(["a", "b", "c"]);
  });
});

describe("select", () => {
  const everyHost = namesOf(made.hosts.values()).join(" ");

  test.each([
    // names
    ["all", everyHost],
    ["*", everyHost],
    ["web1", "web1"],
    ["web", "web1 web2 web3 web4"],
    ["ungrouped", "fe80::1 192.0.2.7 both"],
    ["fe80::1", "fe80::1"],
    ["192.0.2.7", "192.0.2.7"],
    // A host's name wins over a group's, but not behind a sign.
    ["both", "both"],
    ["web:&both", "web3"],
    ["web:!both", "web1 web2 web4"],
    // unions keep the order of the terms, and of the hosts in a group
    ["db,web1", "db2 db1 web1"],
    ["web3:web", "web3 web1 web2 web4"],
    ["app", "spare web1 web2 web3 web4 db2 db1"],
    // intersections and exclusions, wherever they are written
    ["web:&prod", "web1 web2"],
    ["&prod:web", "web1 web2"],
    ["web:!retired", "web1 web3 web4"],
    ["!retired:web", "web1 web3 web4"],
    ["!retired,web", "web1 web3 web4"],
    ["web:db:&prod:!retired", "web1 db1"],
    ["!retired:&prod:db:web", "db1 web1"],
    ["&prod", "web1 web2 db1"],
    ["all:!app:!example.com", "fe80::1 192.0.2.7 both"],
    ["web,!web1,!web2", "web3 web4"],
    ["web:!empty", "web1 web2 web3 web4"],
    ["web:empty", "web1 web2 web3 web4"],
    // globs
    ["web*", "web1 web2 web3 web4"],
    ["*.example.com", "www.example.com api.example.com"],
    ["example.com", "www.example.com api.example.com"],
    ["db?", "db1 db2"],
    ["web[12]*", "web1 web2"],
    ["web[!12]*", "web3 web4"],
    ["?eb[1-3]*", "web1 web2 web3"],
    ["192.0.2.*", "192.0.2.7"],
    ["pro*", "web1 web2 db1"],
    ["all:!nothing*:!app:!*.com", "fe80::1 192.0.2.7 both"],
    // A set in the end is a subscript where the name before it exists, else a set.
    ["web[0-1]", "web1 web2"],
    ["we[ab]", "web1 web2 web3 web4"],
    ["d[a-b]?", "db1 db2"],
    // regular expressions
    ["~web[13]", "web1 web3"],
    ["~(web|db)1", "web1 db1"],
    ["~.*2$", "web2 db2"],
    ["~(?i)WEB1", "web1"],
    ["~w:!~.*[13]$", "web2 web4 www.example.com"],
    // subscripts
    ["web[0]", "web1"],
    ["web[-1]", "web4"],
    ["web[-4]", "web1"],
    ["web[1:2]", "web2 web3"],
    ["web[1:]", "web2 web3 web4"],
    ["web[2:99]", "web3 web4"],
    ["web[0:0]", "web1"],
    ["db[0]", "db2"],
    ["web*[1]", "web2"],
    ["web1[0]", "web1"],
    ["all[0]", "web1"],
    ["web:!web[0]", "web2 web3 web4"],
    ["web:&web[1:2]", "web2 web3"],
    ["web[0]:db[0]", "web1 db2"],
    ["web:!web[7:9]", "web1 web2 web3 web4"],
  ])("%s means %s", (pattern, hosts) => {
    expect(namesOf(made.select(pattern)).join(" ")).toBe(hosts);
  });

  const groups = "groups: all, ungrouped, web, db, prod, retired, empty, example.com, both, app";
  const hosts = `hosts: ${namesOf(made.hosts.values()).join(", ")}`;

  test.each([
    ["wbe", `no group or host matches "wbe" (did you mean "web"?)`],
    [
      "web:!retierd",
      `in the pattern "web:!retierd": no group or host matches "retierd" (did you mean "retired"?)`,
    ],
    ["web:&nowhere", `in the pattern "web:&nowhere": no group or host matches "nowhere"`],
    ["zzz*", `no group or host matches "zzz*"`],
    ["web,zzz*", `in the pattern "web,zzz*": no group or host matches "zzz*"`],
    ["web,prod:&db", `in the pattern "web,prod:&db": no group or host matches "prod:&db"`],
    ["web:22", `no group or host matches "web:22" (did you mean "web2"?)`],
    ["wbe[0]", `in the pattern "wbe[0]": no group or host matches "wbe" (did you mean "web"?)`],
    ["empty", `no host matches "empty"`],
    ["empty[0]", `no host matches "empty[0]"`],
    ["web:&nothing*", `no host matches "web:&nothing*"`],
    ["web:!web", `no host matches "web:!web"`],
    ["web[7:9]", `no host matches "web[7:9]"`],
  ])("%s fails, naming what there is", (pattern, message) => {
    expect(failureOf(pattern)).toMatchObject({
      code: "inventory.pattern",
      message,
      details: [groups, hosts],
    });
  });

  test.each([
    ["web[4]", `"web[4]" is out of range: there are 4 hosts, counted from 0`],
    [
      "web:!web[-5]",
      `in the pattern "web:!web[-5]": "web[-5]" is out of range: there are 4 hosts, counted from 0`,
    ],
    ["retired[1]", `"retired[1]" is out of range: there is 1 host, counted from 0`],
    ["", "the host pattern is empty"],
    [" , ", "the host pattern is empty"],
  ])("%j fails", (pattern, message) => {
    expect(failureOf(pattern)).toMatchObject({ code: "inventory.pattern", message });
  });

  test("tells where a regular expression is malformed", () => {
    expect(failureOf("~web(").message).toMatch(/^"~web\(": Invalid regular expression/);
    expect(failureOf("~web[").message).toMatch(/^"~web\[": Invalid regular expression/);
    expect(failureOf("web:!~web[").message).toMatch(
      /^in the pattern "web:!~web\[": "~web\[": Invalid regular/,
    );
    for (const half of ["web[", "web]", "web[0"])
      expect(failureOf(half).message).toContain(`no group or host matches "${half}"`);
  });

  test("doesn't list thousands of hosts", () => {
    const many = inventory({ hosts: { "web[1:3000]": {} } });
    expect(() => many.select("wep1")).toThrow(
      expect.objectContaining({ details: ["groups: all, ungrouped", "hosts: 3000"] }),
    );
  });

  test("says so where the inventory has no hosts", () => {
    expect(() => inventory({}).select("all")).toThrow(
      `no host matches "all": the inventory defines no hosts`,
    );
  });

  test("returns an empty list where that is allowed, but no unknown name", () => {
    expect(made.select("empty", { allowEmpty: true })).toEqual([]);
    expect(made.select("web", { limit: "db", allowEmpty: true })).toEqual([]);
    expect(() => made.select("wbe", { allowEmpty: true })).toThrow("no group or host");
  });

  function failureOf(pattern: string, limit?: string): ShowrunnerError {
    try {
      made.select(pattern, { limit });
    } catch (error) {
      if (error instanceof ShowrunnerError) return error;
      throw error;
    }
    throw new Error("no failure");
  }

  describe("with a limit", () => {
    test.each([
      ["web", "prod", "web1 web2"],
      ["web", "web1,db1", "web1"],
      ["web", "!web1", "web2 web3 web4"],
      ["app", "web:!retired", "web1 web3 web4"],
      ["web", "all[1:2]", "web2 web3"],
    ])("%s limited to %s means %s", (pattern, limit, expected) => {
      expect(namesOf(made.select(pattern, { limit })).join(" ")).toBe(expected);
    });

    test.each([
      ["web", "db", `the limit "db" doesn't leave any of the 4 hosts of "web"`],
      ["retired", "db", `the limit "db" doesn't leave the one host of "retired"`],
      ["web", "prd", `in the limit "prd": no group or host matches "prd" (did you mean "prod"?)`],
      ["web", "web,prd", `in the limit "web,prd": no group or host matches "prd" (did you mean "prod"?)`],
      ["web", "", "the limit is empty"],
    ])("%s limited to %j fails with its own message", (pattern, limit, message) => {
      expect(failureOf(pattern, limit)).toMatchObject({ code: "inventory.pattern", message });
    });

    test("reads the terms from a file", () => {
      const root = folder({
        "failed.txt": "web1 # the first\r\n# a comment\n  # another\nweb3\t#\n~web#?4\n\n",
      });
      expect(namesOf(made.select("web", { limit: `@${join(root, "failed.txt")}` }))).toEqual([
        "web1",
        "web3",
        "web4",
      ]);
    });

    test("says which line of a file is not UTF-8", () => {
      const root = folder({});
      const file = join(root, "failed.txt");
      writeFileSync(file, Buffer.from("web1\n# d\xe9sol\xe9\n", "latin1"));
      expect(failureOf("web", `@${file}`)).toMatchObject({
        code: "inventory.pattern",
        message: "the limit's file is not UTF-8: byte 8 is 0xE9",
        location: { file, line: 2 },
      });
    });

    test("says which file is missing", () => {
      expect(failureOf("web", "@no-such-file")).toMatchObject({
        code: "file.missing",
        message: expect.stringContaining("cannot read the limit's file no-such-file"),
      });
    });
  });
});

describe("localhost", () => {
  const withAll = inventory({ hosts: { web1: {} }, settings: { user: "admin" }, vars: { colour: "red" } });

  test.each(["localhost", "127.0.0.1", "::1"])("%s is there without being defined", (name) => {
    const [host] = inventory({ hosts: { web1: {} } }).select(name);
    expect(host).toMatchObject({ name, address: "127.0.0.1", groups: [] });
    expect(host?.settings.transport).toBe("local");
  });

  test("has what is said of all hosts, and is the same one each time", () => {
    const [host] = withAll.select("localhost");
    expect(host?.vars).toEqual({ colour: "red" });
    expect(host?.user).toBe("admin");
    expect(withAll.host("localhost")).toBe(host);
  });

  test("is no part of all", () => {
    expect(namesOf(withAll.select("all"))).toEqual(["web1"]);
    expect(() => withAll.select("all", { limit: "localhost" })).toThrow(
      `doesn't leave the one host of "all"`,
    );
  });

  test("is the one of the inventory where it is defined", () => {
    const defined = inventory({ hosts: { localhost: { transport: "ssh" } } });
    expect(defined.select("localhost")[0]?.settings.transport).toBe("ssh");
    expect(defined.select("127.0.0.1")[0]?.name).toBe("localhost");
  });
});
