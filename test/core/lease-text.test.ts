/** What is told of who has a host, and of what dead runs left there. */
import { describe, expect, test } from "vitest";
import { secret } from "../../src/base/secret.ts";
import { holderFrom, leaseHolder } from "../../src/core/lease/lease-holder.ts";
import { described, orphanTexts } from "../../src/core/lease/lease-text.ts";
import { pendingHandlerFrom } from "../../src/core/lease/pending-handler.ts";

describe("the command line of an orphan", () => {
  test("shows no half of a secret where it is cut", () => {
    secret("correct-horse-battery-staple");
    const text = orphanTexts([`4711 curl ${"-v ".repeat(34)}correct-horse-battery-staple`]);
    expect(text).not.toContain("correct");
    expect(text).toMatch(/^curl -v .* \(process 4711\)$/);
  });
});

describe("what a host keeps", () => {
  const holder = leaseHolder("site");
  const pending = { id: "1", label: "x", module: "x", playbook: "x", play: "x", since: 1 };

  test.each([undefined, "yesterday", null, 1e300])("is nobody's whose time is %s", (since) => {
    expect(holderFrom(JSON.stringify({ ...holder, since }))).toBe(undefined);
    expect(pendingHandlerFrom(JSON.stringify({ ...pending, since }))).toBe(undefined);
  });

  test("is told where it is a run's", () => {
    expect(described(holderFrom(JSON.stringify(holder)))).toMatch(/^site, by /);
    expect(described(holderFrom('{"run":"1"}'))).toBe("an unknown run");
    expect(pendingHandlerFrom(JSON.stringify(pending))).toEqual(pending);
  });
});
