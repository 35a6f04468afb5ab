import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { SecretString, type TProperties, Type } from "../../src/base/schema.ts";
import { play } from "../../src/core/plays/play.ts";
import { CommandLineText, validateVars } from "../../src/core/plays/vars.ts";
import { loadInventory } from "../../src/inventory/index.ts";

const folder = mkdtempSync(join(tmpdir(), "vars-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function hostsOf(yaml: string) {
  const file = join(folder, "hosts.yml");
  writeFileSync(file, yaml);
  const inventory = await loadInventory(file, async () => ({}));
  return { file, hosts: inventory.select("all") };
}

describe("a template in a YAML variable", () => {
  const wantsName = play(
    "p",
    { hosts: "all", vars: { name: Type.String() } },
    { one: async () => undefined },
  );

  it("is refused with its file and line where a play uses the variable", async () => {
    const { file, hosts } = await hostsOf("all:\n  hosts:\n    a:\n  vars:\n    name: '{{ other }}'\n");
    try {
      validateVars([{ play: wantsName, hosts }], {});
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: "vars.invalid",
        details: [expect.stringMatching(/is not evaluated here/)],
      });
      expect(JSON.stringify(error)).toContain(`${file}:5`);
    }
  });

  it("is no matter where no play asks for it", async () => {
    const { hosts } = await hostsOf(
      "all:\n  hosts:\n    a:\n  vars:\n    name: x\n    port: '{{ other }}'\n",
    );
    expect(() => validateVars([{ play: wantsName, hosts }], {})).not.toThrow();
  });
});

describe("a schema", () => {
  const wants = (schema: TProperties[string]) => {
    const one = play("p", { hosts: "all", vars: { name: schema } }, { one: async () => undefined });
    return async (value: unknown) => {
      const { hosts } = await hostsOf("all:\n  hosts:\n    a:\n");
      return validateVars([{ play: one, hosts }], { name: value });
    };
  };
  const detail = (text: string) => expect.objectContaining({ details: [expect.stringContaining(text)] });

  it("knows the formats of JSON Schema", async () => {
    const date = wants(Type.String({ format: "date" }));
    await expect(date("2026-02-29")).rejects.toEqual(detail('expected a valid date, got "2026-02-29"'));
    expect((await date("2026-02-28")).size).toBe(1);
  });

  it("measures a secret, and does not show it", async () => {
    const short = wants(SecretString({ maxLength: 8 }));
    await expect(short("nine-long")).rejects.toEqual(detail("name: expected at most 8 characters"));
    expect((await short("nine-lon")).size).toBe(1);
  });

  it("quotes nothing of a value of the wrong shape that secrets stand in", async () => {
    const users = wants(Type.Array(Type.Object({ name: Type.String(), password: SecretString() })));
    await expect(users({ ann: { password: "hunter2" } })).rejects.toEqual(
      detail("name: expected an array, got an object (play"),
    );
    await expect(wants(SecretString())(12345678)).rejects.toEqual(
      detail("name: expected a string or a secret, got a number (play"),
    );
    await expect(wants(Type.Union([SecretString(), Type.Null()]))(12345678)).rejects.toEqual(
      detail("got a number (play"),
    );
  });

  it("that is itself wrong is told with the play's line, as the user's mistake", async () => {
    await expect(wants(Type.String({ format: "dat" }))("x")).rejects.toMatchObject({
      code: "playbook.invalid",
      message: 'a schema can\'t be used: unknown format "dat" of name',
      location: { file: expect.stringContaining("vars.test.ts") },
    });
  });
});

