/** Texts that stand for far more than they are: each is refused at once, where a test that hangs would run out of time. */
import { describe, expect, it } from "vitest";
import { readExtraVars } from "../../src/cli/extra-vars.ts";
import { secretFrom } from "../../src/secrets/sources.ts";
import { failure, folder, loadYaml } from "../inventory/helpers.ts";
import { read, refusal } from "./read.ts";

/** Lines of anchored values, each of which names the one before it several times. */
function bomb(depth: number, first: string, next: (alias: string) => string): string {
  return Array.from(
    { length: depth },
    (_, at) => `    a${at}: &a${at} ${at === 0 ? first : next(`*a${at - 1}`)}`,
  ).join("\n");
}

const times = (text: string, count: number) => Array.from({ length: count }, () => text).join(", ");

const bombs: [name: string, vars: string][] = [
  ["lists of aliases", bomb(20, "[x, x]", (alias) => `[${times(alias, 10)}]`)],
  ["mappings of aliases", bomb(26, "{k: v}", (alias) => `{k: ${alias}, l: ${alias}}`)],
  ["merged mappings", bomb(20, "{k: v}", (alias) => `{<<: [${times(alias, 10)}]}`)],
  [
    "merged mappings that each add a key",
    bomb(26, "{k: v}", (alias) => `{<<: [${alias}, ${alias}], ${alias.slice(1)}: v}`),
  ],
  ["aliases of a large list", `    a: &a [${times("x", 2000)}]\n    b: [${times("*a", 1000)}]`],
];

describe("what aliases stand for is bounded:", () => {
  it.each(bombs)("%s are refused in an inventory", async (_, vars) => {
    const error = await failure(() => loadYaml(`all:\n  vars:\n${vars}\n`));
    expect(error).toMatch(
      /^hosts\.yml:\d+:\d+: the aliases of this text, up to "\*a\d*" here, stand for more than 1000000 values$/,
    );
  });

  it.each(bombs)(
    "%s are refused in a vars file, in -e @file, in -e, and in a file with encrypted values",
    async (_, vars) => {
      const root = folder({ "bomb.yml": vars, "hosts.yml": "all:" });
      const said = "stand for more than 1000000 values";
      expect(await failure(() => loadYaml("all: {}", { "group_vars/all.yml": vars }))).toContain(said);
      await expect(readExtraVars([`@${root}/bomb.yml`])).rejects.toMatchObject({
        message: expect.stringContaining(said),
        location: { file: `${root}/bomb.yml`, line: expect.any(Number) },
      });
      const flow = `{${vars.replaceAll("\n", ",")}}`;
      await expect(readExtraVars([flow])).rejects.toMatchObject({ message: expect.stringContaining(said) });
      expect(() => secretFrom.vault(`${root}/bomb.yml`, "a0").reveal()).toThrow("is not valid YAML");
    },
  );

  it("hosts that merge what merges are refused", async () => {
    const hosts = bomb(12, "{k: v}", (alias) => `{<<: [${times(alias, 9)}]}`);
    expect(await failure(() => loadYaml(`all:\n  hosts:\n${hosts}\n`))).toContain("stand for more than");
  });

  it("a chain of aliases is refused that nests as deep as it is long", () => {
    const chain = bomb(150, "[x]", (alias) => `[${alias}]`);
    expect(refusal(chain)).toMatch(/^100:\d+: mappings and lists are nested more than 100 levels deep here$/);
  });

  it("what is used often and holds no aliases is not", async () => {
    const users = Array.from({ length: 200 }, (_, at) => `{name: u${at}}`).join(", ");
    const hosts = Array.from({ length: 1000 }, (_, at) => `    h${at}: {users: *users}`).join("\n");
    const made = await loadYaml(`all:\n  vars: {all: &users [${users}]}\n  hosts:\n${hosts}\n`);
    expect(made.host("h999").vars.users).toHaveLength(200);
    expect(read(`- &a [1]\n- [${times("*a", 300)}]`)).toHaveLength(2);
  });
});

describe("how deep a text may nest is bounded:", () => {
  it.each([
    ["lists", "[".repeat(50_000)],
    ["closed lists", "[".repeat(50_000) + "]".repeat(50_000)],
    ["mappings", "{a: ".repeat(50_000)],
    ["dashes", `${"- ".repeat(50_000)}x`],
    ["explicit keys", "? ".repeat(50_000)],
    ["JSON", "[".repeat(50_000) + "]".repeat(50_000)],
    ["indented mappings", Array.from({ length: 500 }, (_, at) => `${" ".repeat(at)}a:`).join("\n")],
  ])("%s", (_, text) => {
    expect(refusal(text)).toMatch(/^\d+:\d+: mappings and lists are nested more than 100 levels deep here$/);
  });

  it("a hundred levels are fine", () => {
    expect(refusal("[".repeat(100) + "]".repeat(100))).toBeUndefined();
    expect(refusal("[".repeat(101) + "]".repeat(101))).toMatch(/^1:101: /);
  });
});

describe("a long text takes time in proportion to its length:", () => {
  const many = 50_000;
  it.each([
    ["a flow list", `[${times("a", many)}]`],
    ["a flow mapping", `{${Array.from({ length: many }, (_, at) => `k${at}: v`).join(", ")}}`],
    ["keys", Array.from({ length: many }, (_, at) => `k${at}: v`).join("\n")],
    ["anchors", Array.from({ length: many }, (_, at) => `- &a${at} x`).join("\n")],
    ["aliases", `- &a x\n${"- *a\n".repeat(many)}`],
    ["lines of a text", `a: >\n${"  x\n".repeat(many)}`],
    ["digits", `a: x${"1".repeat(many)}`],
  ])("%s", (_, text) => {
    expect(refusal(text)).toBeUndefined();
  });
});
