import { expect, it } from "vitest";
import { secret } from "../../src/base/secret.ts";
import { whatItIs } from "../../src/base/what-it-is.ts";

it("half a secret is not shown either, where a long text is cut", () => {
  const value = `CANARY${process.pid}${"x".repeat(80)}`;
  secret(value);
  expect(whatItIs(value)).not.toContain("CANARY");
});