describe("mistakes on many hosts", () => {
  const nobody = async () => undefined;
  const domain = Type.String();
  const port = Type.Integer({ maximum: 65535 });
  const web = play("web", { hosts: "all", vars: { domain, port, token: SecretString() } }, { one: nobody });
  const proxy = play("proxy", { hosts: "all", vars: { port } }, { one: nobody });
  const names = Array.from({ length: 40 }, (_, index) => `web${String(index + 1).padStart(2, "0")}`);
  const many = (all: string, ofHosts: Readonly<Record<string, string>> = {}) =>
    `all:\n  vars: ${all}\n  hosts:\n${names.map((name) => `    ${name}: ${ofHosts[name] ?? ""}\n`).join("")}`;
  const mistakes = async (yaml: string, plays = [web]) => {
    const { file, hosts } = await hostsOf(yaml);
    try {
      validateVars(
        plays.map((one) => ({ play: one, hosts })),
        {},
      );
      return [];
    } catch (error) {
      expect(error).toMatchObject({ code: "vars.invalid" });
      return error instanceof ShowrunnerError
        ? error.details.map((text) => text.replaceAll(file, "FILE"))
        : [];
    }
  };
  const first = "web01, web02, web03, web04, web05 and 35 more";

  it("are told once each, all together, with the hosts, the place, and what was expected", async () => {
    expect(await mistakes(many('{ domian: example.com, port: "eighty" }'))).toEqual([
      `domian: no play knows this variable; did you mean "domain"?\n  at FILE:2:11, for ${first}`,
      expect.stringMatching(
        RegExp(
          `^token: expected a string or a secret, got nothing \\(play "web"\\)\n  asked for at .*vars.test.ts:\\d+, for ${first}$`,
        ),
      ),
      `port: expected an integer, got "eighty" (play "web")\n  at FILE:2:32, for ${first}`,
    ]);
  });

  it("are misspelt overrides, too, though the right name is there", async () => {
    const updates = Type.Boolean();
    const all = play(
      "all",
      { hosts: "all", vars: { domain, updates, port, site_a: domain } },
      { one: nobody },
    );
    const right = "{ domain: x, updates: false, port: 80, site_a: x }";
    expect(await mistakes(many(right, { web02: "{ update: true }", web03: "{ domian: y }" }), [all])).toEqual(
      [
        'update: no play knows this variable; did you mean "updates"?\n  at FILE:5:14, for web02',
        'domian: no play knows this variable; did you mean "domain"?\n  at FILE:6:14, for web03',
      ],
    );
  });

  it.each([
    ["a name of its own", "{ site_b: y }"],
    ["a short word", "{ posts: 1, sort: 2 }"],
    ["a value that the right name could not have", "{ update: [a, b] }"],
  ])("are none where another playbook may use the variable: %s", async (_, own) => {
    const vars = { domain, updates: Type.Boolean(), port, site_a: domain };
    const all = play("all", { hosts: "all", vars }, { one: nobody });
    const right = "{ domain: x, updates: false, port: 80, site_a: x }";
    expect(await mistakes(many(right, { web02: own }), [all])).toEqual([]);
  });

  it("that differ by host are each told, with their own places", async () => {
    const found = await mistakes(
      many("{ domain: x, port: 80, token: t }", {
        web07: "{ port: 70000 }",
        web08: "{ port: low }",
        web09: "{ port: 70000 }",
      }),
    );
    expect(found).toEqual([
      'port: expected <= 65535, got 70000 (play "web")\n  at FILE:10:14, for web07\n  at FILE:12:14, for web09',
      'port: expected an integer, got "low" (play "web")\n  at FILE:11:14, for web08',
    ]);
  });

  it("made by each host for itself are one, with the first few places and a count", async () => {
    const own = Object.fromEntries(names.map((name) => [name, "{ port: high }"]));
    const [only, ...others] = await mistakes(many("{ domain: x, token: t }", own));
    expect(others).toEqual([]);
    expect(only?.split("\n")).toEqual([
      'port: expected an integer, got "high" (play "web")',
      ...["web01", "web02", "web03", "web04", "web05"].map(
        (name, index) => `  at FILE:${index + 4}:14, for ${name}`,
      ),
      "  and in 35 more places, for web06, web07, web08, web09, web10 and 30 more",
    ]);
  });

  it("in a variable of several plays are one, with the plays", async () => {
    expect(await mistakes(many("{ domain: x, token: t, port: high }"), [web, proxy])).toEqual([
      `port: expected an integer, got "high" (plays "web", "proxy")\n  at FILE:2:32, for ${first}`,
    ]);
  });

  it("in a template's place are one: that it is no integer either is no second", async () => {
    expect(await mistakes(many("{ domain: x, token: t, port: '{{ p }}' }"))).toEqual([
      expect.stringMatching(/^port: a template .* is not evaluated here/),
    ]);
  });

  it("show nothing of a secret", async () => {
    const found = await mistakes(many("{ domain: x, port: 80, token: [hunter2] }"));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^token: expected a string or a secret, got an array/);
    expect(JSON.stringify(found)).not.toContain("hunter2");
  });
});

describe("a variable of the command line that no play declares", () => {
  const nobody = async () => undefined;
  const web = play("web", { hosts: "all", vars: { domain: Type.Optional(Type.String()) } }, { one: nobody });
  const db = play("db", { hosts: "all", vars: { port: Type.Optional(Type.Integer()) } }, { one: nobody });
  const problems = async (name: string, value: unknown, plays = [web, db]) => {
    const { hosts } = await hostsOf("all:\n  hosts:\n    a:\n      color: red\n");
    try {
      validateVars([{ play: web, hosts }], { [name]: value }, plays);
      return [];
    } catch (error) {
      return error instanceof ShowrunnerError ? error.details : [String(error)];
    }
  };
  const typed = new CommandLineText("x");

  it("is refused with the names of those there are", async () => {
    expect(await problems("flavour", typed)).toEqual([
      "-e flavour: no play knows this variable, so it has no effect; the playbook's variables are domain, port",
    ]);
    expect(await problems("domian", typed)).toEqual([
      '-e domian: no play knows this variable; did you mean "domain"?',
    ]);
    const none = play("none", { hosts: "all" }, { one: nobody });
    expect(await problems("flavour", typed, [none])).toEqual([
      "-e flavour: no play knows this variable, so it has no effect; the playbook has no variables",
    ]);
  });

  it("is refused, too, where only the inventory has it: it would not be overridden", async () => {
    expect(await problems("color", typed)).toEqual([
      "-e color: the inventory has this variable, but no play declares it, so it has no effect; the playbook's variables are domain, port",
    ]);
  });

  it("is no mistake where a play that is not run declares it", async () => {
    expect(await problems("port", new CommandLineText("80"))).toEqual([]);
  });

  it("is no mistake in a file or an object, which may be meant for several playbooks, but for a slip", async () => {
    expect(await problems("flavour", "sweet")).toEqual([]);
    expect(await problems("domian", "example.com")).toEqual([
      expect.stringContaining('did you mean "domain"?'),
    ]);
  });
});
