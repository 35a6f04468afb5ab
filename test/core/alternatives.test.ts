import { describe, expect, it } from "vitest";
import { defineModule, Param, Type } from "../../src/kit/index.ts";

const entry = defineModule({
  name: "entry",
  summary: "Has parameters that go together.",
  params: {
    state: Param.state(),
    line: Type.Optional(Type.String()),
    groups: Type.Optional(Type.String()),
    append: Param.flag(),
    purge: Param.flag(),
  },
  needs: { append: "groups" },
  presentNeeds: ["line"],
  onlyPresent: ["line"],
  onlyAbsent: ["purge"],
  async *plan() {},
});

describe("parameters", () => {
  it.each([
    [{}, "entry: expected `line`, got nothing", 'only `state: "absent"` goes without it'],
    [{ line: "a", append: true }, "entry: `append` needs `groups`", "give `groups`, or leave `append` out"],
    [{ line: "a", purge: true }, 'entry: `purge` goes with `state: "absent"` only', "leave `purge` out"],
    [{ line: "a", state: "absent" }, 'entry: `line` goes with `state: "present"` only', "leave `line` out"],
  ])("%j do not go together: the message says so, and what to do", (params, message, hint) => {
    expect(() => entry.fromData(params)).toThrow(expect.objectContaining({ message, hint }));
  });

  it.each([
    { line: "a" },
    { line: "a", append: true, groups: "b" },
    { line: "a", append: false, purge: false },
    { state: "absent", purge: true },
  ])("%j go together", (params) => {
    expect(() => entry.fromData(params)).not.toThrow();
  });
});
