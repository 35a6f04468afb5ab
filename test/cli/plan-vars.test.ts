/** Which variables a plan keeps, and which it withholds. */
import { expect, it } from "vitest";
import { Type } from "../../src/base/schema.ts";
import { Secret } from "../../src/base/secret.ts";
import { plannedVars, restoredVars } from "../../src/cli/plan-vars.ts";
import { play, playbook } from "../../src/core/plays/play.ts";

it("withholds a secret, and what has one within it, however loosely its variable is declared", () => {
  const vars = { login: Type.Unknown(), port: Type.Unknown() };
  const site = playbook([play("p", { hosts: "all", vars }, { one: async () => undefined })]);
  const given = { login: { name: "ann", password: new Secret("Canary-4711") }, port: 80 };
  const kept = plannedVars(given, site, "salt");
  expect(kept).toEqual([
    { name: "login", withheld: expect.stringMatching(/^[0-9a-f]{32}$/) },
    { name: "port", value: 80 },
  ]);
  const of = { salt: "salt", file: "plan.json" };
  expect(restoredVars(kept, { login: given.login }, of)).toEqual(given);
  expect(() => restoredVars(kept, {}, of)).toThrow("login must be given again");
  const another = { login: { name: "ann", password: new Secret("Canary-4712") } };
  expect(() => restoredVars(kept, another, of)).toThrow("it was another value");
});
