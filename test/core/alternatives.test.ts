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
    [{}, "entry: expected `line`, got nothing"],
    [{ line: "a", append: true }, "entry: `append` needs `groups`"],
    [{ line: "a", purge: true }, 'entry: `purge` goes with `state: "absent"` only'],
    [{ line: "a", state: "absent" }, 'entry: `line` goes with `state: "present"` only'],
  ])("%j do not go together", (params, message) => {
    expect(() => entry.fromData(params)).toThrow(message);
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
